import type { Audit } from '#audit'
import { AddressRefused, sameSecret } from '#foundation'
import type { Clock, Log, MemberId, OutwardClient, RateLimiter } from '#foundation'
import type { Vault, VaultActor } from '#vault'
import type { Engine } from '../engine.ts'
import { askForTools } from '../upstreams/ask-upstream.ts'
import type { Asked } from '../upstreams/ask-upstream.ts'
import { accessWith } from '../upstreams/draft-upstream.ts'
import { UpstreamError } from '../upstreams/upstream-error.ts'
import { addressesOf } from '../upstreams/upstream.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import type { KeyOwner } from './people-keys.ts'

export type KeyCheckDependencies = {
  vault: Vault
  outward: OutwardClient
  rateLimiter: RateLimiter
  /** One of its own, which the check closes: nothing of a key that isn't kept stays in one that carries calls. */
  createEngine(upstream: Upstream): Engine
  audit: Audit
  clock: Clock
  log: Log
}

/** Whoever tries keys learns which of them are good: a person mistypes a few times, a thief has a list. */
const tries = { limit: 10, window: 600 }

export function createKeyCheck(deps: KeyCheckDependencies) {
  const { vault, outward, rateLimiter, createEngine, audit, log } = deps

  const count = async (member: MemberId): Promise<void> => {
    const { allowed, reset } = await rateLimiter.take(`key check ${member}`, tries)
    if (allowed) return
    const minutes = Math.ceil(reset / 60)
    throw new UpstreamError(
      'too_many_tries',
      `You checked many keys just now. Wait ${minutes === 1 ? 'a minute' : `${minutes} minutes`}`,
      {},
      reset,
    )
  }

  const ask = async (upstream: Upstream, address: string, secret: string): Promise<Asked> => {
    if (upstream.kind !== 'stdio') await outward.check(address)
    const engine = createEngine(upstream)
    try {
      return await askForTools(engine, { ...accessWith(upstream, secret), baseUrl: address })
    } finally {
      await engine.close()
    }
  }
  /** What went wrong is for the log: to whoever tries keys, one failure looks like the other (attacks S9). */
  const unreachable = (upstream: Upstream, why: string): UpstreamError => {
    log.warn({ upstream: upstream.name, why }, 'a key couldn’t be checked')
    return new UpstreamError(
      'upstream_refused',
      `${upstream.title} can’t be asked just now, so the key couldn’t be checked. Nothing was changed; try again later`,
    )
  }
  /** Resolves to whether the upstream takes it. @throws UpstreamError */
  const isTaken = async (upstream: Upstream, address: string, secret: string): Promise<boolean> => {
    let asked: Asked
    try {
      asked = await ask(upstream, address, secret)
    } catch (error) {
      if (error instanceof AddressRefused)
        throw new UpstreamError('invalid', `${upstream.title} is at an address that Tandem may not reach`, {
          baseUrl: 'may not be reached from here. An administrator can look into it',
        })
      throw unreachable(upstream, error instanceof Error ? error.name : 'unknown')
    }
    if ('trouble' in asked) throw unreachable(upstream, asked.trouble)
    return 'offer' in asked
  }

  return {
    /** Resolves when the upstream takes the key. @throws UpstreamError */
    async tryKey(
      owner: KeyOwner,
      upstream: Upstream,
      { address, secret, by }: { address: string; secret: string; by: VaultActor },
    ): Promise<void> {
      await count(owner.member)
      if (await isTaken(upstream, address, secret)) return
      audit.note({
        event: 'credential.refused',
        outcome: 'refused',
        actor: by.kind === 'member' ? { kind: 'member', id: by.member, name: by.name } : by,
        subject: { kind: 'upstream', id: upstream.id, name: upstream.title },
        ...(by.kind === 'member' && by.ip !== undefined && { ip: by.ip }),
      })
      const why = `${upstream.title} doesn’t take this key`
      throw new UpstreamError('invalid', `${why}. Copy it there again; what you had before stays`, {
        apiKey: `${why}. Copy it there again`,
      })
    },
    /** Asks with the key that is kept and notes what came of it. @throws UpstreamError */
    async recheck(
      { member }: { member: MemberId },
      upstream: Upstream,
      why: 'asked' | 'refused',
    ): Promise<void> {
      const place = { member, upstream: upstream.id }
      const kept = await vault.open(place, addressesOf(upstream))
      if (kept?.kind !== 'key' || kept.secret === '') return
      if (why === 'asked') await count(member)
      const good = await isTaken(upstream, kept.baseUrl, kept.secret)
      await vault.change(place, async ({ secret, broken }) => {
        // Another one was given meanwhile: this says nothing of it.
        if (!sameSecret(secret, kept.secret) || good === (broken === null)) return undefined
        return { broken: good ? null : 'it was refused there' }
      })
    },
  }
}
export type KeyCheck = ReturnType<typeof createKeyCheck>

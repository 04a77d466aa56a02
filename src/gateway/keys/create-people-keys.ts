import type { KeyView } from '#contract'
import type { MemberActor } from '#identity'
import type { CredentialPlace, CredentialView, VaultActor } from '#vault'
import { UpstreamError } from '../upstreams/upstream-error.ts'
import { addressesOf } from '../upstreams/upstream.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import { createKeyCheck } from './check-key.ts'
import type { KeyCheckDependencies } from './check-key.ts'
import type { KeyOwner, PeopleKeys } from './people-keys.ts'
import { chooseAddress, chooseUpstream } from './choose.ts'
import type { UpstreamDirectory } from '../upstreams/directory.ts'
import { createRefusals } from './refusals.ts'

export function createPeopleKeys(deps: KeyCheckDependencies & { directory: UpstreamDirectory }): PeopleKeys {
  const { vault, directory } = deps
  const { tryKey, recheck } = createKeyCheck(deps)
  const refusals = createRefusals({ ...deps, recheck })

  const placeOf = ({ member }: KeyOwner, { id }: Upstream): CredentialPlace => ({ member, upstream: id })
  const found = async (actor: MemberActor, upstream: Upstream): Promise<KeyView> =>
    viewOf(upstream, await vault.view(placeOf(actor, upstream)))

  const ownOf = async ({ member }: MemberActor) =>
    new Map((await vault.list({ member })).map((one) => [one.upstream, one]))
  /** Whatever became of the upstream: what somebody has she may look at and take away. */
  const choose = async (actor: MemberActor, name: string | undefined): Promise<Upstream> =>
    chooseUpstream(directory, name, name === undefined ? new Set((await ownOf(actor)).keys()) : undefined)

  return {
    async list(actor) {
      const own = await ownOf(actor)
      return directory
        .all()
        .filter(({ auth }) => auth.kind === 'key')
        .map((upstream) => ({
          ...viewOf(upstream, own.get(upstream.id) ?? null),
          title: upstream.title,
          addresses: upstream.kind === 'stdio' ? [] : addressesOf(upstream),
          enabled: upstream.enabled,
        }))
        .filter(({ enabled, hasKey }) => enabled || hasKey)
    },
    view: async (actor, name) => found(actor, await choose(actor, name)),
    async put(actor, { apiKey, baseUrl, upstream: name }, { ip, still, command }) {
      const upstream = chooseUpstream(directory, name)
      if (!upstream.enabled) throw new UpstreamError('conflict', `${upstream.title} is switched off`)
      const address = chooseAddress(upstream, baseUrl)
      const by: VaultActor =
        command === undefined
          ? { kind: 'member', member: actor.member, name: actor.name, ...(ip !== undefined && { ip }) }
          : { kind: 'system', name: command }
      await tryKey(actor, upstream, { address, secret: apiKey, by })
      await still()
      await mustBeTheSame(directory, upstream, address)
      const place = placeOf(actor, upstream)
      return viewOf(upstream, await vault.put(place, { kind: 'key', secret: apiKey, baseUrl: address }, by))
    },
    async check(actor, name) {
      const upstream = chooseUpstream(directory, name)
      // Switched off, perhaps because it isn't trusted any more: no key goes there.
      if (!upstream.enabled) throw new UpstreamError('conflict', `${upstream.title} is switched off`)
      await recheck(actor, upstream, 'asked')
      return found(actor, upstream)
    },
    async remove(actor, name, ip) {
      const upstream = await choose(actor, name)
      // What isn't a key has its own way out, which tells the other side.
      const there = await found(actor, upstream)
      const by = { kind: 'member', member: actor.member, name: actor.name, ip } as const
      if (there.hasKey) await vault.remove(placeOf(actor, upstream), by)
      return viewOf(upstream, null)
    },
    refused: refusals.note,
    close: refusals.close,
  }
}

/** An administrator may have changed it while its key was checked: a key never goes where nobody checked it. */
async function mustBeTheSame(
  directory: UpstreamDirectory,
  upstream: Upstream,
  address: string,
): Promise<void> {
  await directory.refresh()
  const now = directory.named(upstream.name)
  const same = now?.id === upstream.id && now.auth.kind === 'key' && now.enabled
  if (!same || !addressesOf(now).includes(address))
    throw new UpstreamError('conflict', `${upstream.title} was changed meanwhile. Try again`)
}

function viewOf(upstream: Upstream, credential: CredentialView | null): KeyView {
  const none = { upstream: upstream.name, hasKey: false, updatedAt: null, baseUrl: null, broken: null }
  if (credential?.kind !== 'key') return none
  const { baseUrl, updatedAt, broken } = credential
  const elsewhere = !addressesOf(upstream).includes(baseUrl)
  return {
    upstream: upstream.name,
    hasKey: true,
    updatedAt: updatedAt.toISOString(),
    baseUrl: upstream.kind === 'stdio' ? null : baseUrl,
    broken: elsewhere ? `it is for an address that ${upstream.title} doesn’t have any more` : broken,
  }
}

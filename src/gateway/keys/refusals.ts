import { reportUnexpected } from '#foundation'
import type { Clock, Log, MemberId } from '#foundation'
import type { Actor } from '#identity'
import { UpstreamError } from '../upstreams/upstream-error.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import type { KeyCheck } from './check-key.ts'

/** Milliseconds between two looks at one person's key for one upstream. */
const atMostEvery = 60_000
const mostRemembered = 10_000

/**
 * A call that an upstream refused may be the key's fault, or that call's alone. One check tells: only a key that isn't
 * even let in is marked, and its owner told.
 */
export function createRefusals({
  recheck,
  clock,
  log,
}: Pick<KeyCheck, 'recheck'> & { clock: Clock; log: Log }) {
  const looked = new Map<string, number>()
  const underWay = new Set<Promise<void>>()

  const look = async (upstream: Upstream, member: MemberId): Promise<void> => {
    try {
      await recheck({ member }, upstream, 'refused')
    } catch (error) {
      if (!(error instanceof UpstreamError)) reportUnexpected(log, error, 'checking a refused key')
    }
  }

  return {
    note(upstream: Upstream, actor: Actor): void {
      if (upstream.auth.kind !== 'key' || actor.kind === 'system') return
      const key = `${actor.member} ${upstream.id}`
      const now = clock.now().getTime()
      if (now - (looked.get(key) ?? -Infinity) < atMostEvery) return
      if (looked.size >= mostRemembered) looked.clear()
      looked.set(key, now)
      const work = look(upstream, actor.member).finally(() => underWay.delete(work))
      underWay.add(work)
    },
    async close(): Promise<void> {
      await Promise.all(underWay)
    },
  }
}

import type { Clock, Log } from '#foundation'
import type { GrantStore } from './grant-store.ts'
import { endedEntry } from './manage-grants.ts'

/** Milliseconds between two looks: who uses such a grant before the next is refused all the same. */
const interval = 10 * 60 * 1000
const day = 24 * 60 * 60 * 1000

/** Ends what nobody used for too long, so that lists say so. On several replicas each grant is ended once. */
export async function endIdle({
  store,
  idleMs,
  clock,
}: {
  store: Pick<GrantStore, 'end'>
  idleMs: number
  clock: Clock
}): Promise<number> {
  const unusedSince = new Date(clock.now().getTime() - idleMs)
  const days = Math.round(idleMs / day)
  const reason = `Nobody used it for ${days === 1 ? 'a day' : `${days} days`}.`
  let ended = 0
  for (;;) {
    const some = await store.end({ unusedSince }, reason, clock.now(), endedEntry({ kind: 'system' }, reason))
    if (some.length === 0) return ended
    ended += some.length
  }
}

export function startIdleEnding(deps: {
  store: Pick<GrantStore, 'end'>
  idleMs: number | null
  clock: Clock
  log: Log
}): { stop(): void } {
  const { idleMs, log } = deps
  if (idleMs === null) return { stop: () => undefined }
  const timer = setInterval(() => {
    endIdle({ ...deps, idleMs }).catch((err: unknown) => log.warn({ err }, 'unused grants not ended'))
  }, interval)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

import type { Clock, Log } from '#foundation'
import type { GrantStore } from './grant-store.ts'
import type { LiveGrant } from './live-grants.ts'

/** Milliseconds between two writes of when a grant was last used: people read it in minutes. */
const interval = 30_000

/** Gathers which grants are being used and writes it down now and then, so that a call costs no write. */
export function createLastUsed(store: Pick<GrantStore, 'touch'>, clock: Clock, log: Log) {
  let used = new Set<string>()
  const flush = async (): Promise<void> => {
    if (used.size === 0) return
    const ids = [...used]
    used = new Set()
    await store
      .touch(ids, clock.now())
      .catch((err: unknown) => log.warn({ err }, 'last use of grants not written'))
  }
  const timer = setInterval(() => void flush(), interval)
  timer.unref()
  return {
    mark: (live: LiveGrant) => void used.add(live.grant.id),
    flush,
    async close(): Promise<void> {
      clearInterval(timer)
      await flush()
    },
  }
}

import type { Clock, GrantId, Log } from '#foundation'
import type { GrantStore, GrantUse } from './grant-store.ts'
import type { LiveGrant } from './live-grants.ts'

/** Milliseconds between two writes of when a grant was last used: people read it in minutes. */
const interval = 30_000

/** Gathers which grants are being used and writes it down now and then, so that a call costs no write. */
export function createLastUsed(store: Pick<GrantStore, 'touch'>, clock: Clock, log: Log) {
  let used = new Map<GrantId, GrantUse>()
  const useOf = (id: GrantId): GrantUse => {
    const known = used.get(id)
    if (known) return known
    const fresh = { id, ip: null, tool: null }
    used.set(id, fresh)
    return fresh
  }
  const flush = async (): Promise<void> => {
    if (used.size === 0) return
    const uses = [...used.values()]
    used = new Map()
    await store
      .touch(uses, clock.now())
      .catch((err: unknown) => log.warn({ err }, 'last use of grants not written'))
  }
  const timer = setInterval(() => void flush(), interval)
  timer.unref()
  return {
    /** A token of the grant was good. What it was exchanged from is used by that too. */
    mark(live: LiveGrant, at: number) {
      for (let one: LiveGrant | null = live; one; one = one.parent) {
        one.usedAt = at
        useOf(one.grant.id)
      }
    },
    /** Where it was used from and for which tool. */
    note(id: GrantId, ip: string, tool: string | null) {
      const use = useOf(id)
      use.ip = ip
      if (tool !== null) use.tool = tool
    },
    flush,
    async close(): Promise<void> {
      clearInterval(timer)
      await flush()
    },
  }
}

import { isId } from '#foundation'
import type { Events, GrantId } from '#foundation'
import { grantChanged, grantEnded } from './grant-store.ts'
import type { GrantStore } from './grant-store.ts'
import type { Grant } from './grant.ts'
import { RecentMap } from './recent-map.ts'

/** A grant as last read. `current` turns false, for everybody who holds it, when it ended, changed or was forgotten. */
export type LiveGrant = { readonly grant: Grant; current: boolean }

export interface LiveGrants {
  /** The grant unless it has ended. */
  find(id: GrantId): Promise<LiveGrant | undefined>
  close(): void
}

const most = 10_000

/** Grants in memory, kept true by events: an ended one is dropped on every replica within a second (design §3, journey 4). */
export function createLiveGrants(store: Pick<GrantStore, 'find'>, events: Events): LiveGrants {
  const known = new RecentMap<GrantId, LiveGrant>(most, (live) => (live.current = false))
  let news = 0
  const drop = ({ grant }: Record<string, string>) => {
    news++
    if (isId('grt', grant)) known.delete(grant)
  }
  const leave = [
    events.subscribe(grantEnded, drop),
    events.subscribe(grantChanged, drop),
    // Something may have been missed: believe nothing until it's read again.
    events.onGap(() => {
      news++
      known.clear()
    }),
  ]
  return {
    async find(id) {
      const live = known.get(id)
      if (live) return live
      const before = news
      const grant = await store.find(id)
      if (!grant || grant.status === 'ended') return undefined
      const fresh = { grant, current: true }
      // News that came while we read may be about this grant: use what was read once, and don't keep it.
      if (news === before) known.set(id, fresh)
      else fresh.current = false
      return fresh
    },
    close: () => leave.forEach((stop) => stop()),
  }
}

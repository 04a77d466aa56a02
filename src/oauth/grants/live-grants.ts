import { RecentMap, isId } from '#foundation'
import type { Events, GrantId } from '#foundation'
import { grantChanged, grantEnded } from './grant-store.ts'
import type { GrantStore } from './grant-store.ts'
import type { Grant } from './grant.ts'

/** A grant as last read. `current` turns false, for everybody who holds it, when it ended, changed or was forgotten. */
export type LiveGrant = {
  readonly grant: Grant
  /** What it was exchanged from, as last read. */
  readonly parent: LiveGrant | null
  current: boolean
  /** When it was last used, in epoch milliseconds, as far as this process knows. */
  usedAt: number
}

export interface LiveGrants {
  /** The grant unless it, or one that it was exchanged from, has ended. */
  find(id: GrantId): Promise<LiveGrant | undefined>
  /** The same, read from the database whatever is remembered. */
  findAnew(id: GrantId): Promise<LiveGrant | undefined>
  close(): void
}

const most = 10_000
/** Exchanges of exchanges that we follow: more than any honest chain has (attacks X4). */
const longestLine = 8

/** Grants in memory, kept true by events: an ended one is dropped on every replica within a second (design §3, journey 4). */
export function createLiveGrants(store: Pick<GrantStore, 'find'>, events: Events): LiveGrants {
  const descendants = new WeakMap<LiveGrant, Set<GrantId>>()
  const known = new RecentMap<GrantId, LiveGrant>(most, (live) => {
    live.current = false
    // What happens to a grant happens to all that was exchanged from it.
    for (const id of descendants.get(live) ?? []) known.delete(id)
  })
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

  async function find(id: GrantId, depth = 0): Promise<LiveGrant | undefined> {
    const live = known.get(id)
    if (live) return live
    const before = news
    const grant = await store.find(id)
    if (!grant || grant.status === 'ended' || depth >= longestLine) return undefined
    const parent = grant.parent === null ? null : await find(grant.parent, depth + 1)
    if (parent === undefined) return undefined
    const usedAt = (grant.lastUsedAt ?? grant.createdAt).getTime()
    const fresh = { grant, parent, current: true, usedAt }
    // News that came while we read may be about this grant: use what was read once, and don't keep it.
    if (news === before && (parent?.current ?? true)) keep(id, fresh)
    else fresh.current = false
    return fresh
  }

  function keep(id: GrantId, live: LiveGrant): void {
    known.set(id, live)
    if (!live.parent) return
    const ids = descendants.get(live.parent) ?? new Set()
    descendants.set(live.parent, ids.add(id))
  }

  return {
    find: (id) => find(id),
    findAnew(id) {
      for (let one: LiveGrant | null = known.get(id) ?? null; one; one = one.parent)
        known.delete(one.grant.id)
      return find(id)
    },
    close: () => leave.forEach((stop) => stop()),
  }
}

import type { AuditEntry } from '#audit'
import type { Clock } from '#foundation'
import { endedEntry } from '../grants/manage-grants.ts'
import type { ClientDirectory } from './client-directory.ts'
import { clientEntry } from './client-entry.ts'
import type { ClientStore } from './client.ts'
import { unclaimedLife } from './client.ts'

/** Milliseconds without a token, after which a client that nobody made by hand is deleted (design §4). */
export const unusedLife = 30 * 24 * 60 * 60 * 1000
/** Small, so that nobody waits behind a large deletion. */
const batch = 100
/** For one run: what is left then waits for the next day. */
const mostBatches = 10_000

export type Cleaned = {
  /** Clients that nobody consented to within a day. */
  unclaimed: number
  /** Clients that were issued nothing for thirty days and have no grant alive. */
  unused: number
}

type Dependencies = { store: ClientStore & ClientDirectory; clock: Clock }

/** Deletes what was forgotten, in batches; never a client made by hand, one turned away or one with a live grant. */
export async function cleanClients({ store, clock }: Dependencies): Promise<Cleaned> {
  const now = clock.now()
  const actor: AuditEntry['actor'] = { kind: 'system', name: 'cleanup' }
  const reason = 'Its app was not used for thirty days.'
  const how = {
    reason,
    at: now,
    entryOf: (client: { id: string; name: string }) =>
      clientEntry('client.deleted', client, { actor }, { why: 'unused' }),
    grantEntryOf: endedEntry(actor, reason),
  }
  const unused = { unusedBefore: new Date(now.getTime() - unusedLife), now, limit: batch }
  return {
    unclaimed: await inBatches(() => store.deleteUnclaimed(new Date(now.getTime() - unclaimedLife), batch)),
    unused: await inBatches(async () => (await store.remove(unused, how)).length),
  }
}

export type Forgotten = { unclaimed: NamedClient[]; unused: NamedClient[] }
type NamedClient = { id: string; name: string }

/** What {@link cleanClients} would delete now. */
export async function forgottenClients({ store, clock }: Dependencies): Promise<Forgotten> {
  const now = clock.now()
  return {
    unclaimed: await store.unclaimed(new Date(now.getTime() - unclaimedLife)),
    unused: await store.unused({ unusedBefore: new Date(now.getTime() - unusedLife), now }),
  }
}

async function inBatches(remove: () => Promise<number>): Promise<number> {
  let removed = 0
  for (let turn = 0; turn < mostBatches; turn++) {
    const some = await remove()
    removed += some
    if (some < batch) break
  }
  return removed
}

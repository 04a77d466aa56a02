import type { Audit } from '#audit'
import { sql } from '#storage'
import type { Kysely, Storage } from '#storage'
import type { GrantId } from '#foundation'
import type { GrantTerms } from '../grants/grant.ts'
import { grantChanged } from '../grants/grant-store.ts'
import type { Occupied, Slot, SlotStore } from '../grants/slots.ts'
import type { ClientTable } from './clients.ts'
import { grantColumns, toGrant } from './grants.ts'
import type { GrantRow } from './grants.ts'
import { json, text, time } from './values.ts'

export function createSlotTable(
  storage: Storage,
  audit: Audit,
  clients: Pick<ClientTable, 'claim'>,
): SlotStore {
  const db = storage.db<never>()
  return {
    async occupy(slot, made, entry) {
      const there = await live(db, slot, made.at)
      if (there) return there
      return storage
        .transaction<never, Occupied>(async (tx) => {
          if (made.terms.parent && !(await lockLine(tx, made.terms.parent, made.at))) return 'orphaned'
          const grant = await insert(tx, slot, made)
          // Somebody was quicker, or it ran out, which is an ending too.
          if (!grant) return (await live(tx, slot, made.at)) ?? 'closed'
          // After the insertion, which waited for whoever is just ending this slot's grant: now it can be seen.
          const shut = await shutBy(tx, slot, made)
          if (shut) throw new Shut(shut)
          await keepClient(tx, clients, made)
          await audit.record(tx, entry)
          return { grant, made: true }
        })
        .catch((error: unknown) => {
          if (error instanceof Shut) return error.how
          throw error
        })
    },

    widen: (id, scopes, entry) =>
      storage.transaction<never, boolean>(async (tx) => {
        const { rows } = await sql`update oauth_grant set scopes = ${json(scopes)}
          where id = ${id} and status = 'active' and narrowed_at is null and scopes <> ${json(scopes)}
          returning id`.execute(tx)
        if (rows.length === 0) return false
        await audit.record(tx, entry)
        await storage.publish(tx, grantChanged, { grant: id })
        return true
      }),

    async closedSince(clientId, now) {
      const { rows } = await sql<{ at: Date | null }>`
        select max(coalesce(ended_at, expires_at)) as at from oauth_grant
        where client_id = ${clientId} and slot_group is not null
          and (status = 'ended' or expires_at <= ${now})`.execute(db)
      return rows[0]?.at ?? null
    },

    open: (clientId, at, entry) =>
      storage.transaction<never, boolean>(async (tx) => {
        const { rows } = await sql`
          update oauth_grant set slot_group = null, status = 'ended', ended_at = coalesce(ended_at, expires_at),
            ended_reason = coalesce(ended_reason, 'It reached its end date.')
          where client_id = ${clientId} and slot_group is not null and (status = 'ended' or expires_at <= ${at})
          returning id`.execute(tx)
        if (rows.length > 0) await audit.record(tx, entry)
        return rows.length > 0
      }),

    async exchangeableBy(clientId) {
      const { rows } = await sql<{ resource: string }>`
        select resource from exchange_allowance where client_id = ${clientId} order by resource`.execute(db)
      return rows.map(({ resource }) => resource)
    },

    setExchangeable: (clientId, resources, { member, at }, entry) =>
      storage.transaction<never, void>(async (tx) => {
        await sql`delete from exchange_allowance where client_id = ${clientId}`.execute(tx)
        for (const resource of new Set(resources)) {
          await sql`insert into exchange_allowance (client_id, resource, allowed_at, allowed_by)
            values (${clientId}, ${resource}, ${at}, ${member})`.execute(tx)
        }
        await audit.record(tx, entry)
      }),
  }
}

type HowShut = 'closed' | 'paused' | 'narrowed'

/** Rolls the transaction back: nothing is made in a group that is shut. */
class Shut extends Error {
  readonly how: HowShut
  constructor(how: HowShut) {
    super(how)
    this.how = how
  }
}

/** A provider's word keeps an app as a person's does: it isn't forgotten as one that nobody wanted. */
async function keepClient(
  tx: Kysely<never>,
  clients: Pick<ClientTable, 'claim'>,
  { at, terms: { kind, clientId, client } }: { at: Date; terms: GrantTerms },
): Promise<void> {
  // A client of somebody else's server has no row here.
  if (client.registration === 'manual' || kind === 'external') return
  const known = { id: clientId, fingerprint: client.fingerprint }
  if (!(await clients.claim(tx, known, { at, approvedBy: null }))) throw new Shut('closed')
}

async function live(on: Kysely<never>, slot: Slot, at: Date): Promise<Occupied | undefined> {
  const { rows } = await sql<GrantRow>`select ${grantColumns} from oauth_grant
    where slot = ${slot.key} and status <> 'ended' and (expires_at is null or expires_at > ${at})`.execute(on)
  return rows[0] && { grant: toGrant(rows[0]), made: false }
}

/** Nothing for a client that is being deleted, which this waits for: its grants end with it (A116). */
async function insert(
  tx: Kysely<never>,
  { key, group }: Slot,
  { id, at, terms }: { id: GrantId; at: Date; terms: GrantTerms },
) {
  const { rows } = await sql<GrantRow>`
    insert into oauth_grant (id, kind, parent, member, client_id, client, resource, scopes, details, expires_at, status,
      created_at, slot, slot_group)
    select ${text(id)}, ${text(terms.kind)}, ${text(terms.parent)}, ${text(terms.member)}, ${text(terms.clientId)},
      ${json(terms.client)}, ${text(terms.resource)}, ${json(terms.scopes)}, ${json(terms.details)},
      ${time(terms.expiresAt)}, 'active', ${time(at)}, ${text(key)}, ${text(group)}
    ${terms.kind === 'external' ? sql`` : sql`from client where id = ${terms.clientId} for key share`}
    on conflict do nothing returning ${grantColumns}`.execute(tx)
  return rows[0] && toGrant(rows[0])
}

/**
 * What the others of its group say. A pause or a narrowing would mean little if another scope or resource got the app
 * a new grant beside it.
 */
async function shutBy(
  tx: Kysely<never>,
  { group }: Slot,
  { id, at }: { id: GrantId; at: Date },
): Promise<HowShut | undefined> {
  const { rows } = await sql<{ how: HowShut }>`
    select case when status = 'ended' or expires_at <= ${at} then 'closed'
      when paused_at is not null then 'paused' else 'narrowed' end as how
    from oauth_grant where slot_group = ${group} and id <> ${id}
      and (status = 'ended' or expires_at <= ${at} or paused_at is not null or narrowed_at is not null)
    order by how limit 1`.execute(tx)
  return rows[0]?.how
}

/**
 * Locks a grant and all it was exchanged from, in the order in which they were made: whoever ends one of them waits
 * until the child is there to be found, or was first and leaves nothing to exchange (attacks X1). False when one of
 * them is not active.
 */
async function lockLine(tx: Kysely<never>, id: GrantId, at: Date): Promise<boolean> {
  const { rows: line } = await sql<{ id: GrantId }>`
    with recursive line as (
      select id, parent from oauth_grant where id = ${id}
      union select up.id, up.parent from oauth_grant as up join line on up.id = line.parent
    ) select id from line`.execute(tx)
  const ids = JSON.stringify(line.map((one) => one.id))
  const { rows } = await sql<{ good: boolean }>`
    select status = 'active' and paused_at is null and (expires_at is null or expires_at > ${at}) as good
    from oauth_grant where id in (select jsonb_array_elements_text(cast(${ids} as jsonb)))
    order by id for share`.execute(tx)
  return rows.length > 0 && rows.every(({ good }) => good)
}

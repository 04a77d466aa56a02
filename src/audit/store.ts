import { sql } from '#storage'
import type { Kysely } from '#storage'
import type { ChainedEntry, Head } from './chain.ts'

export type InboxRow = { id: string; at: Date; body: string }

// Drivers differ in how they hand out bigint, timestamps and jsonb.
const time = (at: unknown) => (at instanceof Date ? at : new Date(String(at))).toISOString()
const json = (body: unknown): unknown => (typeof body === 'string' ? JSON.parse(body) : body)

export async function insertInbox(on: Kysely<never>, { id, at, body }: InboxRow): Promise<void> {
  await sql`insert into audit_inbox (id, at, body) values (${id}, ${at}, cast(${body} as jsonb))`.execute(on)
}

/** Rows that may be there already: a connection lost during the commit leaves nobody knowing. */
export async function insertInboxAgain(on: Kysely<never>, rows: InboxRow[]): Promise<void> {
  const all = JSON.stringify(rows.map(({ id, at, body }) => ({ id, at, body: json(body) })))
  await sql`insert into audit_inbox (id, at, body)
    select row.value ->> 'id', cast(row.value ->> 'at' as timestamptz), row.value -> 'body'
    from jsonb_array_elements(cast(${all} as jsonb)) with ordinality as row(value, place)
    where not exists (select 1 from audit_entry where audit_entry.id = row.value ->> 'id')
    order by row.place
    on conflict (id) do nothing`.execute(on)
}

export async function isInboxEmpty(on: Kysely<never>): Promise<boolean> {
  return (await sql`select 1 from audit_inbox limit 1`.execute(on)).rows.length === 0
}

export async function readHead(on: Kysely<never>, lock: 'lock' | 'look'): Promise<Head | null> {
  const rows = await sql<{ seq: unknown; hash: string; mac: string | null }>`
    select seq, hash, mac from audit_head ${lock === 'lock' ? sql`for update` : sql``}`.execute(on)
  const row = rows.rows[0]
  return row ? { seq: Number(row.seq), hash: row.hash, mac: row.mac } : null
}

export async function writeHead(on: Kysely<never>, head: Head): Promise<void> {
  await sql`update audit_head set seq = ${head.seq}, hash = ${head.hash}, mac = ${head.mac}`.execute(on)
}

/** Takes the oldest rows out of the inbox. */
export async function takeInbox(
  on: Kysely<never>,
  limit: number,
): Promise<Omit<ChainedEntry, 'seq' | 'prev' | 'hash'>[]> {
  const taken = await sql<{ arrival: unknown; id: string; at: unknown; body: unknown }>`
    delete from audit_inbox where id in (select id from audit_inbox order by arrival limit ${limit})
    returning arrival, id, at, body`.execute(on)
  return taken.rows
    .sort((a, b) => Number(a.arrival) - Number(b.arrival))
    .map(({ id, at, body }) => ({ id, at: time(at), body: json(body) }))
}

export async function countInbox(on: Kysely<never>): Promise<number> {
  const counted = await sql<{ count: unknown }>`select count(*) as count from audit_inbox`.execute(on)
  return Number(counted.rows[0]?.count ?? 0)
}

export async function insertEntries(on: Kysely<never>, entries: ChainedEntry[]): Promise<void> {
  await sql`insert into audit_entry (seq, id, at, body, prev, hash)
    select seq, id, at, body, prev, hash from jsonb_to_recordset(cast(${JSON.stringify(entries)} as jsonb))
      as row(seq bigint, id text, at timestamptz, body jsonb, prev text, hash text)`.execute(on)
}

export type EntryRow = { seq: unknown; id: string; at: unknown; body: unknown; prev: string; hash: string }
export const entryColumns = sql.raw('seq, id, at, body, prev, hash')
export const toEntry = ({ seq, id, at, body, prev, hash }: EntryRow): ChainedEntry => ({
  seq: Number(seq),
  id,
  at: time(at),
  body: json(body),
  prev,
  hash,
})

export async function readForward(on: Kysely<never>, after: number, limit: number): Promise<ChainedEntry[]> {
  const found = await sql<EntryRow>`select ${entryColumns} from audit_entry
    where seq > ${after} order by seq limit ${limit}`.execute(on)
  return found.rows.map(toEntry)
}

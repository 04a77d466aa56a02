import { sql } from '#storage'
import type { Kysely, RawBuilder } from '#storage'
import type { AuditFilter, GrantDeeds } from './audit.ts'
import type { ChainedEntry } from './chain.ts'
import { entryColumns, toEntry } from './store.ts'
import type { EntryRow } from './store.ts'

/** Entries that fit, newest first. */
export async function searchEntries(
  on: Kysely<never>,
  filter: AuditFilter,
  { before, limit }: { before: number | null; limit: number },
): Promise<ChainedEntry[]> {
  const { rows } = await sql<EntryRow>`select ${entryColumns} from audit_entry where ${conditions(filter)}
    ${before === null ? sql`` : sql`and seq < ${before}`} order by seq desc limit ${limit}`.execute(on)
  return rows.map(toEntry)
}

/** How many fit, counted no further than `most`. */
export async function countEntries(on: Kysely<never>, filter: AuditFilter, most: number): Promise<number> {
  const { rows } = await sql<{ count: unknown }>`select count(*) as count from (
    select 1 from audit_entry where ${conditions(filter)} limit ${most}) as found`.execute(on)
  return Number(rows[0]?.count ?? 0)
}

/** What each of these grants did since then. One that did nothing isn't there. */
export async function grantDeeds(
  on: Kysely<never>,
  grants: readonly string[],
  since: Date,
): Promise<Map<string, GrantDeeds>> {
  if (grants.length === 0) return new Map()
  type Row = { grant_id: string; calls: unknown; refused: unknown; changes: unknown }
  const { rows } = await sql<Row>`
    select body #>> '{actor,grant}' as grant_id,
      coalesce(sum(case when body ->> 'event' = 'tool.called' then ${callsIn} else 0 end), 0) as calls,
      coalesce(sum(case when body ->> 'event' = 'tool.called' and body ->> 'outcome' <> 'ok' then ${callsIn} else 0 end), 0) as refused,
      count(*) filter (where body ->> 'event' like 'change_set.%' and body ->> 'outcome' = 'ok') as changes
    from audit_entry where body #>> '{actor,grant}' = any(${[...grants]}::text[]) and at >= ${since}
    group by body #>> '{actor,grant}'`.execute(on)
  return new Map(
    rows.map((row) => [
      row.grant_id,
      { calls: Number(row.calls), refused: Number(row.refused), changes: Number(row.changes) },
    ]),
  )
}

// Calls that were alike became one entry that says how many there were.
const callsIn = sql`coalesce(cast(body #>> '{detail,calls}' as numeric), 1)`

function conditions(filter: AuditFilter): RawBuilder<unknown> {
  const { text, event, outcome, actor, client, grant, from, to } = filter
  const all = [sql`true`]
  // As people read it: without the quotes and names of JSON there would be no telling where a text begins.
  if (text !== undefined) all.push(sql`body::text ilike ${`%${escaped(text)}%`}`)
  // `grant` finds `grant.given` and `grant.ended`.
  if (event !== undefined)
    all.push(sql`(body ->> 'event' = ${event} or body ->> 'event' like ${`${escaped(event)}.%`})`)
  if (outcome !== undefined) all.push(sql`body ->> 'outcome' = ${outcome}`)
  if (actor !== undefined) all.push(sql`body #>> '{actor,id}' = ${actor}`)
  if (client !== undefined)
    all.push(sql`(body #>> '{actor,client}' = ${client} or body #>> '{detail,client}' = ${client}
      or (body #>> '{actor,kind}' = 'client' and body #>> '{actor,id}' = ${client})
      or (body #>> '{subject,kind}' = 'client' and body #>> '{subject,id}' = ${client}))`)
  if (grant !== undefined)
    all.push(sql`(body #>> '{actor,grant}' = ${grant}
      or (body #>> '{subject,kind}' = 'grant' and body #>> '{subject,id}' = ${grant}))`)
  if (from !== undefined) all.push(sql`at >= ${from}`)
  if (to !== undefined) all.push(sql`at < ${to}`)
  return sql.join(all, sql` and `)
}

/** As a text to look for: `%` and `_` mean themselves. */
function escaped(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`)
}

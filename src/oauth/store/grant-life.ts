import type { Audit } from '#audit'
import { sql } from '#storage'
import type { RawBuilder, Storage } from '#storage'
import { grantChanged } from '../grants/grant-store.ts'
import type { GrantFilter, GrantStore } from '../grants/grant-store.ts'
import type { Grant } from '../grants/grant.ts'
import { grantColumns, toGrant } from './grants.ts'
import type { GrantRow } from './grants.ts'
import { json, optionalJson, time } from './values.ts'

const mostCounted = 100_000

export function createGrantLifeTable(
  storage: Storage,
  audit: Audit,
): Pick<GrantStore, 'search' | 'alter' | 'touch'> {
  const db = storage.db<never>()
  return {
    async search(filter, { limit, after }) {
      const where = sql.join(conditionsOf(filter), sql` and `)
      const page =
        after === undefined
          ? sql``
          : sql` and (created_at, id) < (
        select created_at, id from oauth_grant where id = ${after})`
      const { rows } = await sql<GrantRow>`select ${grantColumns} from oauth_grant where ${where}${page}
        order by created_at desc, id desc limit ${limit}`.execute(db)
      const counted = await sql<{ total: number | string }>`select count(*) as total from (
        select 1 from oauth_grant where ${where} limit ${mostCounted}) as found`.execute(db)
      return { grants: rows.map(toGrant), total: Number(counted.rows[0]?.total ?? 0) }
    },

    alter: ({ grant: id, of }, change, entryOf) =>
      storage.transaction<never, Grant | undefined>(async (tx) => {
        const { rows } = await sql<GrantRow>`select ${grantColumns} from oauth_grant
          where id = ${id} ${of === undefined ? sql`` : sql`and member = ${of}`} and status <> 'ended' for update`.execute(
          tx,
        )
        const before = rows[0] && toGrant(rows[0])
        const to = before && change(before)
        if (!before || !to) return undefined
        const after = { ...before, ...to }
        await sql`update oauth_grant set scopes = ${json(after.scopes)}, details = ${json(after.details)},
          expires_at = ${time(after.expiresAt)}, paused_at = ${time(after.pausedAt)},
          addresses = ${optionalJson(after.addresses ?? undefined)},
          narrowed_at = coalesce(${time(to.narrowedAt ?? null)}, narrowed_at) where id = ${id}`.execute(tx)
        await audit.record(tx, entryOf(after))
        await storage.publish(tx, grantChanged, { grant: id })
        return after
      }),

    async touch(uses, at) {
      // Never backwards: another replica may have written a later use.
      await sql`update oauth_grant set last_used_at = greatest(last_used_at, ${time(at)}),
          last_ip = coalesce(use.ip, last_ip), last_tool = coalesce(use.tool, last_tool)
        from jsonb_to_recordset(cast(${JSON.stringify(uses)} as jsonb)) as use(id text, ip text, tool text)
        where oauth_grant.id = use.id`.execute(db)
    },
  }
}

function conditionsOf({
  member,
  client,
  kind,
  resource,
  state,
  text,
  now,
}: GrantFilter): RawBuilder<unknown>[] {
  const conditions = [sql`true`]
  if (member !== undefined) conditions.push(sql`member = ${member}`)
  if (client !== undefined) conditions.push(sql`client_id = ${client}`)
  if (kind !== undefined) conditions.push(sql`kind = ${kind}`)
  if (resource !== undefined) conditions.push(sql`resource = ${resource}`)
  if (text !== undefined) conditions.push(sql`client ->> 'name' ilike ${`%${escaped(text)}%`}`)
  const over = sql`(status = 'ended' or (expires_at is not null and expires_at <= ${now}))`
  if (state === 'ended') conditions.push(over)
  else if (state !== undefined) {
    conditions.push(sql`not ${over}`)
    if (state === 'paused') conditions.push(sql`paused_at is not null`)
    if (state === 'provisional') conditions.push(sql`status = 'provisional'`)
    if (state === 'active') conditions.push(sql`status = 'active' and paused_at is null`)
  }
  return conditions
}

/** As a text to look for: `%` and `_` mean themselves. */
function escaped(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`)
}

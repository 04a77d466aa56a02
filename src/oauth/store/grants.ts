import type { Audit } from '#audit'
import type { GrantId, MemberId } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import { grantEnded } from '../grants/grant-store.ts'
import type { EndWhich, GrantStore } from '../grants/grant-store.ts'
import type { ClientSnapshot, Grant, GrantStatus, GrantTerms } from '../grants/grant.ts'

export type TermsRow = {
  kind: GrantTerms['kind']
  parent: GrantId | null
  member: MemberId
  client_id: string
  client: ClientSnapshot
  resource: string
  scopes: string[]
  details: Record<string, unknown>
  expires_at: Date | null
}
type Row = TermsRow & {
  id: GrantId
  status: GrantStatus
  created_at: Date
  last_used_at: Date | null
  ended_at: Date | null
  ended_reason: string | null
}

const columns = sql.raw(
  'id, kind, parent, member, client_id, client, resource, scopes, details, status, created_at, expires_at, last_used_at, ended_at, ended_reason',
)

export function createGrantTable(
  storage: Storage,
  audit: Audit,
): Pick<GrantStore, 'find' | 'list' | 'end' | 'touch'> {
  const db = storage.db<never>()
  return {
    async find(id) {
      const { rows } = await sql<Row>`select ${columns} from oauth_grant where id = ${id}`.execute(db)
      return rows[0] && toGrant(rows[0])
    },
    async list(member, limit) {
      const { rows } = await sql<Row>`select ${columns} from oauth_grant
        ${member === null ? sql`` : sql`where member = ${member}`}
        order by created_at desc, id desc limit ${limit}`.execute(db)
      return rows.map(toGrant)
    },
    end: (which, reason, at, entryOf) =>
      storage.transaction<never, Grant[]>(async (tx) => {
        // With all that was exchanged from them, however often (RFC 8693; design §1: ending it ends all of it).
        const { rows } = await sql<Row>`
          with recursive family as (
            select id from oauth_grant where ${conditionOf(which)}
            union select child.id from oauth_grant as child join family on child.parent = family.id
          )
          update oauth_grant set status = 'ended', ended_at = ${at}, ended_reason = ${reason}, refresh_answer = null
          where status <> 'ended' and id in (select id from family) returning ${columns}`.execute(tx)
        const ended = rows.map(toGrant)
        for (const grant of ended) {
          await audit.record(tx, entryOf(grant))
          await storage.publish(tx, grantEnded, { grant: grant.id })
        }
        return ended
      }),
    async touch(ids, at) {
      await sql`update oauth_grant set last_used_at = ${at}
        where id in (select jsonb_array_elements_text(cast(${JSON.stringify(ids)} as jsonb)))`.execute(db)
    },
  }
}

function conditionOf(which: EndWhich) {
  if ('member' in which) return sql`member = ${which.member}`
  return which.of === undefined ? sql`id = ${which.grant}` : sql`id = ${which.grant} and member = ${which.of}`
}

export function toTerms(row: TermsRow): GrantTerms {
  return {
    kind: row.kind,
    parent: row.parent,
    member: row.member,
    clientId: row.client_id,
    client: row.client,
    resource: row.resource,
    scopes: row.scopes,
    details: row.details,
    expiresAt: row.expires_at,
  }
}

function toGrant(row: Row): Grant {
  return {
    ...toTerms(row),
    id: row.id,
    status: row.status,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    endedAt: row.ended_at,
    endedReason: row.ended_reason,
  }
}

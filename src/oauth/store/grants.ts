import type { Audit, AuditEntry } from '#audit'
import type { GrantId, MemberId } from '#foundation'
import { sql } from '#storage'
import type { Kysely, RawBuilder, Storage } from '#storage'
import { grantEnded } from '../grants/grant-store.ts'
import type { EndWhich, GrantStore } from '../grants/grant-store.ts'
import type { ClientSnapshot, Grant, GrantStatus, GrantTerms } from '../grants/grant.ts'
import type { SignInFacts } from '../openid/id-token.ts'
import type { AuthorizationDetail } from '../ports.ts'

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
  sign_in?: SignInFacts | null
  authorization_details?: AuthorizationDetail[] | null
  status?: GrantStatus
}
export type GrantRow = TermsRow & {
  id: GrantId
  status: GrantStatus
  created_at: Date
  last_used_at: Date | null
  last_ip: string | null
  last_tool: string | null
  paused_at: Date | null
  addresses: string[] | null
  ended_at: Date | null
  ended_reason: string | null
}

export const grantColumns = sql.raw(
  `id, kind, parent, member, client_id, client, resource, scopes, details, status, created_at, expires_at, last_used_at,
  last_ip, last_tool, paused_at, addresses, ended_at, ended_reason, sign_in, authorization_details`,
)

export function createGrantTable(storage: Storage, audit: Audit): Pick<GrantStore, 'find' | 'list' | 'end'> {
  const db = storage.db<never>()
  return {
    async find(id) {
      const { rows } = await sql<GrantRow>`select ${grantColumns} from oauth_grant where id = ${id}`.execute(
        db,
      )
      return rows[0] && toGrant(rows[0])
    },
    async list(member, limit) {
      const { rows } = await sql<GrantRow>`select ${grantColumns} from oauth_grant
        ${member === null ? sql`` : sql`where member = ${member}`}
        order by created_at desc, id desc limit ${limit}`.execute(db)
      return rows.map(toGrant)
    },
    end: (which, reason, at, entryOf) =>
      storage.transaction<never, Grant[]>(async (tx) => {
        const given = givenBy(which)
        if (given) await withdraw(tx, given, at)
        return endGrants({ storage, audit }, tx, conditionOf(which), { reason, at, entryOf })
      }),
  }
}

/**
 * Takes back what was allowed and not collected yet, before the grants end: a code that is being redeemed is waited for
 * at its row, and its grant is there when the grants' turn comes.
 */
export async function withdraw(tx: Kysely<never>, which: RawBuilder<unknown>, at: Date): Promise<void> {
  await sql`delete from authorization_code where ${which} and used_at is null and expires_at > ${at}`.execute(
    tx,
  )
  await sql`update device_request set state = 'denied'
    where ${which} and state = 'allowed' and expires_at > ${at}`.execute(tx)
}

/** Ends live grants with all that descends from them, inside the caller's transaction; every replica hears of each. */
export async function endGrants(
  { storage, audit }: { storage: Storage; audit: Audit },
  tx: Kysely<never>,
  which: RawBuilder<unknown>,
  { reason, at, entryOf }: { reason: string; at: Date; entryOf(grant: Grant): AuditEntry },
): Promise<Grant[]> {
  // Locked first: a child that is being exchanged from one of them is there, and seen below, or is never made.
  const roots = await sql<{
    id: GrantId
  }>`select id from oauth_grant where ${which} order by id for update`.execute(tx)
  const ids = JSON.stringify(roots.rows.map(({ id }) => id))
  // With all that was exchanged from them, however often (RFC 8693; design §1: ending it ends all of it).
  const { rows } = await sql<GrantRow>`
    with recursive family as (
      select id from oauth_grant where id in (select jsonb_array_elements_text(cast(${ids} as jsonb)))
      union select child.id from oauth_grant as child join family on child.parent = family.id
    )
    update oauth_grant set status = 'ended', ended_at = ${at}, ended_reason = ${reason}, refresh_answer = null
    where status <> 'ended' and id in (select id from family) returning ${grantColumns}`.execute(tx)
  const ended = rows.map(toGrant)
  for (const grant of ended) {
    await audit.record(tx, entryOf(grant))
    await storage.publish(tx, grantEnded, { grant: grant.id })
  }
  return ended
}

// Bulk endings go in portions: one transaction must not hold an agent-filled workspace's rows for seconds.
const portion = 500

/** Whose answers under way end with their grants; undefined where it is about grants alone. */
function givenBy(which: EndWhich): RawBuilder<unknown> | undefined {
  if ('everything' in which) return sql`true`
  const conditions: RawBuilder<unknown>[] = []
  if ('member' in which) conditions.push(sql`member = ${which.member}`)
  if ('client' in which && which.client !== undefined) conditions.push(sql`client_id = ${which.client}`)
  if ('resource' in which) conditions.push(sql`resource = ${which.resource}`)
  return conditions.length > 0 ? sql.join(conditions, sql` and `) : undefined
}

function conditionOf(which: EndWhich) {
  if ('grant' in which)
    return which.of === undefined
      ? sql`id = ${which.grant}`
      : sql`id = ${which.grant} and member = ${which.of}`
  const conditions = [sql`status <> 'ended'`]
  if ('member' in which && which.member !== undefined) conditions.push(sql`member = ${which.member}`)
  if ('resource' in which) conditions.push(sql`resource = ${which.resource}`)
  if ('client' in which && which.client !== undefined) conditions.push(sql`client_id = ${which.client}`)
  if ('unusedSince' in which) {
    // What was never used was unused since it was made.
    conditions.push(sql`created_at < ${which.unusedSince}
      and (last_used_at is null or last_used_at < ${which.unusedSince})`)
  }
  return sql`id in (select id from oauth_grant where ${sql.join(conditions, sql` and `)}
    order by created_at limit ${portion})`
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
    ...(row.sign_in && { signIn: row.sign_in }),
    ...(row.authorization_details && { authorizationDetails: row.authorization_details }),
    ...(row.status && { status: row.status }),
  }
}

export function toGrant(row: GrantRow): Grant {
  return {
    ...toTerms(row),
    id: row.id,
    status: row.status,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    lastIp: row.last_ip,
    lastTool: row.last_tool,
    pausedAt: row.paused_at,
    addresses: row.addresses,
    endedAt: row.ended_at,
    endedReason: row.ended_reason,
  }
}

import type { Audit } from '#audit'
import type { GrantId, MemberId } from '#foundation'
import { sql } from '#storage'
import type { Kysely, RawBuilder, Storage } from '#storage'
import { approvalsChanged } from '../clients/approvals/approval-store.ts'
import type {
  ApprovalRequest,
  ApprovalStore,
  ApprovedAs,
  Resolution,
} from '../clients/approvals/approval-store.ts'
import type { Client } from '../clients/client.ts'
import type { Decided } from '../grants/grant-store.ts'
import { grantChanged } from '../grants/grant-store.ts'
import type { GrantTerms } from '../grants/grant.ts'
import { clientChanged, clientColumns, toClient, turnedAway } from './client-rows.ts'
import type { ClientRow } from './client-rows.ts'
import { endGrants } from './grants.ts'
import { json, text, time } from './values.ts'

type RequestRow = {
  member: MemberId
  asked_at: string
  ip: string | null
  redirect_host: string
  scopes: string[]
  resource: string
}
type QueueRow = ClientRow & {
  first_seen_ip: string | null
  approved_as: ApprovedAs | null
  requests: RequestRow[]
  live: number
}

const waiting = sql`(exists (select 1 from approval_request where client_id = client.id)
  or exists (select 1 from oauth_grant where client_id = client.id and status = 'provisional'))`
/** Approved once, and not as it is now. */
const changed = sql`(approved_at is not null and approved_fingerprint is distinct from fingerprint)`
const needsSomebody = sql`not ${turnedAway} and (${waiting} or ${changed})`

export function createApprovalTable(
  storage: Storage,
  audit: Audit,
  forget: (id: string) => void,
): ApprovalStore {
  const db = storage.db<never>()
  return {
    async queue(limit) {
      const { rows } = await sql<QueueRow>`
        select ${clientColumns}, first_seen_ip, approved_as,
          coalesce((select jsonb_agg(jsonb_build_object('member', member, 'asked_at', asked_at, 'ip', ip,
            'redirect_host', redirect_host, 'scopes', scopes, 'resource', resource) order by asked_at)
            from approval_request where client_id = client.id), '[]') as requests,
          (select count(*) from oauth_grant where client_id = client.id and status <> 'ended') as live
        from client where ${needsSomebody} or ${turnedAway}
        order by ${turnedAway}, not ${waiting}, first_seen_at desc limit ${limit}`.execute(db)
      return rows.map((row) => ({
        client: toClient(row),
        firstSeenIp: row.first_seen_ip,
        approvedAs: row.approved_as,
        requests: row.requests.map(toRequest),
        liveGrants: row.live,
      }))
    },
    async count() {
      const { rows } = await sql<{
        n: number
      }>`select count(*) as n from client where ${needsSomebody}`.execute(db)
      return rows[0]?.n ?? 0
    },
    async resolve(how) {
      const resolved = await storage.transaction<never, Client | undefined>(async (tx) => {
        const { rows } = await sql<ClientRow>`update client set ${statement(how)}
          where id = ${how.id} and fingerprint = ${how.fingerprint} returning ${clientColumns}`.execute(tx)
        const [row] = rows
        if (!row) return undefined
        await audit.record(tx, how.entryOf(toClient(row)))
        if (how.decision === 'approve') await setFree(storage, tx, how.id)
        else if (how.decision !== 'reconsider') await refused({ storage, audit }, tx, how)
        if (how.scopes) await narrow({ storage, audit }, tx, how, how.scopes)
        await storage.publish(tx, clientChanged, { id: how.id })
        await storage.publish(tx, approvalsChanged, {})
        return toClient(row)
      })
      // The event may take a moment; whoever decided reads what was decided.
      if (resolved) forget(how.id)
      return resolved
    },
    async takeUntold(at) {
      // Of several replicas the row's lock lets one take it.
      const { rows } = await sql<{ id: string; name: string }>`
        with taken as (
          update approval_request set told_at = ${at} where told_at is null returning client_id
        ) select id, name from client where id in (select client_id from taken) order by first_seen_at`.execute(
        db,
      )
      const giveBack = async () => {
        await sql`update approval_request set told_at = null where told_at = ${at}`.execute(db)
      }
      return { clients: rows, giveBack }
    },
  }
}

function statement({ decision, at, by, scopes }: Resolution): RawBuilder<unknown> {
  const ceiling =
    scopes === undefined ? sql`scope_ceiling` : sql`cast(${scopes && JSON.stringify(scopes)} as jsonb)`
  switch (decision) {
    case 'approve':
      return sql`${approval(at, by)}, blocked_at = null, blocked_by = null, scope_ceiling = ${ceiling}`
    case 'refuse':
      return sql`refused_fingerprint = fingerprint, refused_at = ${at}, refused_by = ${by}, approved_at = null,
        approved_by = null, approved_fingerprint = null`
    case 'block':
      return sql`blocked_at = ${at}, blocked_by = ${by}`
    case 'reconsider':
      return sql`blocked_at = null, blocked_by = null, refused_fingerprint = null, refused_at = null, refused_by = null`
  }
}

/** What approving writes into a client's row, by whichever road. */
export function approval(at: Date, by: string): RawBuilder<unknown> {
  return sql`claimed_at = coalesce(claimed_at, ${at}), approved_at = ${at}, approved_by = ${by},
    approved_fingerprint = fingerprint, refused_fingerprint = null, refused_at = null, refused_by = null,
    approved_as = jsonb_build_object('name', name, 'redirectUris', redirect_uris, 'authMethods', auth_methods,
      'keys', keys)`
}

/**
 * What waited for an approval begins to count: codes and devices first, then grants. A code that is being redeemed
 * meanwhile is waited for at its row, and its grant is there when the grants' turn comes.
 */
export async function setFree(storage: Storage, tx: Kysely<never>, clientId: string): Promise<void> {
  await sql`update authorization_code set provisional = false
    where client_id = ${clientId} and provisional`.execute(tx)
  await sql`update device_request set provisional = false
    where client_id = ${clientId} and provisional`.execute(tx)
  const { rows } = await sql<{ id: GrantId }>`update oauth_grant set status = 'active'
    where client_id = ${clientId} and status = 'provisional' returning id`.execute(tx)
  for (const { id } of rows) await storage.publish(tx, grantChanged, { grant: id })
  await sql`delete from approval_request where client_id = ${clientId}`.execute(tx)
}

/** Notes, in the statement that lets a person's yes in, that an administrator has to look at it. */
export function askApproval(terms: GrantTerms, { at, entry }: Decided): RawBuilder<unknown> {
  return sql`insert into approval_request (client_id, member, fingerprint, scopes, resource, redirect_host, ip, asked_at)
    select ${text(terms.clientId)}, ${text(terms.member)}, ${text(terms.client.fingerprint)}, ${json(terms.scopes)},
      ${text(terms.resource)}, ${text(terms.client.redirectHost)}, ${text(entry.ip ?? null)}, ${time(at)} from decided
    on conflict (client_id, member) do update set fingerprint = excluded.fingerprint, scopes = excluded.scopes,
      resource = excluded.resource, redirect_host = excluded.redirect_host, ip = excluded.ip,
      asked_at = excluded.asked_at`
}

/** Everything it has and everything under way goes. */
async function refused(
  { storage, audit }: { storage: Storage; audit: Audit },
  tx: Kysely<never>,
  { id, reason, at, grantEntryOf }: Resolution,
): Promise<void> {
  await sql`delete from interaction where client_id = ${id}`.execute(tx)
  await sql`delete from authorization_code where client_id = ${id}`.execute(tx)
  await sql`delete from device_request where client_id = ${id}`.execute(tx)
  await sql`delete from approval_request where client_id = ${id}`.execute(tx)
  await endGrants({ storage, audit }, tx, sql`client_id = ${id} and status <> 'ended'`, {
    reason,
    at,
    entryOf: grantEntryOf,
  })
}

/** Grants that have more than the ceiling lose it at once; those that would have nothing left end. */
async function narrow(
  { storage, audit }: { storage: Storage; audit: Audit },
  tx: Kysely<never>,
  { id, reason, at, grantEntryOf }: Resolution,
  scopes: readonly string[],
): Promise<void> {
  const ceiling = json(scopes)
  const left = sql`(select coalesce(jsonb_agg(scope), '[]') from jsonb_array_elements_text(scopes) as scope
    where ${ceiling} ? scope)`
  await endGrants({ storage, audit }, tx, sql`client_id = ${id} and status <> 'ended' and ${left} = '[]'`, {
    reason,
    at,
    entryOf: grantEntryOf,
  })
  const { rows } = await sql<{ id: GrantId }>`update oauth_grant set scopes = ${left}
    where client_id = ${id} and status <> 'ended' and scopes <> ${left} returning id`.execute(tx)
  for (const { id: grant } of rows) await storage.publish(tx, grantChanged, { grant })
  await sql`update authorization_code set scopes = ${left} where client_id = ${id}`.execute(tx)
  await sql`update device_request set scopes = ${left} where client_id = ${id} and state = 'allowed'`.execute(
    tx,
  )
}

function toRequest(row: RequestRow): ApprovalRequest {
  return {
    member: row.member,
    // From JSON, where a time is text.
    at: new Date(row.asked_at),
    ip: row.ip,
    redirectHost: row.redirect_host,
    scopes: row.scopes,
    resource: row.resource,
  }
}

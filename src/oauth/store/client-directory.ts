import type { Audit } from '#audit'
import { sql } from '#storage'
import type { RawBuilder, Storage, Transaction } from '#storage'
import type { Client } from '../clients/client.ts'
import type {
  ClientDirectory,
  ClientFilter,
  ClientState,
  ListedClient,
  RemoveWhich,
} from '../clients/client-directory.ts'
import { clientChanged, clientColumns, toClient, turnedAway } from './client-rows.ts'
import type { ClientRow } from './client-rows.ts'
import { endGrants, withdraw } from './grants.ts'

const day = 24 * 60 * 60 * 1000
/** Days without a token after which a client counts as unused (issue 3: thirty). */
const unusedAfter = 30 * day

type ListedRow = ClientRow & {
  first_seen_ip: string | null
  approved_at: Date | null
  approved_by: string | null
  blocked_by: string | null
  initial_access_token: string | null
  active: number
  provisional: number
  people: number
}

const unclaimed = sql`claimed_at is null and registration <> 'manual' and not ${turnedAway}`

/** A grant from which something can still be issued, or whose last access token may still live. */
const liveGrant = (now: Date): RawBuilder<unknown> => sql`exists (
  select 1 from oauth_grant as live where live.client_id = client.id and live.status <> 'ended'
    and (live.expires_at is null or live.expires_at > ${now})
    and case when live.refresh_expires_at is null
      then coalesce(live.last_used_at, live.created_at) > ${new Date(now.getTime() - day)}
      else live.refresh_expires_at > ${now} end)`

const unusedSince = (before: Date, now: Date): RawBuilder<unknown> => sql`registration <> 'manual'
  and claimed_at is not null and not ${turnedAway}
  and greatest(claimed_at, last_used_at) < ${before} and not ${liveGrant(now)}`

export function createClientDirectory(
  storage: Storage,
  audit: Audit,
  forget: (id: string) => void,
): ClientDirectory {
  const db = storage.db<never>()

  const listed = async (where: RawBuilder<unknown>, limit: number): Promise<ListedClient[]> => {
    const { rows } = await sql<ListedRow>`
      select ${clientColumns}, first_seen_ip, approved_at, approved_by, blocked_by, initial_access_token,
        coalesce(given.active, 0) as active, coalesce(given.provisional, 0) as provisional,
        coalesce(given.people, 0) as people
      from client left join lateral (
        select count(*) filter (where status = 'active') as active,
          count(*) filter (where status = 'provisional') as provisional, count(distinct member) as people
        from oauth_grant where client_id = client.id and status <> 'ended'
      ) as given on true
      where ${where} order by first_seen_at desc, id desc limit ${limit}`.execute(db)
    return rows.map(toListed)
  }

  const named = async (where: RawBuilder<unknown>) =>
    (
      await sql<{ id: string; name: string }>`select id, name from client where ${where}
        order by first_seen_at limit 10000`.execute(db)
    ).rows

  return {
    list: (filter, now) => listed(filtered(filter, now), filter.limit),
    async look(id) {
      return (await listed(sql`id = ${id}`, 1))[0]
    },
    async change(id, edit, entryOf) {
      const changed = await storage.transaction<never, Client | undefined>(async (tx) => {
        const { rows } = await sql<ClientRow>`select ${clientColumns} from client where id = ${id}
          for update`.execute(tx)
        const next = rows[0] && edit(toClient(rows[0]))
        if (!next) return undefined
        await write(tx, next)
        await audit.record(tx, entryOf(next))
        await storage.publish(tx, clientChanged, { id })
        return next
      })
      // The event may take a moment; whoever changed it reads what was changed.
      if (changed) forget(id)
      return changed
    },
    async remove(which, how) {
      const removed = await storage.transaction<never, Client[]>(async (tx) => {
        const { rows } = await sql<ClientRow>`delete from client where ${removable(which)}
          returning ${clientColumns}`.execute(tx)
        if (rows.length === 0) return []
        // In this order a decision or a code under way is waited for, and what it gave is ended with the rest.
        const ids = idsOf(rows)
        await sql`delete from interaction where client_id in (${ids})`.execute(tx)
        await sql`delete from authorization_code where client_id in (${ids})`.execute(tx)
        await sql`delete from device_request where client_id in (${ids})`.execute(tx)
        const { reason, at, grantEntryOf } = how
        await endGrants({ storage, audit }, tx, sql`client_id in (${ids})`, {
          reason,
          at,
          entryOf: grantEntryOf,
        })
        const clients = rows.map(toClient)
        for (const client of clients) {
          await audit.record(tx, how.entryOf(client))
          await storage.publish(tx, clientChanged, { id: client.id })
        }
        return clients
      })
      for (const { id } of removed) forget(id)
      return removed
    },
    unused: ({ unusedBefore, now }) => named(unusedSince(unusedBefore, now)),
    unclaimed: (before) => named(sql`${unclaimed} and first_seen_at <= ${before}`),
    endGrantsOf: (ids, { reason, at, grantEntryOf }) =>
      storage.transaction<never, number>(async (tx) => {
        const which = sql`client_id in (${idsOf(ids.map((id) => ({ id })))})`
        await withdraw(tx, which, at)
        return (await endGrants({ storage, audit }, tx, which, { reason, at, entryOf: grantEntryOf })).length
      }),
    async touch(ids, at) {
      await sql`update client set last_used_at = ${at}
        where id in (${idsOf(ids.map((id) => ({ id })))}) and (last_used_at is null or last_used_at < ${at})`.execute(
        db,
      )
    },
  }
}

/** As one parameter, however many there are. */
function idsOf(rows: readonly { id: string }[]): RawBuilder<unknown> {
  return sql`select jsonb_array_elements_text(cast(${JSON.stringify(rows.map(({ id }) => id))} as jsonb))`
}

async function write(tx: Transaction<never>, client: Client): Promise<void> {
  const json = (value: unknown) => sql`cast(${value === null ? null : JSON.stringify(value)} as jsonb)`
  await sql`update client set name = ${client.name}, redirect_uris = ${json(client.redirectUris)},
    grant_types = ${json(client.grantTypes)}, auth_methods = ${json(client.authMethods)},
    scopes = ${json(client.scopes)}, links = ${json(client.links)}, secrets = ${json(client.secrets)},
    keys = ${json(client.keys)}, about = ${json(client.about)}, owner = ${client.owner},
    serves_resource = ${client.servesResource}, management_hash = ${client.managementHash}, fingerprint = ${client.fingerprint},
    approved_fingerprint = case when registration = 'manual' then ${client.fingerprint} else approved_fingerprint end
    where id = ${client.id}`.execute(tx)
}

function removable(which: RemoveWhich): RawBuilder<unknown> {
  if ('ids' in which) return sql`id in (${idsOf(which.ids.map((id) => ({ id })))})`
  if ('id' in which) {
    return sql`id = ${which.id} and management_hash = ${which.managementHash} and blocked_at is null`
  }
  const unused = unusedSince(which.unusedBefore, which.now)
  return sql`${unused} and id in (select id from client where ${unused} order by first_seen_at limit ${which.limit})`
}

function filtered({ registration, state, text, after }: ClientFilter, now: Date): RawBuilder<unknown> {
  const conditions = [
    registration && sql`registration = ${registration}`,
    state && stateIs(state, now),
    text && sql`(position(lower(${text}) in lower(name)) > 0 or position(lower(${text}) in lower(id)) > 0)`,
    after && sql`(first_seen_at, id) < (${after.firstSeenAt}, ${after.id})`,
  ].filter((one) => one !== undefined && one !== '')
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)
}

function stateIs(state: ClientState, now: Date): RawBuilder<unknown> {
  switch (state) {
    case 'waiting':
      return sql`exists (select 1 from oauth_grant as waits where waits.client_id = client.id
        and waits.status = 'provisional')`
    case 'approved':
      return sql`approved_fingerprint = fingerprint and blocked_at is null`
    case 'blocked':
      return sql`blocked_at is not null`
    case 'unused':
      return sql`(last_used_at is null or last_used_at < ${new Date(now.getTime() - unusedAfter)})
        and not ${liveGrant(now)}`
  }
}

function toListed(row: ListedRow): ListedClient {
  return {
    client: toClient(row),
    firstSeenIp: row.first_seen_ip,
    approvedAt: row.approved_at,
    approvedBy: row.approved_by,
    blockedAt: row.blocked_at,
    blockedBy: row.blocked_by,
    initialAccessToken: row.initial_access_token,
    grants: { active: row.active, provisional: row.provisional, people: row.people },
  }
}

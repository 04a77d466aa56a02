import type { Audit } from '#audit'
import { sql } from '#storage'
import type { Kysely, RawBuilder, Storage } from '#storage'
import type { Client, ClientStore } from '../clients/client.ts'
import { clientCache } from './client-cache.ts'

/** What else storage can do with clients, for the flow's own transactions. */
export type ClientTable = ClientStore & {
  /**
   * Marks that a person consented, inside the consent's own transaction; `approvedBy` names her when she is an
   * administrator. False when the client is gone or has changed since `fingerprint` was read.
   */
  claim(
    tx: Kysely<never>,
    client: Pick<Client, 'id' | 'fingerprint'>,
    how: { at: Date; approvedBy: string | null },
  ): Promise<boolean>
  close(): void
}

type Row = {
  id: string
  registration: Client['registration']
  name: string
  redirect_uris: string[]
  grant_types: Client['grantTypes']
  auth_methods: Client['authMethods']
  scopes: string[] | null
  links: Record<string, string>
  secrets: Client['secrets']
  keys: Client['keys']
  about: Client['about']
  owner: Client['owner']
  management_hash: string | null
  blocked_at: Date | null
  last_used_at: Date | null
  fingerprint: string
  first_seen_at: Date
  claimed_at: Date | null
  approved_fingerprint: string | null
  etag: string | null
  fetched_at: Date | null
  fresh_until: Date | null
}

const topic = 'oauth.client'
const columns =
  sql.raw(`id, registration, name, redirect_uris, grant_types, auth_methods, scopes, links, secrets, keys, about,
  owner, management_hash, blocked_at, last_used_at, fingerprint, first_seen_at, claimed_at, approved_fingerprint, etag,
  fetched_at, fresh_until`)
const unclaimed = sql.raw(`claimed_at is null and registration <> 'manual'`)

/** Clients in the database. Reads go through a small cache that hears of every change, on any replica. */
export function createClientTable(storage: Storage, audit: Audit): ClientTable {
  const db = storage.db<never>()
  const cache = clientCache(storage.events, topic)

  const select = async (where: RawBuilder<unknown>): Promise<Client[]> =>
    (await sql<Row>`select ${columns} from client where ${where}`.execute(db)).rows.map(toClient)

  return {
    find(id, how) {
      if (how === 'anew') cache.forget(id)
      return cache.through(id, async () => {
        const [found] = await select(sql`id = ${id}`)
        return found
      })
    },

    async add(client, entry, quota) {
      // Counted no further than the share, so that a full address costs no more than an empty one.
      const free =
        typeof quota?.perAddress === 'number'
          ? sql`(select count(*) from (select 1 from client where first_seen_ip = ${quota.ip} and ${unclaimed}
              and first_seen_at > ${quota.since} limit ${quota.perAddress}) as own) < ${quota.perAddress}`
          : sql`true`
      const row = audit.row(entry)
      // One statement: the client is there exactly when its audit entry is.
      const added = await sql`
        with added as (
          insert into client (${columns}, first_seen_ip) select ${values(client)}, cast(${quota?.ip ?? null} as text)
          where ${free} returning id
        )
        insert into audit_inbox (id, at, body)
        select ${row.id}, cast(${row.at} as timestamptz), cast(${row.body} as jsonb) from added
        returning id`.execute(db)
      return added.rows.length === 1
    },

    async saveDocument(client, entry) {
      await storage.transaction<never, void>(async (tx) => {
        await sql`
          insert into client (${columns}) values (${values(client)})
          on conflict (id) do update set name = excluded.name, redirect_uris = excluded.redirect_uris,
            grant_types = excluded.grant_types, auth_methods = excluded.auth_methods, links = excluded.links,
            keys = excluded.keys, about = excluded.about, fingerprint = excluded.fingerprint, first_seen_at = excluded.first_seen_at, etag = excluded.etag,
            fetched_at = excluded.fetched_at, fresh_until = excluded.fresh_until
          where client.registration = 'metadata-document'`.execute(tx)
        if (entry) await audit.record(tx, entry)
        await storage.publish(tx, topic, { id: client.id })
      })
      // The event may take a moment; whoever saved reads what was saved.
      cache.forget(client.id)
    },

    async claim(tx, { id, fingerprint }, { at, approvedBy }) {
      const approval = approvedBy
        ? sql`, approved_at = ${at}, approved_by = ${approvedBy}, approved_fingerprint = fingerprint`
        : sql``
      const claimed = await sql`
        update client set claimed_at = coalesce(claimed_at, ${at}) ${approval}
        where id = ${id} and fingerprint = ${fingerprint} returning id`.execute(tx)
      if (claimed.rows.length === 0) return false
      await storage.publish(tx, topic, { id })
      return true
    },

    async countUnclaimed(since) {
      const counted = await sql<{ live: number }>`
        select count(*) as live from client where ${unclaimed} and first_seen_at > ${since}`.execute(db)
      return counted.rows[0]?.live ?? 0
    },

    async deleteUnclaimed(before, limit) {
      const deleted = await sql`
        delete from client where ${unclaimed} and id in (
          select id from client where ${unclaimed} and first_seen_at <= ${before} order by first_seen_at limit ${limit}
        ) returning id`.execute(db)
      return deleted.rows.length
    },

    trusted: () =>
      select(sql`registration = 'manual' or approved_at is not null order by first_seen_at limit 1000`),
    close: () => cache.close(),
  }
}

function values(client: Client): RawBuilder<unknown> {
  const json = (value: unknown) => sql`cast(${value === null ? null : JSON.stringify(value)} as jsonb)`
  const time = (value: Date | null | undefined) => sql`cast(${value ?? null} as timestamptz)`
  return sql.join([
    sql`cast(${client.id} as text)`,
    sql`cast(${client.registration} as text)`,
    sql`cast(${client.name} as text)`,
    json(client.redirectUris),
    json(client.grantTypes),
    json(client.authMethods),
    json(client.scopes),
    json(client.links),
    json(client.secrets),
    json(client.keys),
    json(client.about),
    sql`cast(${client.owner} as text)`,
    sql`cast(${client.managementHash} as text)`,
    // Who blocked it, and when, is the administrator's own statement to write.
    time(null),
    time(client.lastUsedAt),
    sql`cast(${client.fingerprint} as text)`,
    time(client.firstSeenAt),
    time(client.claimedAt),
    sql`cast(${client.approved ? client.fingerprint : null} as text)`,
    sql`cast(${client.document?.etag ?? null} as text)`,
    time(client.document?.fetchedAt),
    time(client.document?.freshUntil),
  ])
}

function toClient(row: Row): Client {
  return {
    id: row.id,
    registration: row.registration,
    name: row.name,
    redirectUris: row.redirect_uris,
    grantTypes: row.grant_types,
    authMethods: row.auth_methods,
    scopes: row.scopes,
    links: row.links,
    secrets: row.secrets,
    keys: row.keys,
    about: row.about,
    owner: row.owner,
    managementHash: row.management_hash,
    blocked: row.blocked_at !== null,
    lastUsedAt: row.last_used_at,
    fingerprint: row.fingerprint,
    firstSeenAt: row.first_seen_at,
    claimedAt: row.claimed_at,
    approved: row.approved_fingerprint === row.fingerprint,
    document:
      row.fetched_at && row.fresh_until
        ? { etag: row.etag, fetchedAt: row.fetched_at, freshUntil: row.fresh_until }
        : null,
  }
}

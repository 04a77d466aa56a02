import type { Audit } from '#audit'
import { sql } from '#storage'
import type { Kysely, RawBuilder, Storage } from '#storage'
import type { Client, ClientStore } from '../clients/client.ts'
import type { ClientDirectory } from '../clients/client-directory.ts'
import { approval } from './approvals.ts'
import { clientCache } from './client-cache.ts'
import { createClientDirectory } from './client-directory.ts'
import { clientChanged, clientColumns, clientValues, toClient, turnedAway } from './client-rows.ts'
import type { ClientRow } from './client-rows.ts'
import { goodToken } from './initial-access-tokens.ts'
import { auditRow, json, optionalJson } from './values.ts'

/** What else storage can do with clients, for the flow's own transactions. */
export type ClientTable = ClientStore &
  ClientDirectory & {
    /**
     * Marks that a person consented, inside the consent's own transaction; `approvedBy` names her when she is an
     * administrator. False when the client is gone or has changed since `fingerprint` was read.
     */
    claim(
      tx: Kysely<never>,
      client: Pick<Client, 'id' | 'fingerprint'>,
      how: { at: Date; approvedBy: string | null },
    ): Promise<boolean>
    /** Forgets what is remembered of a client, which the caller has just changed. */
    forget(id: string): void
    close(): void
  }

const unclaimed = sql.raw(`claimed_at is null and registration <> 'manual'`)

/** Clients in the database. Reads go through a small cache that hears of every change, on any replica. */
export function createClientTable(storage: Storage, audit: Audit): ClientTable {
  const db = storage.db<never>()
  const cache = clientCache(storage.events, clientChanged)

  const select = async (where: RawBuilder<unknown>): Promise<Client[]> =>
    (await sql<ClientRow>`select ${clientColumns} from client where ${where}`.execute(db)).rows.map(toClient)

  return {
    find(id, how) {
      if (how === 'anew') cache.forget(id)
      return cache.through(id, async () => {
        const [found] = await select(sql`id = ${id}`)
        return found
      })
    },

    async add(client, entry, quota, initial) {
      // Counted no further than the share, so that a full address costs no more than an empty one.
      const free =
        typeof quota?.perAddress === 'number'
          ? sql`(select count(*) from (select 1 from client where first_seen_ip = ${quota.ip} and ${unclaimed}
              and first_seen_at > ${quota.since} limit ${quota.perAddress}) as own) < ${quota.perAddress}`
          : sql`true`
      // An initial access token counts exactly when it lets a client in (attacks D4): the row's lock decides.
      const token = initial
        ? sql`update initial_access_token set uses = uses + 1, last_used_at = ${initial.at}
            where ${goodToken(initial.hash, initial.at)} and ${free} returning id`
        : sql`select cast(null as text) as id where ${free}`
      // One statement: the client is there exactly when its audit entry is.
      const added = await sql`
        with token as (${token}),
        added as (
          insert into client (${clientColumns}, first_seen_ip, initial_access_token)
          select ${clientValues(client)}, cast(${quota?.ip ?? null} as text), token.id from token returning id
        ) ${auditRow(audit, entry, sql`added`)}`.execute(db)
      return added.rows.length === 1
    },

    async saveDocument(client, entry) {
      const saved = await storage.transaction<never, boolean>(async (tx) => {
        // Never an insertion: one deleted while its document was fetched would be back, with its approval.
        const { rows } = await sql`
          update client set name = ${client.name}, redirect_uris = ${json(client.redirectUris)},
            grant_types = ${json(client.grantTypes)}, auth_methods = ${json(client.authMethods)},
            links = ${json(client.links)}, keys = ${optionalJson(client.keys ?? undefined)}, about = ${json(client.about)},
            fingerprint = ${client.fingerprint}, first_seen_at = ${client.firstSeenAt},
            etag = ${client.document?.etag ?? null}, fetched_at = ${client.document?.fetchedAt ?? null},
            fresh_until = ${client.document?.freshUntil ?? null}
          where id = ${client.id} and registration = 'metadata-document' returning id`.execute(tx)
        if (rows.length === 0) return false
        if (entry) await audit.record(tx, entry)
        await storage.publish(tx, clientChanged, { id: client.id })
        return true
      })
      // The event may take a moment; whoever saved reads what was saved.
      cache.forget(client.id)
      return saved
    },

    async claim(tx, { id, fingerprint }, { at, approvedBy }) {
      const mark = approvedBy ? approval(at, approvedBy) : sql`claimed_at = coalesce(claimed_at, ${at})`
      const claimed = await sql`
        update client set ${mark}
        where id = ${id} and fingerprint = ${fingerprint} returning id`.execute(tx)
      if (claimed.rows.length === 0) return false
      await storage.publish(tx, clientChanged, { id })
      return true
    },

    async countUnclaimed(since) {
      const counted = await sql<{ live: number }>`
        select count(*) as live from client where ${unclaimed} and first_seen_at > ${since}`.execute(db)
      return counted.rows[0]?.live ?? 0
    },

    async deleteUnclaimed(before, limit) {
      const deleted = await sql`
        delete from client where ${unclaimed} and not ${turnedAway} and id in (
          select id from client where ${unclaimed} and not ${turnedAway} and first_seen_at <= ${before} order by first_seen_at limit ${limit}
        ) returning id`.execute(db)
      return deleted.rows.length
    },

    ...createClientDirectory(storage, audit, cache.forget),
    trusted: () =>
      select(sql`registration = 'manual' or approved_at is not null order by first_seen_at limit 1000`),
    forget: (id) => cache.forget(id),
    close: () => cache.close(),
  }
}

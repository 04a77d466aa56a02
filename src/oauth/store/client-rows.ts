import { sql } from '#storage'
import type { RawBuilder } from '#storage'
import type { Client } from '../clients/client.ts'

/** What every replica hears when a client changed: its id. */
export const clientChanged = 'oauth.client'

/** A client as its table has it. */
export type ClientRow = {
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
  serves_resource: string | null
  management_hash: string | null
  blocked_at: Date | null
  refused_fingerprint: string | null
  scope_ceiling: string[] | null
  last_used_at: Date | null
  fingerprint: string
  first_seen_at: Date
  claimed_at: Date | null
  approved_fingerprint: string | null
  etag: string | null
  fetched_at: Date | null
  fresh_until: Date | null
}

export const clientColumns =
  sql.raw(`id, registration, name, redirect_uris, grant_types, auth_methods, scopes, links, secrets, keys, about,
  owner, serves_resource, management_hash, blocked_at, refused_fingerprint, scope_ceiling, last_used_at, fingerprint, first_seen_at, claimed_at, approved_fingerprint, etag,
  fetched_at, fresh_until`)

/** An administrator said no to it, for good or as it is now: it isn't forgotten, or it would come back as new. */
export const turnedAway = sql.raw(
  `(blocked_at is not null or refused_fingerprint is not distinct from fingerprint)`,
)

/** A client in the order of {@link clientColumns}. */
export function clientValues(client: Client): RawBuilder<unknown> {
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
    sql`cast(${client.servesResource} as text)`,
    sql`cast(${client.managementHash} as text)`,
    // Who blocked or refused it, and when, is the administrator's own statement to write.
    time(null),
    sql`cast(${client.refused ? client.fingerprint : null} as text)`,
    json(client.ceiling),
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

export function toClient(row: ClientRow): Client {
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
    servesResource: row.serves_resource,
    managementHash: row.management_hash,
    blocked: row.blocked_at !== null,
    refused: row.refused_fingerprint === row.fingerprint,
    ceiling: row.scope_ceiling,
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

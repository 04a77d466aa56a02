import { createHash } from 'node:crypto'
import type { JWK } from 'jose'
import type { AuditEntry } from '#audit'
import type { MemberId } from '#foundation'

export type ClientRegistration = 'manual' | 'metadata-document' | 'dynamic'
export type ClientAuthMethod = 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'
/** As RFC 7591 §2 `grant_types` names them. */
export type ClientGrantType =
  | 'authorization_code'
  | 'refresh_token'
  | 'client_credentials'
  | 'urn:ietf:params:oauth:grant-type:device_code'
  | 'urn:ietf:params:oauth:grant-type:token-exchange'
  | 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** RFC 7591 §2 `jwks` or `jwks_uri`, never both; public and asymmetric only. */
export type ClientKeys = { jwks: { keys: JWK[] } } | { uri: string }

/** A secret's hash; two live while it is being replaced. */
export type ClientSecret = { hash: string; createdAt: string; expiresAt: string | null }

/** What else a client says of itself (RFC 7591 §2 and the RFCs named), by its members' names. Kept and echoed. */
export type ClientAbout = {
  application_type?: 'native' | 'web'
  software_id?: string
  software_version?: string
  contacts?: string[]
  /** RFC 9449 §5.2. */
  dpop_bound_access_tokens?: boolean
  /** RFC 9126 §6. */
  require_pushed_authorization_requests?: boolean
  /** OpenID Connect RP-Initiated Logout §3.1. */
  post_logout_redirect_uris?: string[]
  /** What it says it will ask for. Its own word, so no ceiling: see decision 9. */
  scope?: string
  /** As presented: RFC 7591 §3.2.1 has it returned unmodified. */
  software_statement?: string
  /** Issuer of the software statement that vouched for it (RFC 7591 §2.3). Never from outside by itself. */
  software_statement_issuer?: string
}

/** An OAuth client, however it became known. */
export type Client = {
  /** `cli_…`, or the address of its metadata document. */
  id: string
  registration: ClientRegistration
  /** Self-asserted: cleaned for display, never trusted. */
  name: string
  redirectUris: readonly string[]
  grantTypes: readonly ClientGrantType[]
  /** Ways to authenticate it may use, the registered one first. `none` stands alone. */
  authMethods: readonly ClientAuthMethod[]
  /** The most it may ever be granted; null when it didn't register a ceiling. */
  scopes: readonly string[] | null
  /** RFC 7591 §2 `client_uri`, `logo_uri`, `policy_uri`, `tos_uri`: kept and echoed, never fetched (attacks S11). */
  links: Readonly<Record<string, string>>
  secrets: readonly ClientSecret[]
  keys: ClientKeys | null
  about: Readonly<ClientAbout>
  /** Whose rights it has when it acts for nobody else (client_credentials); set by an administrator alone. */
  owner: MemberId | null
  /** The resource it is the server of: it may introspect access tokens for it (RFC 7662 §4); set by an administrator alone. */
  servesResource: string | null
  /** Hash of its registration access token (RFC 7592 §3). */
  managementHash: string | null
  /** An administrator refuses it: nothing is issued to it, whatever the policy says. */
  blocked: boolean
  /** An administrator looked at it as it is now and refused it. */
  refused: boolean
  /** Scopes an administrator narrowed it to, beneath whatever the policy and it itself say. */
  ceiling: readonly string[] | null
  /** Changes when a person should look again: name, redirect URIs or way to authenticate (A134). */
  fingerprint: string
  firstSeenAt: Date
  /** When a first person finished consent. Until then it may be forgotten after {@link unclaimedLife}. */
  claimedAt: Date | null
  /** True when an administrator consented to it as it is now. */
  approved: boolean
  /** To the day; null until it was issued a token. */
  lastUsedAt: Date | null
  /** Validators and freshness of its metadata document (RFC 9111 §4). */
  document: { etag: string | null; fetchedAt: Date; freshUntil: Date } | null
}

/** Milliseconds for which a client that nobody consented to is kept (design §4). */
export const unclaimedLife = 24 * 60 * 60 * 1000

/** Where clients are kept. Forgets unclaimed clients only when asked; {@link isForgotten} says who is too old. */
export interface ClientStore {
  /** `anew` asks the database itself, past what this process remembers. */
  find(id: string, how?: 'anew'): Promise<Client | undefined>
  /**
   * Adds a client and its audit entry, both or none. False when `quota` is used up for this address;
   * `perAddress` null counts nothing and only remembers where the client came from.
   */
  add(
    client: Client,
    entry: AuditEntry,
    quota?: { ip: string; perAddress: number | null; since: Date },
    /** The initial access token it needs, by its hash: used up by one with the client, or nothing is added. */
    initial?: { hash: string; at: Date },
  ): Promise<boolean>
  /** Writes what a known client's metadata document says now. False when the client was deleted meanwhile. */
  saveDocument(client: Client, entry: AuditEntry | null): Promise<boolean>
  /** Clients that nobody has consented to yet, first seen after `since`. */
  countUnclaimed(since: Date): Promise<number>
  /** Deletes at most `limit` of the clients that nobody consented to, first seen before `before`. */
  deleteUnclaimed(before: Date, limit: number): Promise<number>
  /** The clients people here trust by name: made by an administrator, or approved by one. */
  trusted(): Promise<Client[]>
}

/** A dynamic or metadata-document client that nobody decided about for a day is as good as deleted. */
export function isForgotten(client: Client, now: Date): boolean {
  return (
    client.registration !== 'manual' &&
    client.claimedAt === null &&
    !client.blocked &&
    !client.refused &&
    client.firstSeenAt.getTime() + unclaimedLife <= now.getTime()
  )
}

/** The host that vouches for the client: that of its https metadata document. Null for every other kind. */
export function verifiedDomain(client: Client): string | null {
  return client.registration === 'metadata-document' && client.id.startsWith('https:')
    ? new URL(client.id).host
    : null
}

/** What a client has from the start, however it becomes known. */
export const newcomer = {
  secrets: [],
  keys: null,
  about: {},
  owner: null,
  servesResource: null,
  managementHash: null,
  blocked: false,
  refused: false,
  ceiling: null,
  claimedAt: null,
  approved: false,
  lastUsedAt: null,
  document: null,
} satisfies Partial<Client>

/** A secret that lives until it is replaced. */
export function secretOf(hash: string, at: Date): ClientSecret {
  return { hash, createdAt: at.toISOString(), expiresAt: null }
}

/** Stable digest of what a person's approval was about (A134: redirect URIs, keys, name). */
export function fingerprintOf(
  client: Pick<Client, 'name' | 'redirectUris' | 'authMethods'> & { keys?: unknown; about?: ClientAbout },
): string {
  const { software_statement_issuer: voucher } = client.about ?? {}
  const about = [
    client.name,
    client.redirectUris.toSorted(),
    client.authMethods,
    client.keys ?? null,
    ...(voucher === undefined ? [] : [voucher]),
  ]
  return createHash('sha256').update(JSON.stringify(about)).digest('base64url')
}

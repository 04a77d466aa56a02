import type { Clock } from '#foundation'
import type { Audit } from '#audit'
import type { Client, ClientGrantType } from '../clients/client.ts'
import type { Clients } from '../clients/clients.ts'
import type { DeviceStore } from '../device/device-request.ts'
import type { DetailsTypes } from '../details/authorization-details.ts'
import type { GrantLife } from '../grants/grant-life.ts'
import type { EnsureGrant } from '../grants/ensure-grant.ts'
import type { GrantStore } from '../grants/grant-store.ts'
import type { SlotStore } from '../grants/slots.ts'
import type { Verify } from '../grants/verifier.ts'
import type { LiveGrants } from '../grants/live-grants.ts'
import type { Resources } from '../authorize/choose-resource.ts'
import type { From } from '../endpoint.ts'
import type { DetailsType, People } from '../ports.ts'
import type { RateLimits } from '../router/rate-limits.ts'
import type { Params } from '../router/read-params.ts'
import type { createIssuer } from './issue.ts'
import type { TokenPolicy } from './token-policy.ts'
import type { RefreshTokens } from './refresh-token.ts'

/** What exchanging needs. */
export type Exchange = {
  grants: GrantStore
  devices: DeviceStore
  /** The grant of a slot, where nobody consents. */
  ensure: EnsureGrant
  slots: Pick<SlotStore, 'exchangeableBy'>
  verify: Verify
  people: People
  details: Pick<DetailsType, 'narrow'>
  clients: Pick<Clients, 'decide'>
  live: LiveGrants
  /** Whether a grant may be used now: ask before anything is issued from one. */
  life: GrantLife
  refreshTokens: RefreshTokens
  issue: ReturnType<typeof createIssuer>
  resources: () => Resources
  detailsTypes: DetailsTypes
  /** What the client policy says of lifetimes; {@link Exchange.issue} asks it about everything else. */
  policy: Pick<TokenPolicy, 'idleUntil'>
  /** A grant's own share of the token endpoint. */
  limits: Pick<RateLimits, 'grant'>
  clock: Clock
  audit: Audit
}

/** A key that the tokens are bound to (RFC 7800 `cnf`). */
export type Binding = { jkt: string }

/** The key that a refresh token is bound to: a public client's (RFC 9449 §5); others authenticate with each use. */
export function refreshKey(client: Client, binding: Binding | null): string | null {
  return client.authMethods.includes('none') ? (binding?.jkt ?? null) : null
}

/** A token request whose client has authenticated. */
export type TokenRequest = {
  client: Client
  params: Params
  from: From
  /** The key it proved to hold (RFC 9449 §5), or null. */
  binding: Binding | null
}

/** One way to get tokens: gives the answer's JSON text. */
export type GrantType = (exchange: Exchange, request: TokenRequest) => Promise<string>

/** A82: refresh tokens don't depend on offline_access, only on what the client said it can do. */
export function mayRefresh(client: Client): boolean {
  return mayUse(client, 'refresh_token')
}

/** A client that didn't say has what everybody has; anything more was asked for by name. */
export function mayUse(client: Client, type: ClientGrantType): boolean {
  const common = type === 'authorization_code' || type === 'refresh_token'
  return client.grantTypes.includes(type) || (client.grantTypes.length === 0 && common)
}

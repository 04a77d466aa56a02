import type { Clock } from '#foundation'
import type { Audit } from '#audit'
import type { Client, ClientGrantType } from '../clients/client.ts'
import type { GrantStore } from '../grants/grant-store.ts'
import type { LiveGrants } from '../grants/live-grants.ts'
import type { Resources } from '../authorize/choose-resource.ts'
import type { From } from '../endpoint.ts'
import type { Params } from '../router/read-params.ts'
import type { createIssuer } from './issue.ts'
import type { RefreshTokens } from './refresh-token.ts'

/** What exchanging needs. */
export type Exchange = {
  grants: GrantStore
  live: LiveGrants
  refreshTokens: RefreshTokens
  issue: ReturnType<typeof createIssuer>
  resources: Resources
  clock: Clock
  audit: Audit
}

/** One way to get tokens: takes an authenticated client's parameters, gives the answer's JSON text. */
export type GrantType = (exchange: Exchange, client: Client, params: Params, from: From) => Promise<string>

/** A82: refresh tokens don't depend on offline_access, only on what the client said it can do. */
export function mayRefresh(client: Client): boolean {
  return mayUse(client, 'refresh_token')
}

export function mayUse(client: Client, type: ClientGrantType): boolean {
  return client.grantTypes.length === 0 || client.grantTypes.includes(type)
}

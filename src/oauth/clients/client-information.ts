import { paths } from '../discovery/capabilities.ts'
import type { Client } from './client.ts'

/** What a registering client is told once, and by what it is managed. */
export type Handed = {
  /** Only when one was made in this request: it is kept as a hash. */
  secret: string | null
  /** RFC 7592 §3. */
  management: { token: string; uri: string } | null
}

/** RFC 7591 §3.2.1: everything as it was registered, no nulls, a secret with the time it ends (0: never). */
export function clientInformation(client: Client, { secret, management }: Handed): Record<string, unknown> {
  const { software_statement_issuer: _, scope, ...about } = client.about
  const registeredScope = client.scopes?.join(' ') ?? scope
  return {
    client_id: client.id,
    client_id_issued_at: Math.floor(client.firstSeenAt.getTime() / 1000),
    ...(secret === null ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
    ...(management && {
      registration_access_token: management.token,
      registration_client_uri: management.uri,
    }),
    client_name: client.name,
    redirect_uris: client.redirectUris,
    grant_types: client.grantTypes,
    // RFC 7591 §2.1: `code` belongs to authorization_code and to nothing else.
    response_types: client.grantTypes.includes('authorization_code') ? ['code'] : [],
    token_endpoint_auth_method: client.authMethods[0],
    ...(registeredScope ? { scope: registeredScope } : {}),
    ...client.links,
    ...keysOf(client),
    ...about,
  }
}

function keysOf({ keys }: Client): Record<string, unknown> {
  if (keys === null) return {}
  return 'uri' in keys ? { jwks_uri: keys.uri } : { jwks: keys.jwks }
}

/** RFC 7592 §3: where a client reads, changes and deletes its own registration. */
export function managementUri(issuer: string, clientId: string): string {
  return `${issuer}${paths.registration}/${clientId}`
}

import type { Endpoint } from '../endpoint.ts'
import type { SigningKeys } from './signing-keys.ts'

/** `GET /oauth/jwks.json`. Cached for five minutes: a new key is published long before it signs (A27, A163). */
export function createJwksEndpoint(keys: SigningKeys): Endpoint {
  return async () =>
    Response.json(await keys.jwks(), {
      headers: { 'Content-Type': 'application/jwk-set+json', 'Cache-Control': 'public, max-age=300' },
    })
}

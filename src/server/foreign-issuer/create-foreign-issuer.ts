import type { Clock, ForeignIssuer, OutwardClient } from '#foundation'
import type { TokenVerifier } from '#guard'
import type { Identity } from '#identity'
import type { OAuth, Resource } from '#oauth'
import { createForeignEndpoint } from './foreign-endpoint.ts'
import { foreignScopes } from './foreign-scopes.ts'
import { createForeignVerifier } from './foreign-verifier.ts'
import { boundedFetch } from './issuer-facts.ts'
import { createReadForeignToken } from './read-token.ts'

/** Tandem as a resource server of somebody else's authorization server. */
export type ForeignIssuerParts = {
  verifier: TokenVerifier
  handle: OAuth['handle']
  /** How the other server calls scopes of ours. */
  named(scopes: readonly string[]): string[]
}

export function createForeignIssuer(deps: {
  of: ForeignIssuer
  outward: OutwardClient
  people: Identity['people']
  external: OAuth['external']
  resources: () => readonly [Resource, ...Resource[]]
  clock: Clock
}): ForeignIssuerParts {
  const { of, outward, clock } = deps
  const scopes = foreignScopes(of)
  const read = createReadForeignToken(of, boundedFetch(outward), clock)
  return {
    verifier: createForeignVerifier({ ...deps, read, scopes }),
    handle: createForeignEndpoint({ ...deps, scopes }),
    named: scopes.named,
  }
}

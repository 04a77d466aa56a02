import { assertionAlgorithms } from '../clients/client-assertion.ts'
import type { ClientAuthMethod, ClientGrantType } from '../clients/client.ts'
import { identityScopes } from '../openid/identity-scopes.ts'
import type { Resource } from '../ports.ts'

/** What this server can do, in one value: every discovery document is derived from it, so none can promise more. */
export type Capabilities = {
  issuer: string
  /** The first is the default. */
  resources: readonly [Resource, ...Resource[]]
  endpoints: {
    authorization: string
    token: string
    revocation: string
    introspection: string
    /** RFC 9126 §5. */
    par: string
    /** RFC 8628 §4. Null when devices aren't served. */
    deviceAuthorization: string | null
    jwks: string
    /** OIDC Core §5.3, RP-Initiated Logout §2.1. */
    userinfo: string
    endSession: string
    /** Null while the client policy takes no registrations (A13). */
    registration: string | null
  }
  grantTypes: readonly ClientGrantType[]
  authMethods: readonly ClientAuthMethod[]
  /** Of client assertions (private_key_jwt). */
  assertionAlgorithms: readonly string[]
  /** Authorization requests must be pushed. */
  requirePar: boolean
  /** Of all resources, and those that belong to this server alone: identity scopes and offline_access (A17, A83). */
  scopes: readonly string[]
  signingAlgorithms: readonly string[]
  /** RFC 9396 §10. */
  detailsTypes: readonly string[]
}

/** Paths under the issuer. The three that 2025-03-26 clients assume at the root are aliases (A28). */
export const paths = {
  authorization: '/oauth/authorize',
  token: '/oauth/token',
  registration: '/oauth/register',
  revocation: '/oauth/revoke',
  introspection: '/oauth/introspect',
  par: '/oauth/par',
  deviceAuthorization: '/oauth/device_authorization',
  jwks: '/oauth/jwks.json',
  userinfo: '/oauth/userinfo',
  endSession: '/oauth/logout',
} as const

export function capabilitiesOf(given: {
  issuer: string
  detailsTypes?: readonly { type: string }[]
  resources: readonly [Resource, ...Resource[]]
  requirePar?: boolean
  grantTypes: readonly ClientGrantType[]
}): Capabilities {
  const { issuer, resources, grantTypes } = given
  const scopes = new Set(resources.flatMap((resource) => Object.keys(resource.scopes)))
  return {
    issuer,
    resources,
    endpoints: {
      authorization: issuer + paths.authorization,
      token: issuer + paths.token,
      revocation: issuer + paths.revocation,
      introspection: issuer + paths.introspection,
      par: issuer + paths.par,
      deviceAuthorization: grantTypes.includes('urn:ietf:params:oauth:grant-type:device_code')
        ? issuer + paths.deviceAuthorization
        : null,
      jwks: issuer + paths.jwks,
      userinfo: issuer + paths.userinfo,
      endSession: issuer + paths.endSession,
      registration: issuer + paths.registration,
    },
    grantTypes,
    // A14: `none` lets Claude choose metadata documents; `client_secret_post` is what it sends static secrets with.
    authMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    assertionAlgorithms,
    requirePar: given.requirePar ?? false,
    scopes: [...scopes, ...Object.keys(identityScopes), 'offline_access'],
    signingAlgorithms: ['ES256'],
    detailsTypes: (given.detailsTypes ?? []).map(({ type }) => type),
  }
}

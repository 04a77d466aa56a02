import type { Resource } from '../ports.ts'
import type { Capabilities } from './capabilities.ts'

type Document = Record<string, unknown>

/** RFC 8414 §2. */
export function authorizationServerMetadata(can: Capabilities): Document {
  const { endpoints } = can
  return {
    issuer: can.issuer,
    authorization_endpoint: endpoints.authorization,
    token_endpoint: endpoints.token,
    jwks_uri: endpoints.jwks,
    ...(endpoints.registration === null ? {} : { registration_endpoint: endpoints.registration }),
    revocation_endpoint: endpoints.revocation,
    ...(endpoints.deviceAuthorization === null
      ? {}
      : { device_authorization_endpoint: endpoints.deviceAuthorization }),
    introspection_endpoint: endpoints.introspection,
    // RFC 7662 §2.1: only those who authenticate may ask.
    introspection_endpoint_auth_methods_supported: can.authMethods.filter((method) => method !== 'none'),
    introspection_endpoint_auth_signing_alg_values_supported: can.assertionAlgorithms,
    scopes_supported: can.scopes,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: can.grantTypes,
    token_endpoint_auth_methods_supported: can.authMethods,
    token_endpoint_auth_signing_alg_values_supported: can.assertionAlgorithms,
    revocation_endpoint_auth_methods_supported: can.authMethods,
    revocation_endpoint_auth_signing_alg_values_supported: can.assertionAlgorithms,
    // MCP "Authorization Code Protection": clients refuse to go on without it. Never `plain`.
    code_challenge_methods_supported: ['S256'],
    // RFC 9207 §3: sent with every authorization response, errors included.
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
    // RFC 9728 §4.
    protected_resources: can.resources.map(({ id }) => id),
  }
}

/**
 * OpenID Connect Discovery §3, for clients that only look here. The two members more are required there; ID tokens
 * and userinfo are not offered yet, so neither `openid` nor their endpoints are named.
 */
export function openidConfiguration(can: Capabilities): Document {
  return {
    ...authorizationServerMetadata(can),
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: can.signingAlgorithms,
  }
}

/** RFC 9728 §2. Clients without a challenge ask for every scope named here, so only the default ones are. */
export function protectedResourceMetadata(can: Capabilities, resource: Resource): Document {
  return {
    resource: resource.id,
    authorization_servers: [can.issuer],
    scopes_supported: resource.defaultScopes,
    bearer_methods_supported: ['header'],
    resource_name: resource.name,
  }
}

import { proofAlgorithms } from '#foundation'
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
    // A22: assertions of one kind are taken, and only once somebody may make them.
    ...(can.grantTypes.includes('urn:ietf:params:oauth:grant-type:jwt-bearer') && {
      authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'],
    }),
    token_endpoint_auth_methods_supported: can.authMethods,
    token_endpoint_auth_signing_alg_values_supported: can.assertionAlgorithms,
    revocation_endpoint_auth_methods_supported: can.authMethods,
    revocation_endpoint_auth_signing_alg_values_supported: can.assertionAlgorithms,
    // MCP "Authorization Code Protection": clients refuse to go on without it. Never `plain`.
    code_challenge_methods_supported: ['S256'],
    // RFC 9126 §5.
    pushed_authorization_request_endpoint: endpoints.par,
    ...(can.requirePar ? { require_pushed_authorization_requests: true } : {}),
    // RFC 9449 §5.1.
    dpop_signing_alg_values_supported: proofAlgorithms,
    // RFC 9207 §3: sent with every authorization response, errors included.
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
    ...detailsTypesOf(can),
    // RFC 9728 §4.
    protected_resources: can.resources.map(({ id }) => id),
  }
}

/** OpenID Connect Discovery §3, RP-Initiated Logout §2.1. */
export function openidConfiguration(can: Capabilities): Document {
  return {
    ...authorizationServerMetadata(can),
    userinfo_endpoint: can.endpoints.userinfo,
    end_session_endpoint: can.endpoints.endSession,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: can.signingAlgorithms,
    claim_types_supported: ['normal'],
    claims_supported: [
      'iss',
      'sub',
      'aud',
      'exp',
      'iat',
      'auth_time',
      'nonce',
      'amr',
      'at_hash',
      'name',
      'email',
      'email_verified',
    ],
    // Initiating User Registration via OpenID Connect 1.0 §4.
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    claims_parameter_supported: false,
    // §3: request_uri counts as supported unless it is denied.
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  }
}

/** RFC 9728 §2. Clients without a challenge ask for every scope named here, so only the default ones are. */
export function protectedResourceMetadata(can: Capabilities, resource: Resource): Document {
  return {
    resource: resource.id,
    authorization_servers: [can.issuer],
    scopes_supported: resource.defaultScopes,
    bearer_methods_supported: ['header'],
    // RFC 9728 §2.
    dpop_signing_alg_values_supported: proofAlgorithms,
    resource_name: resource.name,
    ...detailsTypesOf(can),
  }
}

/** RFC 9396 §10; RFC 9728 §2. */
function detailsTypesOf({ detailsTypes }: Capabilities): Document {
  return detailsTypes.length > 0 ? { authorization_details_types_supported: detailsTypes } : {}
}

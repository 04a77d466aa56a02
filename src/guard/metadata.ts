import { proofAlgorithms } from '#foundation'
import { refusal } from './challenge.ts'

export type ProtectedResource = {
  /** The URL people type into their client, path included, without a trailing slash (RFC 9728 §3.3). */
  resource: string
  /** Issuers, byte for byte. Clients use the first. */
  authorizationServers: readonly [string, ...string[]]
  /** The least that makes the resource useful: clients without a challenge ask for all of it. */
  scopes: readonly string[]
  name?: string
  documentation?: string
}

/** The protected resource metadata document (RFC 9728 §2). */
export function protectedResourceMetadata(of: ProtectedResource): Record<string, unknown> {
  // MCP 2026-07-28, "Refresh Tokens": offline_access is the authorization server's business.
  if (of.scopes.includes('offline_access')) throw new TypeError('offline_access is not a resource scope')
  const url = new URL(of.resource)
  if (url.hash || url.search || (of.resource.endsWith('/') && url.pathname !== '/')) {
    throw new TypeError(
      `Not a resource identifier without query, fragment and trailing slash: ${of.resource}`,
    )
  }
  return {
    resource: of.resource,
    authorization_servers: [...of.authorizationServers],
    ...(of.scopes.length > 0 ? { scopes_supported: [...of.scopes] } : {}),
    bearer_methods_supported: ['header'],
    // RFC 9728 §2.
    dpop_signing_alg_values_supported: [...proofAlgorithms],
    ...(of.name === undefined ? {} : { resource_name: of.name }),
    ...(of.documentation === undefined ? {} : { resource_documentation: of.documentation }),
  }
}

const wellKnown = '/.well-known/oauth-protected-resource'

/** Where the document of a resource is (RFC 9728 §3.1): the well-known path goes before the resource's own. */
export function metadataUrl(resource: string): string {
  const { origin, pathname } = new URL(resource)
  return `${origin}${wellKnown}${pathname === '/' ? '' : pathname}`
}

/**
 * Serves the document at the resource's well-known path and at the root, which some clients probe
 * instead. Public, readable from any origin, never behind the guard (RFC 9728 §3.2).
 * Resolves to null for every other path.
 */
export function metadataResponse(request: Request, of: ProtectedResource): Response | null {
  const { pathname } = new URL(request.url)
  if (pathname !== wellKnown && pathname !== new URL(metadataUrl(of.resource)).pathname) return null
  const open = { 'Access-Control-Allow-Origin': '*' }
  if (request.method === 'OPTIONS') {
    const headers = { ...open, 'Access-Control-Allow-Headers': 'MCP-Protocol-Version' }
    return new Response(null, { status: 204, headers })
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refusal(405, 'method_not_allowed', 'Use GET', { ...open, Allow: 'GET, HEAD, OPTIONS' })
  }
  const headers = { ...open, 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=300' }
  const body = request.method === 'HEAD' ? null : JSON.stringify(protectedResourceMetadata(of))
  return new Response(body, { headers })
}

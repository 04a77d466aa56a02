import type { Resources } from '../authorize/choose-resource.ts'
import type { Endpoint } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import type { Capabilities } from './capabilities.ts'
import { authorizationServerMetadata, openidConfiguration, protectedResourceMetadata } from './documents.ts'

const resourcePath = '/.well-known/oauth-protected-resource'

/**
 * Everything under `/.well-known/`. Unknown paths are a JSON 404, which clients take as "try the next place" (A7).
 *
 * `/.well-known/oauth-authorization-server/mcp` is one of them: it would describe the issuer `<origin>/mcp`
 * (RFC 8414 §3.1), which doesn't exist, and a client that found our document there must refuse it, because its
 * `issuer` is another (§3.3). Clients that probe it go on to the root, where the document is.
 */
export function createDiscoveryEndpoint(
  capabilities: (resources: Resources) => Capabilities,
  /** Upstreams come and go while we run; the array is the same as long as they don't. */
  resources: () => Resources,
  /** The client policy may be edited while we run. */
  takesRegistrations: () => Promise<boolean>,
): Endpoint {
  const describe = (of: Resources) => {
    const can = capabilities(of)
    const closed = { ...can, endpoints: { ...can.endpoints, registration: null } }
    return { of, open: bodiesOf(can), closed: bodiesOf(closed) }
  }
  let described = describe(resources())

  return async (request) => {
    const now = resources()
    if (described.of !== now) described = describe(now)
    const bodies = (await takesRegistrations()) ? described.open : described.closed
    const body = bodies.get(new URL(request.url).pathname)
    if (body === undefined) throw new OAuthError('not_found', 'Nothing is described here')
    // Five minutes, so that a switched capability is soon known (A27).
    return new Response(body, {
      headers: { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=300' },
    })
  }
}

function bodiesOf(can: Capabilities): Map<string, string> {
  const documents = new Map<string, Record<string, unknown>>([
    ['/.well-known/oauth-authorization-server', authorizationServerMetadata(can)],
    ['/.well-known/openid-configuration', openidConfiguration(can)],
    // RFC 9728 §3.1 puts it before the path; some clients only look at the root, where the default resource is.
    [resourcePath, protectedResourceMetadata(can, can.resources[0])],
  ])
  for (const resource of can.resources) {
    const { origin, pathname } = new URL(resource.id)
    // A resource elsewhere describes itself (RFC 9728 §3): here its path means another one.
    if (origin === can.issuer && pathname !== '/')
      documents.set(resourcePath + pathname, protectedResourceMetadata(can, resource))
  }
  return new Map([...documents].map(([path, document]) => [path, JSON.stringify(document)]))
}

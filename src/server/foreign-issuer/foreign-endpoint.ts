import type { ForeignIssuer } from '#foundation'
import { metadataResponse, metadataUrl } from '#guard'
import type { Resource } from '#oauth'
import type { ForeignScopes } from './foreign-scopes.ts'

const ours = /^\/(oauth|\.well-known)(\/|$)|^\/(authorize|token|register)$/

/**
 * What stands where our authorization server would: resources that name the other one (RFC 9728 §2), and nothing else.
 * None of our endpoints answers, so none is advertised.
 */
export function createForeignEndpoint(deps: {
  of: ForeignIssuer
  scopes: ForeignScopes
  resources: () => readonly [Resource, ...Resource[]]
}): (request: Request) => Promise<Response | null> {
  const { of, scopes, resources } = deps
  return async (request) => {
    const { pathname } = new URL(request.url)
    if (!ours.test(pathname)) return null
    const all = resources().filter(({ elsewhere }) => !elsewhere)
    const named = all.find(({ id }) => new URL(metadataUrl(id)).pathname === pathname) ?? all[0]
    const document =
      named &&
      metadataResponse(request, {
        resource: named.id,
        authorizationServers: [of.issuer],
        scopes: scopes.named(named.defaultScopes),
        name: named.name,
      })
    if (document) return document
    const message = `Tandem’s own authorization server is off here. Apps sign in at ${of.issuer}`
    return Response.json(
      { error: 'not_found', error_description: message },
      { status: 404, headers: { 'Cache-Control': 'no-store', 'Access-Control-Allow-Origin': '*' } },
    )
  }
}

import type { Audit } from '#audit'
import { addressKey, memoryRateLimiter } from '#foundation'
import type { AddressList, CameFrom, Clock } from '#foundation'
import { refuseCaller } from '#guard'

/** Refuses programs from elsewhere than the install's list says; null lets the request pass. */
export type AddressGate = (request: Request, path: string, from: CameFrom) => Promise<Response | null>

/**
 * Stands before everything that programs use: resources, token endpoint, registration, discovery. People in browsers
 * keep their ways: the web app with its sessions, and the pages of an authorization request. Nobody is exempt, not
 * even this computer, which is where everybody comes from behind a proxy that nobody listed.
 */
export function createAddressGate(deps: {
  list: AddressList | null
  audit: Pick<Audit, 'note'>
  clock: Clock
}): AddressGate {
  const { list, audit, clock } = deps
  const news = memoryRateLimiter(clock)
  return async (request, path, from) => {
    if (!list) return null
    // As it came and as a parser of URLs reads it: `/x/../oauth/token` is the token endpoint to some.
    const paths = [path, new URL(request.url).pathname]
    if (!paths.some((one) => isForPrograms(request, one))) return null
    const refused = refuseCaller(from, { whose: 'server', list })
    if (!refused) return null
    if ((await news.take(addressKey(from.ip), { limit: 30, window: 60 })).allowed) audit.note(refused.entry)
    return Response.json(
      { error: 'forbidden', error_description: refused.words, message: refused.words },
      { status: 403, headers: { 'Cache-Control': 'no-store' } },
    )
  }
}

const browsersOwn = new Set(['/authorize', '/oauth/authorize', '/oauth/logout'])

function isForPrograms(request: Request, path: string): boolean {
  // A session is no way around it for a token: with both, the token decides.
  if (path === '/api' || path.startsWith('/api/')) return request.headers.has('authorization')
  if (browsersOwn.has(path)) return false
  return /^\/(mcp|oauth|\.well-known)(\/|$)|^\/(token|register)$/.test(path)
}

/** What a request presented in the place where a bearer token belongs. */
export type Presented =
  | { kind: 'none' }
  | { kind: 'malformed'; why: string }
  | { kind: 'token'; token: string }

// RFC 6750 §2.1: b64token.
const b64token = /^[A-Za-z0-9\-._~+/]+=*$/
const longestToken = 8192

/**
 * Reads the bearer token of a request: from the `Authorization` header and nowhere else.
 * A token in the query or in a cookie is not a token (OAuth 2.1 §5.1.1; MCP 2026-07-28 "Token Requirements").
 */
export function readBearer(request: Request): Presented {
  const header = request.headers.get('authorization')
  if (header === null) return { kind: 'none' }
  if (header.slice(0, 6).toLowerCase() !== 'bearer') {
    // Two Authorization lines reach us joined by a comma (RFC 9110 §5.3).
    if (/,\s*bearer\b/i.test(header)) return malformed('More than one way of authentication was used')
    // RFC 6750 §3.1: an unsupported method counts as no authentication information.
    return { kind: 'none' }
  }
  const token = header.slice(6).trim()
  if (token === '') return malformed('The Authorization header names no token')
  if (header[6] !== ' ' || !b64token.test(token)) {
    return malformed('The Authorization header must be "Bearer", one space and one token')
  }
  if (token.length > longestToken) return malformed('The token is longer than any this server accepts')
  // RFC 6750 §2: clients must not use more than one method in one request.
  if (hasQueryToken(request.url)) return malformed('The token was sent in the query too')
  return { kind: 'token', token }
}

function malformed(why: string): Presented {
  return { kind: 'malformed', why }
}

function hasQueryToken(url: string): boolean {
  return url.includes('access_token') && new URL(url).searchParams.has('access_token')
}

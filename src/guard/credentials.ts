/** What a request presented in the place where an access token belongs. */
export type Presented =
  | { kind: 'none' }
  | { kind: 'malformed'; why: string }
  | { kind: 'token'; scheme: Scheme; token: string }

/** How the token was presented: by itself (RFC 6750), or with a proof of the key it is bound to (RFC 9449 §7.1). */
export type Scheme = 'Bearer' | 'DPoP'

// RFC 6750 §2.1: b64token. RFC 9449 §7.1: token68, which is the same.
const token68 = /^[A-Za-z0-9\-._~+/]+=*$/
const longestToken = 8192

/**
 * Reads the access token of a request: from the `Authorization` header and nowhere else.
 * A token in the query or in a cookie is not a token (OAuth 2.1 §5.1.1; MCP 2026-07-28 "Token Requirements").
 */
export function readCredentials(request: Request): Presented {
  const header = request.headers.get('authorization')
  if (header === null) return { kind: 'none' }
  const scheme = schemeOf(request)
  if (scheme === undefined) {
    // Two Authorization lines reach us joined by a comma (RFC 9110 §5.3).
    if (/,\s*(bearer|dpop)\b/i.test(header)) return malformed('More than one way of authentication was used')
    // RFC 6750 §3.1: an unsupported method counts as no authentication information.
    return { kind: 'none' }
  }
  const rest = header.slice(scheme.length)
  const token = rest.trim()
  if (token === '') return malformed('The Authorization header names no token')
  if (!rest.startsWith(' ') || !token68.test(token)) {
    return malformed(`The Authorization header must be "${scheme}", one space and one token`)
  }
  if (token.length > longestToken) return malformed('The token is longer than any this server accepts')
  // RFC 6750 §2: clients must not use more than one method in one request.
  if (hasQueryToken(request.url)) return malformed('The token was sent in the query too')
  return { kind: 'token', scheme, token }
}

/** The scheme a request tries to authenticate with, when it is one for access tokens. */
export function schemeOf(request: Request): Scheme | undefined {
  const header = request.headers.get('authorization') ?? ''
  const tried = /^(bearer|dpop)/i.exec(header)?.[1]?.toLowerCase()
  if (tried === undefined) return undefined
  return tried === 'dpop' ? 'DPoP' : 'Bearer'
}

function malformed(why: string): Presented {
  return { kind: 'malformed', why }
}

function hasQueryToken(url: string): boolean {
  return url.includes('access_token') && new URL(url).searchParams.has('access_token')
}

import { hash } from 'node:crypto'
import { epochSeconds } from '../clock.ts'

/** Signatures a proof may have: asymmetric ones alone (RFC 9449 §11.6). */
export const proofAlgorithms = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const

/** Seconds by which a proof's `iat` may differ from our clock, either way (MCP SEP-1932: five minutes). */
export const proofWindow = 300

/** A proof that is good by itself. Whether it was used before, and whose nonce it has, its reader asks next. */
export type Proof = {
  /** Thumbprint of its key (RFC 7638, SHA-256): what `cnf.jkt` says. */
  jkt: string
  nonce: string | undefined
  /** Its name in a replay cache, and until when it could be used again. */
  once: { name: string; until: Date }
}

/** The request a proof must be made for. */
export type ProvedRequest = {
  method: string
  /** As the client names it. Query and fragment don't count (RFC 9449 §4.3). */
  url: string
  at: Date
  /** The access token it comes with (`ath`, RFC 9449 §4.3 (11)); absent at the token endpoint. */
  accessToken?: string
}

// A proof with an 8192-bit key is shorter; larger ones would cost us more than they cost their author.
const longest = 4096
const compact = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/** Checks the value of a `DPoP` header by RFC 9449 §4.3. A string says why it proves nothing. */
export async function readProof(header: string, request: ProvedRequest): Promise<Proof | string> {
  // §4.3 (1): not more than one. Two header lines reach us joined by a comma.
  if (header.includes(',')) return 'Send one DPoP header'
  if (header.length > longest || !compact.test(header)) return 'The DPoP header is not a signed JWT'
  // Loaded with the first proof: most installs never see one, and it takes 6 MB.
  const { EmbeddedJWK, calculateJwkThumbprint, errors, jwtVerify } = await import('jose')
  let payload: Record<string, unknown>
  let jkt: string
  try {
    // (2) to (7): three parts, typ, asymmetric alg, a jwk without private part, its signature.
    const verified = await jwtVerify(header, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: [...proofAlgorithms],
      requiredClaims: ['jti', 'htm', 'htu', 'iat'],
      currentDate: request.at,
    })
    payload = verified.payload
    // EmbeddedJWK has refused a header without one.
    jkt = await calculateJwkThumbprint(verified.protectedHeader.jwk ?? {})
  } catch (error) {
    // A key that the runtime can't import, or one shorter than RFC 7518 §3.3 asks, is a TypeError or a DOMException.
    if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) {
      return `The proof’s ${error.claim} is missing or wrong`
    }
    return 'The proof is not signed as dpop+jwt by the public key it names'
  }
  const { jti, htm, htu, iat, ath, nonce } = payload
  // (8), (9)
  if (htm !== request.method) return 'The proof is for another method (htm)'
  if (typeof htu !== 'string' || !sameTarget(htu, request.url))
    return 'The proof is for another address (htu)'
  // (11)
  const now = epochSeconds(request.at)
  if (typeof iat !== 'number' || Math.abs(now - iat) > proofWindow) {
    return 'The proof was not made just now (iat). Check the clock'
  }
  if (request.accessToken !== undefined && ath !== hash('sha256', request.accessToken, 'base64url')) {
    return 'The proof is for another access token (ath)'
  }
  if (typeof jti !== 'string' || jti === '' || jti.length > 512) return 'The proof’s jti is missing or wrong'
  if (nonce !== undefined && typeof nonce !== 'string') return 'The proof’s nonce is not a text'
  const until = new Date((Math.floor(iat) + 2 * proofWindow) * 1000)
  return { jkt, nonce, once: { name: `dpop ${jkt} ${jti}`, until } }
}

/** RFC 9449 §4.3: without query and fragment, after the normalization of RFC 3986 §6.2.2 and §6.2.3. */
function sameTarget(htu: string, url: string): boolean {
  const target = canonical(htu)
  return target !== undefined && target === canonical(url)
}

function canonical(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { origin, pathname, username, password } = new URL(text)
  if (username || password || origin === 'null') return undefined
  // WHATWG URL does scheme, host, default port and dot segments; §6.2.2.1 and §6.2.2.2 remain.
  return origin + pathname.replaceAll(/%[0-9a-f]{2}/gi, plainLetter)
}

function plainLetter(escaped: string): string {
  const letter = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
  return /[A-Za-z0-9._~-]/.test(letter) ? letter : escaped.toUpperCase()
}

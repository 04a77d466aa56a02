import { OAuthError } from '../errors.ts'
import type { Params } from '../router/read-params.ts'

/**
 * The key that the code will be bound to (RFC 9449 §10): an RFC 7638 thumbprint by SHA-256, 43 characters of base64url.
 * Undefined when the request names none.
 */
export function checkKey({ values }: Params): string | undefined {
  const jkt = values['dpop_jkt']
  if (jkt === undefined || /^[A-Za-z0-9_-]{43}$/.test(jkt)) return jkt
  throw new OAuthError(
    'invalid_request',
    'dpop_jkt must be a SHA-256 JWK thumbprint (43 characters of base64url)',
  )
}

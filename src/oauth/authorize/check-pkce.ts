import { OAuthError } from '../errors.ts'
import type { Params } from '../router/read-params.ts'

/** The challenge. Required of every client, S256 alone (OAuth 2.1 §4.1.1, §7.5.2; attacks P1, P2). */
export function checkPkce({ values }: Params): string {
  const challenge = values['code_challenge']
  if (challenge === undefined) {
    throw new OAuthError(
      'invalid_request',
      'PKCE is required: send code_challenge with code_challenge_method=S256',
    )
  }
  // RFC 7636 §4.3: a missing method means plain, which OAuth 2.1 has no use for.
  if (values['code_challenge_method'] !== 'S256') {
    throw new OAuthError('invalid_request', 'code_challenge_method must be S256')
  }
  // RFC 7636 §4.2: SHA-256 in base64url without padding has 43 characters, neither more nor less.
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
    throw new OAuthError('invalid_request', 'code_challenge must be 43 characters of base64url (S256)')
  }
  return challenge
}

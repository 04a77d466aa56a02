import type { OAuthError } from '../errors.ts'

/**
 * The address to send the browser to: the redirect URI byte for byte, with the answer after it. `iss` is on every
 * one, success or error (RFC 9207 §2; A36), and `state` as it came (A43).
 */
export function answerLocation(
  to: { redirectUri: string; state: string | null },
  issuer: string,
  answer: { code: string } | OAuthError,
): string {
  const sent = new URLSearchParams(
    'description' in answer
      ? { error: answer.code, error_description: answer.description }
      : { code: answer.code },
  )
  if (to.state !== null) sent.set('state', to.state)
  sent.set('iss', issuer)
  return `${to.redirectUri}${to.redirectUri.includes('?') ? '&' : '?'}${sent}`
}

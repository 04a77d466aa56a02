import { proofAlgorithms } from '#foundation'
import type { Scheme } from './credentials.ts'

/** The error codes a protected resource may answer with (RFC 6750 §3.1; RFC 9449 §7.1, §9). */
export type ChallengeError =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  // RFC 9449 §7.1, §9.
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'

export type Challenge = {
  /** How the token was presented, or should be: `DPoP` for tokens bound to a key. */
  scheme?: Scheme | undefined
  realm?: string | undefined
  /** Absent when no credentials were sent (RFC 6750 §3.1). */
  error?: ChallengeError | undefined
  description?: string | undefined
  scopes?: readonly string[]
  /** Absolute URL of the protected resource metadata (RFC 9728 §5.1). */
  resourceMetadata: string
}

/**
 * The value of `WWW-Authenticate`: one scheme, since the SDK's clients parse the first only. It always tells where the
 * metadata is (RFC 9728 §5.1), which lists the algorithms of proofs too.
 */
export function challengeHeader(challenge: Challenge): string {
  const { scheme = 'Bearer' } = challenge
  const parameters: [string, string | undefined][] = [
    ['realm', challenge.realm],
    ['error', challenge.error],
    ['error_description', challenge.description],
    ['scope', challenge.scopes?.length ? challenge.scopes.join(' ') : undefined],
    ['resource_metadata', challenge.resourceMetadata],
    // RFC 9449 §7.1.
    ['algs', scheme === 'DPoP' ? proofAlgorithms.join(' ') : undefined],
  ]
  return `${scheme} ${parameters
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${quotable(value)}"`]))
    .join(', ')}`
}

// RFC 6750 §3: error_description holds %x20-21 / %x23-5B / %x5D-7E; we keep every parameter to that set.
function quotable(value: string): string {
  return value
    .replaceAll('"', "'")
    .replaceAll('\\', '/')
    .replaceAll(/[^\x20-\x7e]/g, ' ')
}

const statuses = {
  unauthorized: 401,
  invalid_request: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  invalid_dpop_proof: 401,
  use_dpop_nonce: 401,
} as const satisfies Record<ChallengeError | 'unauthorized', number>

/** The answer to a request that may not pass: 401, 400 or 403 with its challenge, never stored by a cache. */
export function challengeResponse(challenge: Challenge): Response {
  const error = challenge.error ?? 'unauthorized'
  return refusal(statuses[error], error, challenge.description ?? 'This address needs an access token', {
    'WWW-Authenticate': challengeHeader(challenge),
  })
}

/** A refusal as JSON. */
export function refusal(
  status: number,
  error: string,
  description: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json(
    { error, error_description: description },
    { status, headers: { 'Cache-Control': 'no-store', ...headers } },
  )
}

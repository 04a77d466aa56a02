import { hash } from 'node:crypto'
import { z } from 'zod'
import type { GrantId } from '#foundation'
import { readJwt, signJwt } from '../keys/sign-jwt.ts'
import type { SigningKey, SigningKeys } from '../keys/signing-keys.ts'

/** Seconds an access token lives (design §4; RFC 9068 §2.2 `exp`). */
export const accessTokenLife = 600

/** Clients that the token was exchanged by, the newest outermost. */
export type ActClaim = { sub: string; act?: ActClaim | undefined }
const actClaim: z.ZodType<ActClaim> = z.object({ sub: z.string(), act: z.lazy(() => actClaim).optional() })

const claims = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.string(),
  client_id: z.string(),
  grant_id: z.custom<GrantId>((value) => typeof value === 'string' && value.startsWith('grt_')),
  scope: z.string(),
  jti: z.string(),
  iat: z.int(),
  nbf: z.int().optional(),
  exp: z.int(),
  /** RFC 9449 §6.1. */
  cnf: z.object({ jkt: z.string() }).optional(),
  /** RFC 9396 §9.1. */
  authorization_details: z.array(z.looseObject({ type: z.string() })).optional(),
  /** RFC 8693 §4.1: who acts for the subject now, and behind it who did before. */
  act: z.custom<ActClaim>((value) => actClaim.safeParse(value).success).optional(),
})
/** RFC 9068 §2.2, and the grant the token descends from. */
export type AccessTokenClaims = z.infer<typeof claims>

/** A JWS of type `at+jwt` (RFC 9068 §2.1), so that no other token of ours passes for it (RFC 8725 §3.11). */
export function signAccessToken(key: SigningKey, content: AccessTokenClaims): string {
  return signJwt(key, 'at+jwt', content)
}

/**
 * The content of a token that one of our keys signed, or undefined. Says nothing about issuer, audience, time or
 * grant: {@link createVerifier} does.
 */
export async function readAccessToken(
  keys: SigningKeys,
  token: string,
): Promise<AccessTokenClaims | undefined> {
  const content = claims.safeParse(await readJwt(keys, 'at+jwt', token))
  return content.success ? content.data : undefined
}

/** The name under which a verified token is cached: its content can't be had back from it. */
export function tokenHash(token: string): string {
  return hash('sha256', token, 'base64url')
}

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { isId } from '#foundation'
import type { MemberId } from '#foundation'
import { readJwt, signJwt } from '../keys/sign-jwt.ts'
import type { SigningKey, SigningKeys } from '../keys/signing-keys.ts'

/** Seconds an ID token lives: it tells of one sign-in and opens nothing. */
const idTokenLife = 60 * 60

/** What is remembered of the sign-in behind a grant, for its ID tokens (OIDC Core §2, §12.2). */
export type SignInFacts = {
  /** Seconds since the epoch. */
  authTime: number
  /** RFC 8176, where known. */
  amr?: readonly string[]
  /** Of the authorization request; for the first ID token alone. */
  nonce?: string
}

type Told = {
  issuer: string
  subject: string
  clientId: string
  facts: SignInFacts | undefined
  accessToken: string
  /** Seconds since the epoch. */
  now: number
}

/**
 * OIDC Core §2. Names and addresses stay at userinfo (§5.4): this token travels through logs and browsers. Its type is
 * JWT where access tokens say at+jwt, so that neither passes for the other (A160; RFC 8725 §3.11).
 */
export function signIdToken(
  key: SigningKey,
  { issuer, subject, clientId, facts, accessToken, now }: Told,
): string {
  return signJwt(key, 'JWT', {
    iss: issuer,
    sub: subject,
    aud: clientId,
    iat: now,
    exp: now + idTokenLife,
    ...(facts && { auth_time: facts.authTime }),
    ...(facts?.amr && facts.amr.length > 0 && { amr: facts.amr }),
    ...(facts?.nonce !== undefined && { nonce: facts.nonce }),
    at_hash: halfHash(accessToken),
  })
}

/** OIDC Core §3.1.3.6: the left half of the hash that the signature algorithm uses. */
function halfHash(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')
}

const claims = z.object({
  iss: z.string(),
  sub: z.custom<MemberId>((value) => isId('mem', value)),
  aud: z.string(),
})

/**
 * An ID token of ours that comes back as a hint: whom it was about, and for which client. Expired ones count too
 * (RP-Initiated Logout §2). Undefined for anything else.
 */
export async function readIdTokenHint(
  keys: SigningKeys,
  issuer: string,
  token: string,
): Promise<{ subject: MemberId; clientId: string } | undefined> {
  const content = claims.safeParse(await readJwt(keys, 'JWT', token))
  if (!content.success || content.data.iss !== issuer) return undefined
  return { subject: content.data.sub, clientId: content.data.aud }
}

import { hash, sign, verify } from 'node:crypto'
import { z } from 'zod'
import type { GrantId } from '#foundation'
import type { SigningKey, SigningKeys } from '../keys/signing-keys.ts'

/** Seconds an access token lives (design §4; RFC 9068 §2.2 `exp`). */
export const accessTokenLife = 600
const longestToken = 8192

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
})
/** RFC 9068 §2.2, and the grant the token descends from. */
export type AccessTokenClaims = z.infer<typeof claims>

const header = z.object({ alg: z.literal('ES256'), typ: z.literal('at+jwt'), kid: z.string().max(64) })

/** A JWS of type `at+jwt` (RFC 9068 §2.1), so that no other token of ours passes for it (RFC 8725 §3.11). */
export function signAccessToken(key: SigningKey, content: AccessTokenClaims): string {
  const head = { alg: 'ES256', typ: 'at+jwt', kid: key.kid } satisfies z.infer<typeof header>
  const input = `${encode(head)}.${encode(content)}`
  // RFC 7518 §3.4: the signature is r and s side by side, not DER.
  const signature = sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

/**
 * The content of a token that one of our keys signed, or undefined. Says nothing about issuer, audience, time or
 * grant: {@link createVerifier} does.
 */
export async function readAccessToken(
  keys: SigningKeys,
  token: string,
): Promise<AccessTokenClaims | undefined> {
  if (token.length > longestToken) return undefined
  const [head, body, signature, ...more] = token.split('.')
  if (head === undefined || body === undefined || !signature || more.length > 0) return undefined
  // Only our own algorithm and type, whatever the token claims about itself (RFC 8725 §3.1; attacks G2).
  const read = header.safeParse(decode(head))
  if (!read.success || hasCritical(decode(head))) return undefined
  const key = await keys.find(read.data.kid)
  if (!key) return undefined
  const bytes = Buffer.from(signature, 'base64url')
  if (bytes.length !== 64) return undefined
  const good = verify(
    'sha256',
    Buffer.from(`${head}.${body}`),
    { key: key.publicKey, dsaEncoding: 'ieee-p1363' },
    bytes,
  )
  if (!good) return undefined
  const content = claims.safeParse(decode(body))
  return content.success ? content.data : undefined
}

/** The name under which a verified token is cached: its content can't be had back from it. */
export function tokenHash(token: string): string {
  return hash('sha256', token, 'base64url')
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

/** RFC 7515 §4.1.11: an extension we don't know must not be ignored. */
function hasCritical(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'crit' in value
}

import { sign, verify } from 'node:crypto'
import { z } from 'zod'
import type { SigningKey, SigningKeys } from './signing-keys.ts'

/** What a token of ours is (RFC 8725 §3.11): one type never passes for another. */
export type JwtType = 'at+jwt' | 'JWT'

const longestToken = 8192
const header = z.object({ alg: z.literal('ES256'), typ: z.enum(['at+jwt', 'JWT']), kid: z.string().max(64) })

/** A compact JWS (RFC 7515 §3.1), ES256. */
export function signJwt(key: SigningKey, typ: JwtType, content: unknown): string {
  const head = { alg: 'ES256', typ, kid: key.kid } satisfies z.infer<typeof header>
  const input = `${encode(head)}.${encode(content)}`
  // RFC 7518 §3.4: the signature is r and s side by side, not DER.
  const signature = sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

/** The content of a token of this type that one of our keys signed, or undefined. Says nothing about what it claims. */
export async function readJwt(keys: SigningKeys, typ: JwtType, token: string): Promise<unknown> {
  if (token.length > longestToken) return undefined
  const [head, body, signature, ...more] = token.split('.')
  if (head === undefined || body === undefined || !signature || more.length > 0) return undefined
  // Only our own algorithm and type, whatever the token claims about itself (RFC 8725 §3.1; attacks G2).
  const read = header.safeParse(decode(head))
  if (!read.success || read.data.typ !== typ || hasCritical(decode(head))) return undefined
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
  return good ? decode(body) : undefined
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

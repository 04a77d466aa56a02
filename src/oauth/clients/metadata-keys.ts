import { createPublicKey } from 'node:crypto'
import type { JWK } from 'jose'
import { z } from 'zod'
import { OAuthError } from '../errors.ts'
import type { ClientKeys } from './client.ts'
import { withoutUndefined } from './metadata-about.ts'

// RFC 7518 §6: members of a JWK that only its owner may know.
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const text = z.string().max(4000)
// What a verifier needs (RFC 7517 §4). Certificates and addresses of keys aren't: nothing here would follow them.
const shape = z.object({
  kty: text,
  crv: text.optional(),
  x: text.optional(),
  y: text.optional(),
  n: text.optional(),
  e: text.optional(),
  kid: text.optional(),
  use: text.optional(),
  key_ops: z.array(text).max(10).optional(),
  alg: text.optional(),
})
const understood = ['EC', 'RSA', 'OKP']
const leastRsaBits = 2048

/**
 * The keys a client signs with (RFC 7591 §2): given, or the https address they will be fetched from. Public and
 * asymmetric alone (attacks S6). Nothing is fetched here. Throws invalid_client_metadata.
 */
export function readClientKeys(
  jwks: { keys: Record<string, unknown>[] } | undefined,
  uri: string | undefined,
): ClientKeys | null {
  // RFC 7591 §2: jwks and jwks_uri MUST NOT both be present.
  if (jwks && uri !== undefined) throw refuse('Give jwks or jwks_uri, not both')
  if (uri !== undefined) return { uri: readKeysUri(uri) }
  if (!jwks) return null
  const keys = jwks.keys.flatMap((key) => readKey(key) ?? [])
  return keys.length > 0 ? { jwks: { keys } } : null
}

function readKeysUri(uri: string): string {
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  if (url?.protocol !== 'https:' || url.username || url.password || url.hash) {
    throw refuse('jwks_uri is an https address without user or fragment')
  }
  return url.href
}

/** RFC 7517 §5: keys of a type we don't understand are left out; keys that give something away are refused. */
function readKey(key: Record<string, unknown>): JWK | undefined {
  if (key['kty'] === 'oct' || privateMembers.some((member) => member in key)) {
    throw refuse('jwks holds a private or symmetric key')
  }
  const alg = key['alg']
  if (typeof alg === 'string' && /^(none|HS\d+)$/i.test(alg)) throw refuse(`jwks holds a key for ${alg}`)
  if (typeof key['kty'] !== 'string' || !understood.includes(key['kty'])) return undefined
  const set = Object.fromEntries(Object.entries(key).filter(([, value]) => value !== null))
  const read = shape.safeParse(set)
  if (!read.success) throw refuse('jwks holds a key whose members are not text')
  const jwk: JWK = withoutUndefined(read.data)
  checkKey(jwk)
  return jwk
}

function checkKey(jwk: JWK): void {
  let bits: number | undefined
  try {
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
    if (key.asymmetricKeyType === 'rsa') bits = key.asymmetricKeyDetails?.modulusLength
  } catch {
    throw refuse('jwks holds something that is no public key')
  }
  // RFC 7518 §3.3: 2048 bits or more.
  if (bits !== undefined && bits < leastRsaBits) throw refuse(`RSA keys have ${leastRsaBits} bits or more`)
}

function refuse(why: string): OAuthError {
  return new OAuthError('invalid_client_metadata', why)
}

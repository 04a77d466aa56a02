import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/** A bearer secret: 256 random bits behind a prefix that names its kind (`tnd_rt_…`). Secret scanners can match it. */
export function newSecret(kind: string): string {
  return `tnd_${kind}_${randomBytes(32).toString('base64url')}`
}

/** SHA-256, base64url. Enough for secrets of 256 random bits; passwords go through identity. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret, 'base64url')
}

/** Compares without telling by its time where two strings differ. */
export function sameSecret(a: string, b: string): boolean {
  const left = createHash('sha256').update(a).digest()
  const right = createHash('sha256').update(b).digest()
  return timingSafeEqual(left, right)
}

/** A 32-byte key for one purpose, derived from the install's secret or another (HKDF-SHA-256, RFC 5869). */
export function deriveKey(secret: string | Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'tandem', purpose, 32))
}

/** AES-256-GCM with a random nonce. `bound` is authenticated, not stored: opening needs the same value. */
export function seal(key: Uint8Array, plain: string, bound = ''): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(bound))
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')
}

/** Opens what {@link seal} closed. Throws when the key, the bound value or the text is not the same. */
export function unseal(key: Uint8Array, sealed: string, bound = ''): string {
  const bytes = Buffer.from(sealed, 'base64url')
  // A tag that was cut short would be easier to guess: GCM itself takes 4 bytes.
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
    .setAuthTag(bytes.subarray(12, 28))
    .setAAD(Buffer.from(bound))
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
}

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  scryptSync,
} from 'node:crypto'
import { SetupError, deriveKey, sameSecret } from '#foundation'
import { z } from 'zod'
import { damaged } from './frames.ts'

/** What a backup is opened with: the install's own secret, or a passphrase, in which case the secret is in it. */
export type Opener = { kind: 'install'; secret: string } | { kind: 'passphrase'; passphrase: string }

export const keyNote = z.strictObject({
  kind: z.enum(['install', 'passphrase']),
  salt: z.string().min(22).max(64),
  check: z.string().min(22).max(64),
})
export type KeyNote = z.infer<typeof keyNote>

/** OWASP, Password Storage Cheat Sheet: scrypt N=2^17, r=8, p=1. */
const scrypt = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 }
const partBytes = 256 * 1024
const tagBytes = 16

/** A key for one archive, and the note that lets its owner make it again. */
export function newKey(opener: Opener): { key: Buffer; note: KeyNote } {
  const salt = randomBytes(18).toString('base64url')
  const key = keyOf(opener, salt)
  return { key, note: { kind: opener.kind, salt, check: checkOf(key) } }
}

/** @throws SetupError — when it is another secret or passphrase. */
export function sameKey(opener: Opener, note: KeyNote): Buffer {
  const key = keyOf(opener, note.salt)
  if (sameSecret(checkOf(key), note.check)) return key
  throw new SetupError(
    note.kind === 'install'
      ? 'This backup was made by an install with another secret. Set TANDEM_SECRET to the one it had'
      : 'The passphrase is not the one that this backup was made with',
  )
}

function keyOf(opener: Opener, salt: string): Buffer {
  return opener.kind === 'install'
    ? deriveKey(opener.secret, `backup ${salt}`)
    : scryptSync(opener.passphrase.normalize('NFC'), salt, 32, scrypt)
}

function checkOf(key: Buffer): string {
  return createHmac('sha256', key).update('tandem backup').digest('base64url')
}

/** Each key seals one archive, so a counter is nonce enough; the last part says that it is the last. */
function nonceOf(part: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(part, 0, 6)
  nonce[11] = last ? 1 : 0
  return nonce
}

/** AES-256-GCM in parts, the head of the archive authenticated with each. */
export async function* sealParts(
  stream: AsyncIterable<Uint8Array>,
  key: Uint8Array,
  head: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const bound = createHash('sha256').update(head).digest()
  let part = 0
  const sealed = (bytes: Uint8Array, last: boolean): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(part++, last)).setAAD(bound)
    const body = Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(body.length)
    return Buffer.concat([length, body])
  }
  let kept = Buffer.alloc(0)
  for await (const bytes of stream) {
    kept = Buffer.concat([kept, bytes])
    while (kept.length > partBytes) {
      yield sealed(kept.subarray(0, partBytes), false)
      kept = kept.subarray(partBytes)
    }
  }
  yield sealed(kept, true)
}

/** @throws SetupError — for a part that was changed, moved or left out, and for bytes behind the last one. */
export async function* openParts(
  stream: AsyncIterable<Uint8Array>,
  key: Uint8Array,
  head: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const bound = createHash('sha256').update(head).digest()
  let kept = Buffer.alloc(0)
  let part = 0
  let ended = false
  const open = (bytes: Buffer): Buffer => {
    for (const last of [false, true]) {
      const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(part, last), { authTagLength: tagBytes })
        .setAAD(bound)
        .setAuthTag(bytes.subarray(bytes.length - tagBytes))
      const plain = decipher.update(bytes.subarray(0, bytes.length - tagBytes))
      try {
        decipher.final()
      } catch {
        continue
      }
      ended = last
      part++
      return plain
    }
    throw damaged()
  }
  for await (const bytes of stream) {
    kept = Buffer.concat([kept, bytes])
    while (kept.length >= 4) {
      const length = kept.readUInt32BE()
      if (ended || length < tagBytes || length > partBytes + tagBytes) throw damaged()
      if (kept.length < 4 + length) break
      yield open(kept.subarray(4, 4 + length))
      kept = kept.subarray(4 + length)
    }
  }
  if (!ended || kept.length > 0) throw damaged()
}

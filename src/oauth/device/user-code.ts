import { createHmac, randomInt } from 'node:crypto'
import { deriveKey } from '#foundation'

// RFC 8628 §6.1: consonants alone spell no words, and none is easily taken for another.
const letters = 'BCDFGHJKLMNPQRSTVWXZ'
const length = 8
const shape = new RegExp(`^[${letters}]{${length}}$`)

/** Eight of twenty letters: 34.5 bits. Enough for ten minutes and the guesses that {@link createDeviceEntry} allows. */
export function newUserCode(): string {
  return Array.from({ length }, () => letters.charAt(randomInt(letters.length))).join('')
}

/** The code in what somebody typed: any case, whatever stands between the letters (RFC 8628 §6.1). */
export function readUserCode(typed: string): string | undefined {
  const code = typed.replaceAll(/[^A-Za-z]/g, '').toUpperCase()
  return typed.length <= 50 && shape.test(code) ? code : undefined
}

/** As devices and pages show it. */
export function showUserCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`
}

/** How user codes are stored: keyed, since all of them can be tried against a plain hash within minutes. */
export function userCodeHash(secret: string): (code: string) => string {
  const key = deriveKey(secret, 'oauth device user codes')
  return (code) => createHmac('sha256', key).update(code).digest('base64url')
}

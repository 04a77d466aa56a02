import { randomFillSync } from 'node:crypto'

/** What an id names. The prefix travels with the id, so a refresh token can't pass as a code. */
export type IdPrefix =
  | 'mem' // member
  | 'ses' // session
  | 'inv' // invitation
  | 'psk' // passkey
  | 'cli' // client
  | 'iat' // initial access token
  | 'itx' // interaction
  | 'grt' // grant
  | 'key' // signing key
  | 'ups' // upstream
  | 'crd' // credential
  | 'obj' // object
  | 'fld' // field
  | 'rec' // record
  | 'chs' // change set
  | 'chg' // change
  | 'viw' // saved view
  | 'fil' // file
  | 'aud' // audit entry
  | 'evt' // outbox event
  | 'err' // error reported to somebody outside

declare const brand: unique symbol
export type Id<P extends IdPrefix> = `${P}_${string}` & { readonly [brand]: P }

export type MemberId = Id<'mem'>
export type SessionId = Id<'ses'>
export type GrantId = Id<'grt'>
export type RecordId = Id<'rec'>
export type ChangeSetId = Id<'chs'>

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

const pool = Buffer.alloc(4096)
let taken = pool.length

/** Five random bits as a letter. The system's generator is asked in bulk: a call each costs more than the rest of an id. */
function randomLetter(): string {
  if (taken === pool.length) {
    randomFillSync(pool)
    taken = 0
  }
  return alphabet.charAt(pool.readUInt8(taken++) % 32)
}

/** A new id: 48 bits of time then 80 random bits, in Crockford base 32, so that ids sort by age. */
export function newId<P extends IdPrefix>(prefix: P): Id<P> {
  let text = ''
  for (let time = Date.now(), i = 0; i < 10; i++) {
    text = alphabet.charAt(time % 32) + text
    time = Math.floor(time / 32)
  }
  for (let i = 0; i < 16; i++) text += randomLetter()
  return `${prefix}_${text}` as Id<P>
}

/** True when `text` has the shape of an id of that kind. Says nothing about whether it exists. */
export function isId<P extends IdPrefix>(prefix: P, text: unknown): text is Id<P> {
  return (
    typeof text === 'string' &&
    text.startsWith(`${prefix}_`) &&
    /^[0-9a-hjkmnp-tv-z]{26}$/.test(text.slice(prefix.length + 1))
  )
}

import { randomBytes } from 'node:crypto'

/** What an id names. The prefix travels with the id, so a refresh token can't pass as a code. */
export type IdPrefix =
  | 'mem' // member
  | 'ses' // session
  | 'inv' // invitation
  | 'cli' // client
  | 'itx' // interaction
  | 'grt' // grant
  | 'key' // signing key
  | 'obj' // object
  | 'fld' // field
  | 'rec' // record
  | 'chs' // change set
  | 'chg' // change
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

/** A new id: 48 bits of time then 80 random bits, in Crockford base 32, so that ids sort by age. */
export function newId<P extends IdPrefix>(prefix: P): Id<P> {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(Date.now(), 0, 6)
  let value = BigInt('0x' + bytes.toString('hex'))
  let text = ''
  for (let i = 0; i < 26; i++) {
    text = alphabet[Number(value & 31n)] + text
    value >>= 5n
  }
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

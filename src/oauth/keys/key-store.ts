import type { JWK } from 'jose'
import type { AuditEntry } from '#audit'

export const keysChanged = 'signing_key.changed'

/** `next` is published before it signs, so that others' caches know it in time (A163). */
export type KeyState = 'current' | 'next' | 'retired'

export type StoredKey = { kid: string; state: KeyState; publicJwk: JWK; sealedPrivate: string }

/** What there is to know of a key but the key itself. */
export type KeyFacts = {
  kid: string
  state: KeyState
  /** When it was made, and published. */
  createdAt: Date
  signingSince: Date | null
  retiredAt: Date | null
}

/** Which keys changed their state. */
export type Rotated = { retired: readonly string[]; current: string; next: string }

export type Rotation = {
  at: Date
  /** Makes a key for the state; called only when the rotation happens. */
  make(state: 'current' | 'next'): StoredKey
  /** Retired keys from before this time are forgotten. */
  forgetBefore: Date
  entryOf(rotated: Rotated): AuditEntry
}

/** Where signing keys are kept, their private halves sealed. */
export interface KeyStore {
  /** The keys that tokens may be signed with: current, next, and the retired ones whose tokens may still live. */
  published(retiredSince: Date): Promise<StoredKey[]>
  /** Adds keys for the states nobody holds yet. Two processes at once: one wins each, both then read the same. */
  addMissing(keys: StoredKey[], at: Date): Promise<void>
  /** The keys that are published, newest first. */
  list(retiredSince: Date): Promise<KeyFacts[]>
  /**
   * Lets the next key sign, if the current one has signed since `signingSince` or longer and the next one has been
   * published since `publishedSince` or longer. Of several at once, on any replica, one rotates; the others get null.
   */
  rotate(rotation: Rotation, when: { signingSince: Date; publishedSince: Date }): Promise<Rotated | null>
  /** Takes these keys back at once and begins anew: what they signed is worth nothing from now on. */
  replaceAll(rotation: Rotation, kids: readonly string[]): Promise<Rotated | null>
}

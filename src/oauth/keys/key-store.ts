import type { JWK } from 'jose'

/** `next` is published before it signs, so that others' caches know it in time (A163). */
export type KeyState = 'current' | 'next' | 'retired'

export type StoredKey = { kid: string; state: KeyState; publicJwk: JWK; sealedPrivate: string }

/** Where signing keys are kept, their private halves sealed. */
export interface KeyStore {
  /** The keys that tokens may be signed with: current, next, and the retired ones whose tokens may still live. */
  published(retiredSince: Date): Promise<StoredKey[]>
  /** Adds keys for the states nobody holds yet. Two processes at once: one wins each, both then read the same. */
  addMissing(keys: StoredKey[], at: Date): Promise<void>
}

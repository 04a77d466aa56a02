import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import { SetupError, deriveKey, newId, seal, unseal } from '#foundation'
import type { Clock, Events } from '#foundation'
import type { KeyState, KeyStore, StoredKey } from './key-store.ts'

export const keysChanged = 'signing_key.changed'
/** Milliseconds a retired key stays published: longer than any token signed with it lives (A163). */
const retiredLife = 24 * 60 * 60 * 1000
/** Milliseconds between looks into the database for a key nobody knows: a stranger's `kid` must not cost a query each. */
const missCooldown = 10_000

export type SigningKey = {
  kid: string
  privateKey: KeyObject
  publicKey: KeyObject
  publicJwk: JWK
  state: KeyState
}

export interface SigningKeys {
  /** The key that signs now. Throws {@link SetupError} when the install's secret isn't the one the keys were sealed with. */
  current(): Promise<SigningKey>
  /** One of our published keys, or undefined for a key that isn't ours. */
  find(kid: string): Promise<SigningKey | undefined>
  /** RFC 7517 §5, public halves only. */
  jwks(): Promise<{ keys: JWK[] }>
  close(): void
}

export type SigningKeysOptions = { store: KeyStore; events: Events; clock: Clock; secret: string }

/** The keys, read once and again when they change. Which key signs is a state in the database: rotation changes rows only. */
export function createSigningKeys({ store, events, clock, secret }: SigningKeysOptions): SigningKeys {
  const sealingKey = deriveKey(secret, 'oauth signing keys')
  let loaded: Promise<Map<string, SigningKey>> | undefined
  let lastMiss = 0
  const forget = () => void (loaded = undefined)
  const leave = [events.subscribe(keysChanged, forget), events.onGap(forget)]

  const read = async (): Promise<Map<string, SigningKey>> => {
    const since = new Date(clock.now().getTime() - retiredLife)
    let stored = await store.published(since)
    const missing = (['current', 'next'] as const).filter((state) => !stored.some((k) => k.state === state))
    if (missing.length > 0) {
      await store.addMissing(
        missing.map((state) => newKey(state, sealingKey)),
        clock.now(),
      )
      stored = await store.published(since)
    }
    return new Map(stored.map((key) => [key.kid, openKey(key, sealingKey)]))
  }
  const keys = (): Promise<Map<string, SigningKey>> => {
    loaded ??= read().catch((error: unknown) => {
      forget()
      throw error
    })
    return loaded
  }

  return {
    async current() {
      const current = [...(await keys()).values()].find((key) => key.state === 'current')
      if (!current) throw new Error('There is no current signing key')
      return current
    },
    async find(kid) {
      const known = (await keys()).get(kid)
      const now = clock.now().getTime()
      if (known || now - lastMiss < missCooldown) return known
      lastMiss = now
      forget()
      return (await keys()).get(kid)
    },
    async jwks() {
      return { keys: [...(await keys()).values()].map((key) => key.publicJwk) }
    },
    close: () => leave.forEach((stop) => stop()),
  }
}

function newKey(state: KeyState, sealingKey: Buffer): StoredKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = newId('key')
  return {
    kid,
    state,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' },
    sealedPrivate: seal(sealingKey, JSON.stringify(privateKey.export({ format: 'jwk' })), kid),
  }
}

function openKey(stored: StoredKey, sealingKey: Buffer): SigningKey {
  let privateKey: KeyObject
  try {
    const jwk = JSON.parse(unseal(sealingKey, stored.sealedPrivate, stored.kid))
    privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
  } catch (cause) {
    throw new SetupError(
      'The signing keys were sealed with another TANDEM_SECRET. Start with the secret this data was made with',
      { cause },
    )
  }
  return {
    kid: stored.kid,
    state: stored.state,
    publicJwk: stored.publicJwk,
    privateKey,
    // Derived from the sealed half: a public key swapped in the database verifies nothing.
    publicKey: createPublicKey(privateKey),
  }
}

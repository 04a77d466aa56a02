import type { JWK } from 'jose'
import { deriveKey } from '#foundation'
import type { Clock, Events } from '#foundation'
import { newKey, openKey } from './key-pair.ts'
import type { SigningKey } from './key-pair.ts'
import { keysChanged } from './key-store.ts'
import type { KeyStore } from './key-store.ts'

export type { SigningKey } from './key-pair.ts'

/** Milliseconds a retired key stays published: longer than any token signed with it lives (A163). */
export const retiredLife = 24 * 60 * 60 * 1000
/** Milliseconds between looks into the database for a key nobody knows: a stranger's `kid` must not cost a query each. */
const missCooldown = 10_000
/** Milliseconds for which keys are believed as read, so that a retired one goes even if no event says so. */
const readAgainAfter = 60 * 60 * 1000

export interface SigningKeys {
  /** The key that signs now. Throws {@link SetupError} when the install's secret isn't the one the keys were sealed with. */
  current(): Promise<SigningKey>
  /** One of our published keys, or undefined for a key that isn't ours. */
  find(kid: string): Promise<SigningKey | undefined>
  /** RFC 7517 §5, public halves only. */
  jwks(): Promise<{ keys: JWK[] }>
  /** Grows when keys were taken back: whatever was verified before must be verified again. */
  trust(): number
  close(): void
}

export type SigningKeysOptions = { store: KeyStore; events: Events; clock: Clock; secret: string }

/** The keys, read once and again when they change. Which key signs is a state in the database: rotation changes rows only. */
export function createSigningKeys({ store, events, clock, secret }: SigningKeysOptions): SigningKeys {
  const sealingKey = sealingKeyOf(secret)
  let loaded: Promise<Map<string, SigningKey>> | undefined
  let readAt = 0
  let lastMiss = 0
  let trust = 0
  const forget = () => void (loaded = undefined)
  const leave = [
    events.subscribe(keysChanged, ({ takenBack }) => {
      if (takenBack) trust++
      forget()
    }),
    // Something may have been missed: verify everything again.
    events.onGap(() => {
      trust++
      forget()
    }),
  ]

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
    const now = clock.now().getTime()
    if (now - readAt >= readAgainAfter) forget()
    if (!loaded) readAt = now
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
    trust: () => trust,
    close: () => leave.forEach((stop) => stop()),
  }
}

/** The key that seals private halves at rest: only who has the install's secret can sign. */
export function sealingKeyOf(secret: string): Buffer {
  return deriveKey(secret, 'oauth signing keys')
}

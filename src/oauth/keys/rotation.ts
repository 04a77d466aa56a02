import type { AuditEntry } from '#audit'
import type { SigningKeyView } from '#contract'
import type { Clock } from '#foundation'
import { OAuthError } from '../errors.ts'
import { newKey } from './key-pair.ts'
import type { KeyFacts, KeyStore, Rotated, Rotation } from './key-store.ts'
import { retiredLife, sealingKeyOf } from './signing-keys.ts'

/**
 * Milliseconds a key is published before it may sign: our own JWKS may be cached for five minutes, and common
 * verifiers look again after ten (A163).
 */
export const publishedFirst = 15 * 60 * 1000

export type KeyRotation = {
  list(): Promise<SigningKeyView[]>
  rotate(by: AuditEntry['actor'], how: { compromised: boolean }): Promise<SigningKeyView[]>
  /** Rotates when the current key has signed for the whole interval. On any number of replicas one does it. */
  rotateWhenDue(): Promise<boolean>
}

export type KeyRotationOptions = {
  store: KeyStore
  clock: Clock
  secret: string
  /** Milliseconds between two rotations. */
  interval: number
}

/** Which key signs, and until when. Tokens in flight survive a rotation: what retires stays published for a day. */
export function createKeyRotation({ store, clock, secret, interval }: KeyRotationOptions): KeyRotation {
  const sealingKey = sealingKeyOf(secret)
  const before = (ms: number) => new Date(clock.now().getTime() - ms)
  const rotationBy = (actor: AuditEntry['actor'], why: string): Rotation => ({
    at: clock.now(),
    make: (state) => newKey(state, sealingKey),
    forgetBefore: before(retiredLife),
    entryOf: (rotated) => entryOf(actor, why, rotated),
  })
  const list = async () => (await store.list(before(retiredLife))).map((key) => viewOf(key, interval))

  return {
    list,
    async rotate(by, { compromised }) {
      if (compromised) {
        const known = await store.list(before(retiredLife))
        await store.replaceAll(
          rotationBy(by, 'compromised'),
          known.map(({ kid }) => kid),
        )
      } else {
        const when = { signingSince: clock.now(), publishedSince: before(publishedFirst) }
        if (!(await store.rotate(rotationBy(by, 'asked'), when))) throw await tooEarly(store, before)
      }
      return list()
    },
    async rotateWhenDue() {
      const when = { signingSince: before(interval), publishedSince: before(publishedFirst) }
      return (await store.rotate(rotationBy({ kind: 'system', name: 'key rotation' }, 'due'), when)) !== null
    },
  }
}

async function tooEarly(store: KeyStore, before: (ms: number) => Date): Promise<OAuthError> {
  const next = (await store.list(before(retiredLife))).find(({ state }) => state === 'next')
  const from = next && new Date(next.createdAt.getTime() + publishedFirst).toISOString()
  return new OAuthError(
    'invalid_request',
    from
      ? `The next key may sign from ${from} on: others must have had time to learn it`
      : 'There are no keys yet; they are made with the first token',
    { status: 409 },
  )
}

function viewOf(
  { kid, state, createdAt, signingSince, retiredAt }: KeyFacts,
  interval: number,
): SigningKeyView {
  const after = (at: Date | null, ms: number) => at && new Date(at.getTime() + ms).toISOString()
  return {
    kid,
    state,
    createdAt: createdAt.toISOString(),
    signsSince: signingSince?.toISOString() ?? null,
    retiresAt: state === 'current' ? after(signingSince, interval) : (retiredAt?.toISOString() ?? null),
    publishedUntil: after(retiredAt, retiredLife),
  }
}

function entryOf(actor: AuditEntry['actor'], why: string, rotated: Rotated): AuditEntry {
  return {
    event: why === 'compromised' ? 'signing_key.replaced' : 'signing_key.rotated',
    outcome: 'ok',
    actor,
    subject: { kind: 'signing_key', id: rotated.current },
    detail: { why, retired: rotated.retired.join(' '), next: rotated.next },
  }
}

import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import { SetupError, newId, seal, unseal } from '#foundation'
import type { KeyState, StoredKey } from './key-store.ts'

export type SigningKey = {
  kid: string
  privateKey: KeyObject
  publicKey: KeyObject
  publicJwk: JWK
  state: KeyState
}

/** A new P-256 key pair, its private half sealed (RFC 7518 §3.4). */
export function newKey(state: KeyState, sealingKey: Buffer): StoredKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = newId('key')
  return {
    kid,
    state,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' },
    sealedPrivate: seal(sealingKey, JSON.stringify(privateKey.export({ format: 'jwk' })), kid),
  }
}

/** Throws {@link SetupError} when the install's secret isn't the one the key was sealed with. */
export function openKey(stored: StoredKey, sealingKey: Buffer): SigningKey {
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

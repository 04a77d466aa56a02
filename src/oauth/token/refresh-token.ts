import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto'
import { deriveKey, isId } from '#foundation'
import type { GrantId } from '#foundation'

/** Milliseconds after which an unused refresh token dies (A81). */
export const refreshIdleLife = 30 * 24 * 60 * 60 * 1000
/** Milliseconds within which the same refresh token gets the same answer again (A79; design §4). */
export const refreshGrace = 60_000

const prefix = 'tnd_rt_'
const shape = /^tnd_rt_([0-9a-z]{26})([A-Za-z0-9_-]{64})$/
const secretBytes = 32
const tagBytes = 16

export interface RefreshTokens {
  issue(grant: GrantId): string
  /** Where the token says it belongs, or undefined when we never made it. */
  read(token: string): GrantId | undefined
}

/**
 * Opaque to clients. Inside: the grant's id, 256 random bits, and a tag of ours over both. The store knows a hash of
 * the newest two alone; the tag is how an older one is told from a guess, so that reuse ends the family however long
 * ago the token was replaced (RFC 9700 §4.14.2) and nobody can end a family by making tokens up (attacks P6).
 */
export function createRefreshTokens(secret: string): RefreshTokens {
  const key = createSecretKey(deriveKey(secret, 'oauth refresh token tags'))
  const tag = (grant: string, random: Buffer) =>
    createHmac('sha256', key).update(grant).update(random).digest().subarray(0, tagBytes)
  return {
    issue(grant) {
      const random = randomBytes(secretBytes)
      return (
        prefix +
        grant.slice('grt_'.length) +
        Buffer.concat([random, tag(grant, random)]).toString('base64url')
      )
    },
    read(token) {
      const [, name, body] = shape.exec(token) ?? []
      if (name === undefined || body === undefined) return undefined
      const grant = `grt_${name}`
      const bytes = Buffer.from(body, 'base64url')
      const random = bytes.subarray(0, secretBytes)
      const ours = timingSafeEqual(tag(grant, random), bytes.subarray(secretBytes))
      return ours && isId('grt', grant) ? grant : undefined
    },
  }
}

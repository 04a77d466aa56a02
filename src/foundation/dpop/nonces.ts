import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../clock.ts'

/** Nonces that a proof must carry (RFC 9449 §8): they bound how long before its use it can have been made. */
export interface ProofNonces {
  /** The one to use next. */
  current(): string
  accepts(nonce: string | undefined): boolean
}

/** Milliseconds for which one nonce is given out; it is accepted for as long again. */
const turn = 60_000
const tagBytes = 16

/**
 * Nonces that need no memory: the minute they were made in and a tag of ours over it, so that every replica with
 * the same key takes every other's. `key` belongs to one kind of server: the two sides' nonces are not each other's.
 */
export function createProofNonces(key: Uint8Array, clock: Clock): ProofNonces {
  const nonceOf = (minute: number): string => {
    const tag = createHmac('sha256', key).update(`dpop nonce ${minute}`).digest().subarray(0, tagBytes)
    return tag.toString('base64url')
  }
  const minute = () => Math.floor(clock.now().getTime() / turn)
  return {
    current: () => nonceOf(minute()),
    accepts(nonce) {
      if (nonce === undefined) return false
      const sent = Buffer.from(nonce)
      // Another replica's clock may be a little ahead.
      return [1, 0, -1].some((step) => {
        const ours = Buffer.from(nonceOf(minute() + step))
        return sent.length === ours.length && timingSafeEqual(sent, ours)
      })
    },
  }
}

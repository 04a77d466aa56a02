import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import { deriveKey } from '#foundation'
import { canonical } from './body.ts'

/** An entry in the chain, as the table holds it. */
export type ChainedEntry = {
  seq: number
  id: string
  /** ISO 8601, milliseconds. */
  at: string
  body: unknown
  prev: string
  hash: string
}
export type Head = { seq: number; hash: string; mac: string | null }

/**
 * The keys of the chain. They come from the install's secret, which isn't in the database:
 * who can only write to the database can break the chain, but can't forge one that verifies.
 */
export type Chain = {
  hash(entry: Omit<ChainedEntry, 'hash'>): string
  sign(seq: number, hash: string): string
  /** True when this install signed that head. */
  vouches(head: Head): boolean
}

export function createChain(secret: string): Chain {
  const entryKey = createSecretKey(deriveKey(secret, 'audit entry'))
  const headKey = createSecretKey(deriveKey(secret, 'audit head'))
  const sign = (seq: number, hash: string) =>
    createHmac('sha256', headKey).update(`${seq}\n${hash}`).digest('base64url')
  return {
    hash({ seq, id, at, body, prev }) {
      const text = `${prev}\n${canonical({ seq, id, at, body })}`
      return createHmac('sha256', entryKey).update(text).digest('base64url')
    },
    sign,
    vouches({ seq, hash, mac }) {
      if (mac === null) return false
      const [left, right] = [Buffer.from(mac), Buffer.from(sign(seq, hash))]
      return left.length === right.length && timingSafeEqual(left, right)
    },
  }
}

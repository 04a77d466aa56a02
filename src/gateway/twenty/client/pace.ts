import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '#foundation'
import { UpstreamTrouble } from '../../engine.ts'

/** Twenty counts a workspace's calls in a token bucket of this size, refilled in this many milliseconds (its API docs). */
const size = 100
const refillMs = 60_000
/** Milliseconds that a call waits for its turn at most; who would wait longer is told to come back. */
export const maxWaitMs = 10_000
const maxCredentials = 10_000

type Bucket = { tokens: number; at: number; heldUntil: number }

/** Keeps each credential's calls within what Twenty takes, so that a busy agent gets turns and not refusals. */
export interface Pace {
  /** Resolves when it is this credential's turn. @throws UpstreamTrouble `busy` when that is too far away. */
  turn(credential: string, signal: AbortSignal): Promise<void>
  /** After a 429: nobody with this credential goes on before so many milliseconds are over. */
  hold(credential: string, ms: number): void
}

export type Wait = (ms: number, signal: AbortSignal) => Promise<void>
const realWait: Wait = async (ms, signal) => {
  await sleep(ms, undefined, { signal })
}

export function createPace(clock: Clock, wait: Wait = realWait): Pace {
  const buckets = new Map<string, Bucket>()
  const bucketOf = (credential: string, now: number): Bucket => {
    const known = buckets.get(credential)
    if (known) {
      const grown = known.tokens + ((now - known.at) * size) / refillMs
      known.tokens = Math.min(size, grown)
      known.at = now
      return known
    }
    if (buckets.size >= maxCredentials) {
      const [oldest] = buckets.keys()
      if (oldest !== undefined) buckets.delete(oldest)
    }
    const made = { tokens: size, at: now, heldUntil: 0 }
    buckets.set(credential, made)
    return made
  }
  return {
    async turn(credential, signal) {
      const now = clock.now().getTime()
      const bucket = bucketOf(credential, now)
      // Turns are given out in the order of asking: who waits has taken hers already.
      bucket.tokens -= 1
      const ms = Math.max((-bucket.tokens * refillMs) / size, bucket.heldUntil - now)
      if (ms <= 0) return
      if (ms > maxWaitMs) {
        bucket.tokens += 1
        throw new UpstreamTrouble('busy', `${size} calls a minute are used up for ${Math.ceil(ms / 1000)} s`)
      }
      await wait(ms, signal)
    },
    hold(credential, ms) {
      const now = clock.now().getTime()
      const bucket = bucketOf(credential, now)
      bucket.heldUntil = Math.max(bucket.heldUntil, now + ms)
    },
  }
}

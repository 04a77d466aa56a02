import type { Clock } from './clock.ts'
import { decisionOf } from './rate-limit.ts'
import type { RateDecision, RateLimit, RateLimiter } from './rate-limit.ts'

/** A place in a window, or word that there is none. */
export type Place = RateDecision & {
  /** True for the first refusal of a window in this process: once is enough to tell somebody. */
  news: boolean
  /** Gives the place back: what it was taken for turned out not to count. */
  giveBack(): void
}

export interface LeasingLimiter {
  /** One place. Without a promise where a lease has room, which is nearly always. */
  take(key: string, rate: RateLimit): Place | Promise<Place>
}

type Kept = { ends: number; own: number; left: number; refused: number }

/** A lease is this part of the window: what a replica holds unused, others miss. */
const parts = 16
const mostKeys = 50_000

/**
 * Takes places from a shared count by the dozen and hands them out here: together all replicas never give more than
 * the limit, and a call rarely costs a statement. A used-up window is remembered, so a flood costs none at all.
 */
export function leasingLimiter(shared: RateLimiter, clock: Clock): LeasingLimiter {
  const kept = new Map<string, Kept>()
  const asking = new Map<string, Promise<void>>()

  const lease = async (key: string, rate: RateLimit): Promise<void> => {
    const { taken, left, ends } = await shared.lease(key, rate, Math.max(1, Math.ceil(rate.limit / parts)))
    const known = kept.get(key)
    if (known && known.ends === ends) {
      known.own += taken
      known.left = left
      return
    }
    // In the order in which their windows began: the first is the one that ends next. Forgetting it costs its places.
    const [oldest] = kept.keys()
    if (kept.size >= mostKeys && oldest !== undefined) kept.delete(oldest)
    kept.delete(key)
    kept.set(key, { ends, own: taken, left, refused: 0 })
  }

  const hand = (from: Kept, rate: RateLimit, now: number): Place | undefined => {
    const { ends, left } = from
    if (from.own > 0) {
      from.own--
      const decision = decisionOf({ taken: 1, left: left + from.own, ends }, rate, now)
      return { ...decision, news: false, giveBack: () => void from.own++ }
    }
    if (left > 0) return undefined
    from.refused++
    const decision = decisionOf({ taken: 0, left: 0, ends }, rate, now)
    return { ...decision, news: from.refused === 1, giveBack: () => undefined }
  }

  const wait = async (key: string, rate: RateLimit): Promise<Place> => {
    for (;;) {
      let ask = asking.get(key)
      if (!ask) {
        ask = lease(key, rate).finally(() => asking.delete(key))
        asking.set(key, ask)
      }
      await ask
      const now = clock.now().getTime()
      const known = kept.get(key)
      // Even where the window is over by our clock: the one who counts may have another, and asking again for ever helps nobody.
      const place = known && hand(known, rate, now)
      if (place) return place
    }
  }

  return {
    take(key, rate) {
      const now = clock.now().getTime()
      const known = kept.get(key)
      return (known && known.ends > now && hand(known, rate, now)) || wait(key, rate)
    },
  }
}

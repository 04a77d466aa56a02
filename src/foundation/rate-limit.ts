import type { Clock } from './clock.ts'

export type RateLimit = { /** Calls allowed per window. */ limit: number; /** Seconds. */ window: number }
export type RateDecision = {
  allowed: boolean
  limit: number
  remaining: number
  /** Seconds until the window ends. */ reset: number
}

/** Places taken at once, for somebody who hands them out. */
export type Lease = {
  /** How many of the wanted places there were: 0 when the window is used up. */
  taken: number
  /** Places left for others. */
  left: number
  /** When the window ends, in epoch milliseconds. */
  ends: number
}

/** Counts calls atomically: two calls at once never both take the last place. */
export interface RateLimiter {
  take(key: string, rate: RateLimit): Promise<RateDecision>
  /** Takes up to `places` of the window's at once. */
  lease(key: string, rate: RateLimit, places: number): Promise<Lease>
}

/** What a count after `places` more were added means. */
export function leaseOf(count: number, places: number, { limit }: RateLimit, ends: number): Lease {
  const before = count - places
  return {
    taken: Math.min(places, Math.max(0, limit - before)),
    left: Math.max(0, limit - count),
    ends,
  }
}

export function decisionOf({ taken, left, ends }: Lease, { limit }: RateLimit, now: number): RateDecision {
  return { allowed: taken > 0, limit, remaining: left, reset: Math.max(0, Math.ceil((ends - now) / 1000)) }
}

/** Fixed windows in this process's memory: right for one process; replicas count in the database. */
export function memoryRateLimiter(clock: Clock): RateLimiter {
  const windows = new Map<string, { ends: number; count: number }>()
  let sweepAt = 0
  const lease = (key: string, rate: RateLimit, places: number): Lease => {
    const now = clock.now().getTime()
    let entry = windows.get(key)
    if (!entry || entry.ends <= now) {
      // Once a second at most: a flood of addresses must not make each of its requests walk through all of them.
      if (windows.size > 50_000 && now >= sweepAt) {
        sweepAt = now + 1000
        for (const [k, w] of windows) if (w.ends <= now) windows.delete(k)
      }
      entry = { ends: now + rate.window * 1000, count: 0 }
      windows.set(key, entry)
    }
    entry.count += places
    return leaseOf(entry.count, places, rate, entry.ends)
  }
  return {
    take: async (key, rate) => decisionOf(lease(key, rate, 1), rate, clock.now().getTime()),
    lease: async (key, rate, places) => lease(key, rate, places),
  }
}

/** The headers of draft-ietf-httpapi-ratelimit-headers, and Retry-After (RFC 9110 §10.2.3) on refusal. */
export function rateHeaders(decision: RateDecision): Record<string, string> {
  return {
    'RateLimit-Limit': String(decision.limit),
    'RateLimit-Remaining': String(decision.remaining),
    'RateLimit-Reset': String(decision.reset),
    ...(decision.allowed ? {} : { 'Retry-After': String(decision.reset) }),
  }
}

import type { Clock } from './clock.ts'

export type RateLimit = { /** Calls allowed per window. */ limit: number; /** Seconds. */ window: number }
export type RateDecision = {
  allowed: boolean
  limit: number
  remaining: number
  /** Seconds until the window ends. */ reset: number
}

/** Counts calls atomically: two calls at once never both take the last place. */
export interface RateLimiter {
  take(key: string, rate: RateLimit): Promise<RateDecision>
}

/** Fixed windows in this process's memory: right for one process; replicas count in the database. */
export function memoryRateLimiter(clock: Clock): RateLimiter {
  const windows = new Map<string, { ends: number; count: number }>()
  return {
    async take(key, { limit, window }) {
      const now = clock.now().getTime()
      let entry = windows.get(key)
      if (!entry || entry.ends <= now) {
        if (windows.size > 50_000) for (const [k, w] of windows) if (w.ends <= now) windows.delete(k)
        entry = { ends: now + window * 1000, count: 0 }
        windows.set(key, entry)
      }
      entry.count++
      return {
        allowed: entry.count <= limit,
        limit,
        remaining: Math.max(0, limit - entry.count),
        reset: Math.ceil((entry.ends - now) / 1000),
      }
    },
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

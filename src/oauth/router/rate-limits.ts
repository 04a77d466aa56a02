import { rateHeaders } from '#foundation'
import type { RateLimit, RateLimiter } from '#foundation'
import { addressKey, isLoopbackAddress } from '../clients/address-key.ts'
import { isLoopbackUrl } from '../clients/redirect-uri.ts'
import type { From } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'

export type RouteClass = 'authorize' | 'token' | 'device' | 'registered' | 'revoke' | 'metadata'

/** Per address and minute. Generous: hosted agents come from few addresses, each for many people. */
const limits: Record<RouteClass, RateLimit> = {
  authorize: { limit: 300, window: 60 },
  token: { limit: 1200, window: 60 },
  // A device asks once and then polls at the token endpoint.
  device: { limit: 60, window: 60 },
  registered: { limit: 120, window: 60 },
  revoke: { limit: 300, window: 60 },
  metadata: { limit: 1200, window: 60 },
}

/** Counts a request; returns the headers that tell how much is left. Throws 429 with Retry-After when nothing is. */
export function createRateLimits(issuer: string, rateLimiter: RateLimiter) {
  // On a loopback install everybody on this computer is the same person.
  const local = isLoopbackUrl(issuer)
  return async function count(route: RouteClass, { ip }: From): Promise<Record<string, string>> {
    if (local && isLoopbackAddress(ip)) return {}
    const taken = await rateLimiter.take(`oauth.${route}:${addressKey(ip)}`, limits[route])
    if (taken.allowed) return rateHeaders(taken)
    throw new OAuthError(
      'temporarily_unavailable',
      'Too many requests from this address; wait before the next',
      {
        status: 429,
        headers: rateHeaders(taken),
      },
    )
  }
}

import type { Place, RateLimit } from '#foundation'
import type { VerifiedToken } from './types.ts'

/** How many calls a protected resource takes: by grant from agents it knows, by address from strangers. */
export interface CallLimits {
  /** A call with a good token. Undefined: not counted. Without a promise, nearly always. */
  call(grant: string, ip: string): Place | undefined | Promise<Place>
  /** A request that showed none. Good ones from the same address aren't counted here: many people share one. */
  stranger(ip: string): Place | undefined | Promise<Place>
  readonly rates: { readonly calls: RateLimit; readonly strangers: RateLimit }
}

/** What the record says of somebody who reached a limit. Said once a window: that is news, each further refusal isn't. */
export function limitReached(place: Place, { ip, token }: { ip: string; token?: VerifiedToken | undefined }) {
  return {
    event: 'rate_limit.reached',
    outcome: 'refused' as const,
    actor: token
      ? {
          kind: 'agent' as const,
          id: token.resourceOwner,
          grant: token.grantId,
          client: token.clientId,
          clientName: token.clientName,
        }
      : { kind: 'anonymous' as const },
    ip,
    detail: {
      limit: token ? 'calls' : 'strangers',
      by: token ? 'grant' : 'address',
      allowed: place.limit,
      seconds: 60,
    },
  }
}

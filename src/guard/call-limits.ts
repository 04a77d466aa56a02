import type { Place, RateLimit } from '#foundation'
import { actorOf } from './actor-of.ts'
import type { VerifiedToken } from './types.ts'

/** How many calls a protected resource takes: by grant from agents it knows, by address from strangers. */
export interface CallLimits {
  /** A call with a good token. Undefined: not counted. Without a promise, nearly always. */
  call(grant: string, ip: string): Place | undefined | Promise<Place>
  /** A request that showed none. Good ones from the same address aren't counted here: many people share one. */
  stranger(ip: string): Place | undefined | Promise<Place>
  readonly rates: { readonly calls: RateLimit; readonly strangers: RateLimit }
}

/**
 * The place that one request takes among the strangers of its address: before the question that its token costs, or
 * when it was refused; once, and not at all when its token turns out to be good.
 */
export function strangersPlace({ stranger }: Pick<CallLimits, 'stranger'>, ip: string) {
  let place: Place | undefined
  let counted = false
  const take = async (): Promise<Place | undefined> => {
    if (!counted) place = await stranger(ip)
    counted = true
    return place
  }
  return {
    take,
    /** Whether a token that nobody knows may cost a question. */
    mayAsk: async (): Promise<boolean> => (await take())?.allowed ?? true,
    /** The place, when it was taken already. */
    taken: (): Place | undefined => place,
    giveBack: (): void => place?.giveBack(),
  }
}

/** What the record says of somebody who reached a limit. Said once a window: that is news, each further refusal isn't. */
export function limitReached(place: Place, { ip, token }: { ip: string; token?: VerifiedToken | undefined }) {
  return {
    event: 'rate_limit.reached',
    outcome: 'refused' as const,
    actor: actorOf(token),
    ip,
    detail: {
      limit: token ? 'calls' : 'strangers',
      by: token ? 'grant' : 'address',
      allowed: place.limit,
      seconds: 60,
    },
  }
}

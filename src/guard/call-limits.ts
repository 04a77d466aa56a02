import type { Place, RateLimit } from '#foundation'

/** How many calls a protected resource takes: by grant from agents it knows, by address from strangers. */
export interface CallLimits {
  /** A call with a good token. Undefined: not counted. Without a promise, nearly always. */
  call(grant: string, ip: string): Place | undefined | Promise<Place>
  /** A request that showed none. Good ones from the same address aren't counted here: many people share one. */
  stranger(ip: string): Place | undefined | Promise<Place>
  readonly rates: { readonly calls: RateLimit; readonly strangers: RateLimit }
}

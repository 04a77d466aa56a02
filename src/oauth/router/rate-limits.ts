import type { Audit, AuditEntry } from '#audit'
import type { RateFigure } from '#contract'
import { hashSecret, rateHeaders } from '#foundation'
import type { GrantId, LeasingLimiter, Place, RateLimit } from '#foundation'
import { addressKey, isLoopbackAddress } from '../clients/address-key.ts'
import type { Client } from '../clients/client.ts'
import { isLoopbackUrl } from '../clients/redirect-uri.ts'
import type { From } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'

export type RouteClass =
  | 'authorize'
  | 'token'
  | 'device'
  | 'registered'
  | 'revoke'
  | 'introspect'
  | 'par'
  | 'userinfo'
  | 'metadata'
type Figure = RateLimit & Pick<RateFigure, 'what' | 'by'>

/**
 * Per address and minute. Generous where hosted agents come from few addresses, each for many people: what keeps
 * Mallory from using up her neighbours' share is that failures are counted by address *and* app, and refreshes by grant.
 */
const routes: Record<RouteClass, Figure> = {
  authorize: { limit: 300, window: 60, by: 'address', what: 'Authorization requests' },
  token: { limit: 6000, window: 60, by: 'address', what: 'Requests at the token endpoint' },
  // A device asks once and then polls at the token endpoint.
  device: { limit: 60, window: 60, by: 'address', what: 'Devices that ask for a code' },
  registered: { limit: 120, window: 60, by: 'address', what: 'Reading and changing registrations' },
  revoke: { limit: 300, window: 60, by: 'address', what: 'Revocations' },
  // A resource server asks about each token it hasn't seen for a while, for all of its callers.
  introspect: { limit: 6000, window: 60, by: 'address', what: 'Introspection by resource servers' },
  userinfo: { limit: 1200, window: 60, by: 'address', what: 'Userinfo' },
  par: { limit: 300, window: 60, by: 'address', what: 'Pushed authorization requests' },
  metadata: { limit: 1200, window: 60, by: 'address', what: 'Discovery documents and keys' },
}
/** Token requests that fail. An app whose people’s tokens all ended at once retries each; 256 bits aren't guessed anyway. */
const tries: Figure = { limit: 300, window: 60, by: 'address and app', what: 'Token requests that fail' }
/** A client needs one in ten minutes. */
const refreshes: Figure = { limit: 60, window: 60, by: 'grant', what: 'Refreshes' }

/** The figures that the page and the documentation show. */
export const rateFigures: readonly RateFigure[] = [
  ...Object.entries(routes).map(([name, figure]) => ({ name, ...figure })),
  { name: 'token-failures', ...tries },
  { name: 'refresh', ...refreshes },
]

export type RateLimits = {
  /** Counts a request; returns the headers that tell how much is left. Throws 429 with Retry-After when nothing is. */
  count(route: RouteClass, from: From): Promise<Record<string, string>>
  /** Takes a place among the token requests that fail, to be given back by one that doesn't. Throws 429. */
  tries(client: string, from: From): Promise<Place | undefined>
  /**
   * Counts a refresh of a grant, whose own token was shown, with that key: who stole a bound token uses up nobody's
   * share. Throws 429.
   */
  grant(id: GrantId, client: Client, from: From, key: string | null): Promise<void>
}

export function createRateLimits({
  issuer,
  limiter,
  audit,
}: {
  issuer: string
  limiter: LeasingLimiter
  audit: Pick<Audit, 'note'>
}): RateLimits {
  // On a loopback install everybody on this computer is the same person.
  const local = isLoopbackUrl(issuer)

  const take = async (
    name: string,
    key: string,
    figure: Figure,
    { ip, ...of }: From & Partial<Pick<AuditEntry, 'actor' | 'subject'>>,
  ): Promise<Place> => {
    const place = await limiter.take(`oauth.${name}:${key}`, figure)
    if (place.allowed) return place
    if (place.news) audit.note(limitedEntry(name, figure, { ip, ...of }))
    throw new OAuthError('temporarily_unavailable', tooMany[figure.by], {
      status: 429,
      headers: rateHeaders(place),
    })
  }
  const exempt = ({ ip }: From) => local && isLoopbackAddress(ip)

  return {
    async count(route, from) {
      return exempt(from)
        ? {}
        : rateHeaders(await take(route, addressKey(from.ip), routes[route], { ip: from.ip }))
    },
    async tries(client, from) {
      if (exempt(from)) return undefined
      // Hashed: whatever was sent in the name's place, it isn't written down.
      const name = hashSecret(client).slice(0, 22)
      return take('token-failures', `${addressKey(from.ip)} ${name}`, tries, { ip: from.ip })
    },
    async grant(id, { id: client, name }, from, key) {
      if (exempt(from)) return
      const actor = { kind: 'client', id: client, name } as const
      await take('refresh', key === null ? id : `${id} ${key}`, refreshes, {
        ip: from.ip,
        actor,
        subject: { kind: 'grant', id, name },
      })
    },
  }
}

const tooMany: Record<Figure['by'], string> = {
  address: 'Too many requests from this address; wait before the next',
  'address and app': 'Too many requests of this client failed from this address; wait before the next',
  app: 'Too many requests of this client; wait before the next',
  grant: 'This grant was refreshed too often; wait before the next',
}

/** Said once a window and place: who is limited is news, each further refusal isn't. */
function limitedEntry(
  name: string,
  { limit, window, by }: Figure,
  { ip, actor = { kind: 'anonymous' }, subject }: From & Partial<Pick<AuditEntry, 'actor' | 'subject'>>,
): AuditEntry {
  return {
    event: 'rate_limit.reached',
    outcome: 'refused',
    actor,
    ...(subject && { subject }),
    ip,
    detail: { limit: name, by, allowed: limit, seconds: window },
  }
}

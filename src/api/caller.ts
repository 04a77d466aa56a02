import { coversScope, defaultScopes } from '#contract'
import { rateHeaders } from '#foundation'
import type { CameFrom, Place } from '#foundation'
import { createGuard, limitReached, refuseCaller, strangersPlace } from '#guard'
import type { CallersList, VerifiedToken } from '#guard'
import type { Actor } from '#identity'
import type { ApiDependencies } from './dependencies.ts'
import { ApiFailure } from './errors.ts'
import type { Route } from './route.ts'

/** Where a request came from. `setHeader` puts one on whatever the answer will be. */
export type CallFrom = CameFrom & { setHeader?(name: string, value: string): void }

export type Caller = {
  /** Says who is calling a route, or throws why nobody is. */
  identify(request: Request, route: Route, from: CallFrom): Promise<Actor | null>
  /** The `WWW-Authenticate` value for scopes that a bearer lacks; null for a session. */
  challengeFor(request: Request, scopes: readonly string[]): string | null
}

export function createCaller(dependencies: ApiDependencies): Caller {
  const { identity, oauth, audit, verifier, dpop, limits, resource, issuer, callers, scopeNames } =
    dependencies
  const guard = createGuard({
    resource,
    verifier,
    defaultScopes,
    scopeCovers: coversScope,
    scopeNames,
    dpop,
  })

  /** The guard's refusal, its challenge kept, said as the API says things. */
  const refuse = (response: Response): never => {
    const headers: Record<string, string> = {}
    for (const name of ['WWW-Authenticate', 'DPoP-Nonce']) {
      const value = response.headers.get(name)
      if (value !== null) headers[name] = value
    }
    if (response.status === 401) {
      throw new ApiFailure('not_signed_in', 'Sign in, or send an access token for this API', { headers })
    }
    if (response.status === 400) {
      throw new ApiFailure('bad_request', 'Send one access token, in one Authorization header', { headers })
    }
    throw new ApiFailure('forbidden', 'This token doesn’t allow that', { headers })
  }

  const refuseMore = (place: Place, ip: string, token?: VerifiedToken): never => {
    if (place.news) audit.note(limitReached(place, { ip, token }))
    throw new ApiFailure('too_many_calls', `Too many calls. Wait ${place.reset} s before the next`, {
      headers: rateHeaders(place),
    })
  }

  const refuseElsewhere = (from: CallFrom, of: CallersList): void => {
    const refused = refuseCaller(from, of)
    if (!refused) return
    audit.note(refused.entry)
    throw new ApiFailure('forbidden', refused.words)
  }

  const agent = async (request: Request, route: Route, from: CallFrom): Promise<Actor> => {
    const { ip, setHeader } = from
    const scope = route.scope ?? 'crm:read'
    refuseElsewhere(from, { whose: 'resource', list: callers })
    const stranger = strangersPlace(limits, ip)
    const checked = await guard.check(request, stranger.mayAsk)
    if (!checked.ok) {
      const counted = checked.response.status === 401 ? await stranger.take() : stranger.taken()
      if (counted && !counted.allowed) return refuseMore(counted, ip)
      if (checked.reason === 'unavailable') throw checked.cause
      if (checked.reason === 'withheld') throw new ApiFailure('forbidden', await wordsOf(checked.response))
      return refuse(checked.response)
    }
    stranger.giveBack()
    const { token } = checked
    refuseElsewhere(from, { whose: 'grant', list: token.callers, token })
    const place = await limits.call(token.grantId, ip)
    if (place && !place.allowed) return refuseMore(place, ip, token)
    if (place && setHeader)
      for (const [name, value] of Object.entries(rateHeaders(place))) setHeader(name, value)
    const actor = await identity.actorForToken(token)
    if (!actor) return refuse(guard.invalidToken(request))
    if (actor.kind === 'agent') oauth.grants.used(actor.grant, ip, `${route.method} /api${route.path}`)
    if (!guard.covers(token, [scope])) {
      audit.note({
        event: 'request.refused',
        outcome: 'refused',
        actor: {
          kind: 'agent',
          id: actor.member,
          name: actor.name,
          grant: actor.grant,
          client: actor.client,
          clientName: actor.clientName,
        },
        detail: { reason: 'insufficient_scope', scope },
      })
      return refuse(guard.insufficientScope(request, [scope]))
    }
    return actor
  }

  const identify: Caller['identify'] = async (request, route, from) => {
    if (route.access === 'crm' && request.headers.has('authorization')) {
      return agent(request, route, from)
    }
    if (route.method !== 'GET') requireOwnPage(request, issuer)
    const actor = await identity.actorForSession(request)
    if (!actor && route.access === 'crm') return agent(request, route, from)
    return actor
  }
  return {
    identify,
    challengeFor: (request, scopes) =>
      request.headers.has('authorization')
        ? guard.insufficientScope(request, scopes).headers.get('www-authenticate')
        : null,
  }
}

/** What the guard says for people in a refusal of its own. */
async function wordsOf(response: Response): Promise<string> {
  const body: unknown = await response.json()
  return typeof body === 'object' && body !== null && 'error_description' in body
    ? String(body.error_description)
    : 'This token doesn’t allow that'
}

/**
 * A cookie comes along with any page's request, so what changes something must come from a page of ours
 * (attacks C3, C9). Browsers set both headers and pages can't; fail closed when neither is there.
 */
function requireOwnPage(request: Request, issuer: string): void {
  const origin = request.headers.get('origin')
  const own = origin === null ? request.headers.get('sec-fetch-site') === 'same-origin' : origin === issuer
  if (!own) throw new ApiFailure('foreign_origin', `Requests with a session must come from ${issuer}`)
}

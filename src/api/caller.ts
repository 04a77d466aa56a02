import { coversScope, defaultScopes } from '#contract'
import { createGuard } from '#guard'
import type { Actor } from '#identity'
import type { ApiDependencies } from './dependencies.ts'
import { ApiFailure } from './errors.ts'
import type { Route } from './route.ts'

export type Caller = {
  /** Says who is calling a route, or throws why nobody is. */
  identify(request: Request, route: Route): Promise<Actor | null>
  /** The `WWW-Authenticate` value for scopes that a bearer lacks; null for a session. */
  challengeFor(request: Request, scopes: readonly string[]): string | null
}

export function createCaller({ identity, audit, verifier, resource, issuer }: ApiDependencies): Caller {
  const guard = createGuard({ resource, verifier, defaultScopes, scopeCovers: coversScope })

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
    throw new ApiFailure('forbidden', 'This token doesn’t allow that', { headers })
  }

  const agent = async (request: Request, scope: string): Promise<Actor> => {
    const checked = await guard.check(request)
    if (!checked.ok) {
      if (checked.reason === 'unavailable') throw checked.cause
      if (checked.reason === 'withheld') throw new ApiFailure('forbidden', await wordsOf(checked.response))
      return refuse(checked.response)
    }
    const actor = await identity.actorForToken(checked.token)
    if (!actor) return refuse(guard.invalidToken(request))
    if (!guard.covers(checked.token, [scope])) {
      audit.note({
        event: 'request.refused',
        outcome: 'refused',
        actor: {
          kind: 'agent',
          id: actor.member,
          name: actor.name,
          grant: actor.grant,
          client: actor.client,
        },
        detail: { reason: 'insufficient_scope', scope },
      })
      return refuse(guard.insufficientScope(request, [scope]))
    }
    return actor
  }

  const identify = async (request: Request, route: Route): Promise<Actor | null> => {
    if (route.access === 'crm' && request.headers.has('authorization')) {
      return agent(request, route.scope ?? 'crm:read')
    }
    if (route.method !== 'GET') requireOwnPage(request, issuer)
    const actor = await identity.actorForSession(request)
    if (!actor && route.access === 'crm') return agent(request, route.scope ?? 'crm:read')
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

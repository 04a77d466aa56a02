import type { ConnectProblem } from '#contract'
import { addressKey, memoryRateLimiter } from '#foundation'
import { baseUrlOf } from '../upstreams/upstream.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import type { Attempts } from './attempts.ts'
import { ConnectFailure, wordsOf } from './connect-failure.ts'
import { credentialFrom } from './connection.ts'
import type { ConnectionsDependencies } from './create-connections.ts'
import type { OAuthLibrary } from './library.ts'
import type { TokenEndpoint } from './token-endpoint.ts'

type Deps = Pick<ConnectionsDependencies, 'audit' | 'vault' | 'signedIn' | 'clock' | 'log'> & {
  named(name: string): Upstream | undefined
  library: OAuthLibrary
  attempts: Attempts
  tokens: TokenEndpoint
}

/** Where authorization servers send people back to. The page it leads to repeats nothing of what they sent. */
export function createCallback({
  audit,
  vault,
  signedIn,
  clock,
  log,
  named,
  library,
  attempts,
  tokens,
}: Deps) {
  const finish = async (upstream: Upstream, request: Request, ip: string): Promise<void> => {
    const actor = await signedIn(request)
    const search = new URL(request.url).searchParams
    const [state, ...more] = search.getAll('state')
    if (actor?.kind !== 'member' || state === undefined || more.length > 0)
      throw new ConnectFailure('over', 'nobody who is signed in asked for it')
    const { member, session, name } = actor
    // Taken before anything else is believed: an answer counts once, in the browser that asked (attacks C1, C2, C9).
    const attempt = await attempts.take(state, { member, session, upstream: upstream.id })
    if (!attempt) throw new ConnectFailure('over', 'nothing of this browser waits for it')
    const baseUrl = baseUrlOf(upstream)
    if (attempt.baseUrl !== baseUrl) throw new ConnectFailure('over', 'the upstream has moved meanwhile')
    const answer = await tokens.exchange(upstream, attempt, { search, state })
    const { client, resource, server } = attempt
    const kept = { client, resource, issuer: server.issuer }
    await vault.put(
      { member, upstream: upstream.id },
      credentialFrom(answer, kept, { baseUrl, now: clock.now() }),
      { kind: 'member', member, name, ip },
    )
  }

  // Anybody may come here with anything: the record isn't hers to fill.
  const refusals = memoryRateLimiter(clock)
  const problemOf = async (error: unknown): Promise<ConnectProblem> => {
    if (error instanceof ConnectFailure) return error.problem
    const oauth = await library()
    return error instanceof oauth.AuthorizationResponseError && error.error === 'access_denied'
      ? 'denied'
      : 'refused'
  }

  return async (name: string, request: Request, { ip }: { ip: string }): Promise<Response> => {
    const upstream = named(name)
    if (!upstream) return missing()
    try {
      await finish(upstream, request, ip)
    } catch (error) {
      const problem = await problemOf(error)
      const why = wordsOf(error)
      log.warn({ upstream: name, problem, why }, 'a connection didn’t come about')
      if ((await refusals.take(addressKey(ip), { limit: 30, window: 60 })).allowed)
        audit.note({
          event: 'connection.refused',
          outcome: 'refused',
          actor: { kind: 'anonymous' },
          subject: { kind: 'upstream', id: upstream.id },
          ip,
          detail: { reason: problem },
        })
      return back(`/connect/${name}?${new URLSearchParams({ problem })}`)
    }
    return back(`/connect/${name}?done`)
  }
}

function back(location: string): Response {
  return new Response(null, {
    status: 303,
    headers: { Location: location, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' },
  })
}

function missing(): Response {
  return Response.json(
    { error: 'not_found', message: 'There is no such connection' },
    { status: 404, headers: { 'Cache-Control': 'no-store' } },
  )
}

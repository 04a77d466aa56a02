import { reportUnexpected } from '#foundation'
import type { Audit } from '#audit'
import type { Log } from '#foundation'
import { errorPage } from '../authorize/error-page.ts'
import { preflight, publicCors } from '../cors.ts'
import type { Endpoint, From } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import type { RateLimits, RouteClass } from './rate-limits.ts'

export type Route = {
  paths: readonly string[]
  methods: readonly ('GET' | 'POST' | 'PUT' | 'DELETE')[]
  endpoint: Endpoint
  /** Counted under this name; absent when the endpoint counts itself. */
  limit?: RouteClass
  /** `public`: any page may call it. `none`: the browser's own place, no CORS (OAuth 2.1 §3.1). */
  cors: 'public' | 'none'
  /** The name its refusals have in the audit; absent when the endpoint records its own. */
  refusal?: string
}

export type RouterDependencies = {
  routes: readonly Route[]
  count: RateLimits['count']
  audit: Pick<Audit, 'note'>
  log: Log
}

/** One table of paths. Whatever goes wrong is answered in the protocol's own words (A33). Null for others' paths. */
export function createRouter({ routes, count, audit, log }: RouterDependencies) {
  const table = new Map(routes.flatMap((route) => route.paths.map((path) => [path, route] as const)))

  return async function handle(request: Request, from: From): Promise<Response | null> {
    const { pathname } = new URL(request.url)
    const route =
      table.get(pathname) ?? routes.find(({ paths }) => paths.some((path) => isUnder(path, pathname)))
    if (!route) return isOurs(pathname) ? withHeaders(unknown(), publicCors) : null
    const extra = route.cors === 'public' ? publicCors : {}
    try {
      if (request.method === 'OPTIONS' && route.cors === 'public') return preflight(route.methods.join(', '))
      checkMethod(route, request)
      const rate = route.limit ? await count(route.limit, from) : {}
      const answer = await route.endpoint(request, from)
      return withHeaders(request.method === 'HEAD' ? new Response(null, answer) : answer, {
        ...rate,
        ...extra,
      })
    } catch (error) {
      const refused = asOAuthError(error, log, pathname)
      // Who was told to wait is told of once, by the limits: a flood must not become a flood of entries.
      if (route.refusal && refused.status !== 429) audit.note(refusalEntry(route.refusal, refused, from))
      return withHeaders(route.cors === 'none' ? errorPage(refused) : refused.toResponse(), extra)
    }
  }
}

function checkMethod({ methods }: Route, { method }: Request): void {
  const asked = method === 'HEAD' ? 'GET' : method
  if (methods.some((one) => one === asked)) return
  throw new OAuthError('invalid_request', `Use ${methods.join(' or ')} here`, {
    status: 405,
    headers: { Allow: methods.join(', ') },
  })
}

/** A path ending in `/*` stands for everything below it. */
function isUnder(path: string, pathname: string): boolean {
  return path.endsWith('/*') && pathname.startsWith(path.slice(0, -1))
}

function isOurs(pathname: string): boolean {
  return pathname.startsWith('/oauth/')
}

function unknown(): Response {
  return new OAuthError('not_found', 'There is no such endpoint here').toResponse()
}

function asOAuthError(error: unknown, log: Log, where: string): OAuthError {
  if (error instanceof OAuthError) return error
  const id = reportUnexpected(log, error, where)
  return new OAuthError('server_error', `Something went wrong here. Its number in the log is ${id}`)
}

function refusalEntry(event: string, error: OAuthError, { ip }: From) {
  return {
    event,
    outcome: error.status >= 500 ? ('failed' as const) : ('refused' as const),
    actor: { kind: 'anonymous' as const },
    ip,
    detail: { error: error.code, why: error.description },
  }
}

function withHeaders(response: Response, headers: Record<string, string>): Response {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
  return response
}

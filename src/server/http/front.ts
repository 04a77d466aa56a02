import { reportUnexpected } from '#foundation'
import type { Log } from '#foundation'
import { securityHeaders } from './security-headers.ts'
import type { StaticFiles } from './static-files.ts'

export type FrontDependencies = {
  issuer: string
  mcp: { handle(request: Request, from: Pick<Incoming, 'ip' | 'setHeader'>): Promise<Response> }
  gateway: {
    handle(request: Request, from: Pick<Incoming, 'ip' | 'setHeader'>, path: string): Promise<Response | null>
  }
  oauth: { handle(request: Request, from: { ip: string }): Promise<Response | null> }
  api: { handle(request: Request, from: Pick<Incoming, 'ip' | 'setHeader'>): Promise<Response> }
  health(path: string): Promise<Response>
  pages: StaticFiles
  log: Log
}

/** One request, after the listener looked at where it came from. */
export type Incoming = {
  /** Path without query, as the client wrote it. */
  path: string
  /** The `Host` that counts, lower case; undefined when there is none. */
  host: string | undefined
  ip: string
  /** Sets a header that the answer's own header of that name replaces. */
  setHeader(name: string, value: string): void
}

export type Front = (request: Request, incoming: Incoming) => Promise<Response>

const started = Date.now().toString(36)

/** The one table of addresses. The agents' paths come first and pass through nothing but the host check. */
export function createFront({
  issuer,
  mcp,
  gateway,
  oauth,
  api,
  health,
  pages,
  log,
}: FrontDependencies): Front {
  const { host: own, protocol } = new URL(issuer)
  const hosts = new Set([own, own.includes(':') ? own : `${own}:${protocol === 'https:' ? 443 : 80}`])
  const { every, shown } = securityHeaders(issuer)
  let count = 0

  const route = async (
    request: Request,
    path: string,
    from: Pick<Incoming, 'ip' | 'setHeader'>,
  ): Promise<Response> => {
    if (path === '/mcp' || path === '/mcp/') return mcp.handle(request, from)
    if (path.startsWith('/mcp/')) {
      const answer = await gateway.handle(request, from, path)
      if (answer) return answer
    }
    if (path === '/api' || path.startsWith('/api/')) return api.handle(request, from)
    const answer = await oauth.handle(request, from)
    if (answer) return answer
    // These never fall into the web app: a client that probes them must see JSON (requirements, part 7).
    if (/^\/(mcp|oauth|\.well-known)(\/|$)/.test(path))
      return jsonError(404, 'not_found', 'There is nothing here')
    return pages.handle(request, path)
  }

  return async (request, { path, host, ip, setHeader }) => {
    // What agents post all day is answered in JSON that no browser shows.
    const agents =
      request.method === 'POST' && (path === '/mcp' || path === '/oauth/token' || path.startsWith('/mcp/'))
    for (const [name, value] of agents ? every : shown) setHeader(name, value)
    setHeader('X-Request-Id', `${started}-${(++count).toString(36)}`)
    try {
      if (path === '/health' || path.startsWith('/health/')) return await health(path)
      // DNS rebinding, cache poisoning, reset links to elsewhere: we answer under our own name only.
      if (host === undefined || !hosts.has(host)) return wrongHost(host)
      return await route(request, path, { ip, setHeader })
    } catch (error) {
      const id = reportUnexpected(log, error, `${request.method} ${path}`)
      return Response.json(
        { error: 'unexpected', message: `Something went wrong on our side (${id})`, id },
        { status: 500, headers: { 'Cache-Control': 'no-store' } },
      )
    }
  }

  /** RFC 9110 §15.5.20: the request was directed at a server that doesn't answer for that name. */
  function wrongHost(host: string | undefined): Response {
    return host === undefined
      ? jsonError(400, 'bad_request', 'The Host header is missing')
      : jsonError(
          421,
          'wrong_host',
          `This Tandem answers at ${issuer} only (TANDEM_URL). A proxy in front must pass the Host header on`,
        )
  }
}

function jsonError(status: number, error: string, message: string): Response {
  return Response.json({ error, message }, { status, headers: { 'Cache-Control': 'no-store' } })
}

import { reportUnexpected } from '#foundation'
import type { CameFrom, Log } from '#foundation'
import type { AddressGate } from './address-gate.ts'
import { refuseQueryKeys } from './refuse-query-keys.ts'
import { securityHeaders } from './security-headers.ts'
import type { StaticFiles } from './static-files.ts'

export type FrontDependencies = {
  issuer: string
  gate: AddressGate
  mcp: { handle(request: Request, from: From): Promise<Response> }
  gateway: {
    handle(request: Request, from: From, path: string): Promise<Response | null>
    connections: { handle(request: Request, from: From, path: string): Promise<Response | null> }
  }
  oauth: { handle(request: Request, from: CameFrom): Promise<Response | null> }
  api: { handle(request: Request, from: From): Promise<Response> }
  /** Answers probes and scrapers; null for everything else. */
  watching(request: Request, incoming: Incoming): Promise<Response | null>
  pages: StaticFiles
  log: Log
}

type From = CameFrom & Pick<Incoming, 'setHeader'>

/** One request, after the listener looked at where it came from. */
export type Incoming = CameFrom & {
  /** Path without query, as the client wrote it. */
  path: string
  /** The `Host` that counts, lower case; undefined when there is none. */
  host: string | undefined
  /** Who opened the connection, before anything that was forwarded counts. */
  peer: string
  /** Sets a header that the answer's own header of that name replaces. */
  setHeader(name: string, value: string): void
}

export type Front = (request: Request, incoming: Incoming) => Promise<Response>

const started = Date.now().toString(36)

/** The one table of addresses. The agents' paths come first and pass through nothing but the host check. */
export function createFront({
  issuer,
  gate,
  mcp,
  gateway,
  oauth,
  api,
  watching,
  pages,
  log,
}: FrontDependencies): Front {
  const { host: own, protocol } = new URL(issuer)
  const hosts = new Set([own, own.includes(':') ? own : `${own}:${protocol === 'https:' ? 443 : 80}`])
  const { every, shown } = securityHeaders(issuer)
  let count = 0

  const route = async (request: Request, path: string, from: From): Promise<Response> => {
    const refused = refuseQueryKeys(request, path) ?? (await gate(request, path, from))
    if (refused) return refused
    if (path === '/mcp' || path === '/mcp/') return mcp.handle(request, from)
    if (path.startsWith('/mcp/')) {
      const answer = await gateway.handle(request, from, path)
      if (answer) return answer
    }
    if (path === '/api' || path.startsWith('/api/')) return api.handle(request, from)
    if (path.startsWith('/connect/') || path.startsWith('/oauth-client/')) {
      const answer = await gateway.connections.handle(request, from, path)
      if (answer) return answer
    }
    const answer = await oauth.handle(request, from)
    if (answer) return answer
    // These never fall into the web app: a client that probes them must see JSON (requirements, part 7).
    if (/^\/(mcp|oauth|\.well-known)(\/|$)/.test(path))
      return jsonError(404, 'not_found', 'There is nothing here')
    return pages.handle(request, path)
  }

  return async (request, incoming) => {
    const { path, host, ip, unknown, setHeader } = incoming
    // What agents post all day is answered in JSON that no browser shows.
    const agents =
      request.method === 'POST' && (path === '/mcp' || path === '/oauth/token' || path.startsWith('/mcp/'))
    for (const [name, value] of agents ? every : shown) setHeader(name, value)
    setHeader('X-Request-Id', `${started}-${(++count).toString(36)}`)
    try {
      const watched = await watching(request, incoming)
      if (watched) return watched
      // DNS rebinding, cache poisoning, reset links to elsewhere: we answer under our own name only.
      if (host === undefined || !hosts.has(host)) return wrongHost(host)
      return await route(request, path, { ip, ...(unknown && { unknown }), setHeader })
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

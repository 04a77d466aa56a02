// Headers are listed by name: `*` doesn't cover Authorization (Fetch standard, CORS-non-wildcard request-header name).
const allowedHeaders = [
  'Authorization',
  'Content-Type',
  'Accept',
  'MCP-Protocol-Version',
  'Mcp-Method',
  'Mcp-Name',
  'Mcp-Session-Id',
  'Last-Event-ID',
  'DPoP',
]
const exposedHeaders = 'WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version, DPoP-Nonce, Retry-After'

/** Which origins may call, as full origins: scheme, host and port. */
export type Origins = ReadonlySet<string>

/** True when a browser at an origin that isn't allowed sent the request. No Origin means no browser. */
export function fromForeignOrigin(request: Request, origins: Origins): boolean {
  const origin = request.headers.get('origin')
  return origin !== null && !origins.has(origin)
}

/** Lets the allowed origin that asked read the answer, its challenge included. Never with credentials: cookies count for nothing here. */
export function allowOrigin(request: Request, response: Response): Response {
  const origin = request.headers.get('origin')
  if (origin === null) return response
  response.headers.set('Access-Control-Allow-Origin', origin)
  response.headers.set('Access-Control-Expose-Headers', exposedHeaders)
  response.headers.append('Vary', 'Origin')
  return response
}

/** Answers a preflight. It carries no token by design, so this comes before authentication. */
export function preflightResponse(request: Request): Response {
  // A tool may mirror arguments into headers of its own (MCP 2026-07-28 `x-mcp-header`): these can't be listed beforehand.
  const mirrored = (request.headers.get('access-control-request-headers') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => /^mcp-param-[a-z0-9-]{1,64}$/.test(name))
    .slice(0, 20)
  return allowOrigin(
    request,
    new Response(null, {
      status: 204,
      headers: {
        'Access-Control-Allow-Methods': 'GET, POST, DELETE, OPTIONS',
        'Access-Control-Allow-Headers': [...allowedHeaders, ...mirrored].join(', '),
        'Access-Control-Max-Age': '600',
      },
    }),
  )
}

const names = /^(api_?key|access_?token|base_?url|token|bearer)$/i

const advice =
  'Keys and addresses don’t belong in a URL, where logs, proxies and histories keep them. Take it out of your client’s settings: sign in with OAuth, and store your key once at Settings, Keys for upstreams. A key that was sent like this should be replaced.'

/**
 * twenty-mcp took `?apiKey=` and `?baseUrl=`, and sent the server's key to whatever address came along (four-systems
 * §2.3). Null for requests without such a thing.
 */
export function refuseQueryKeys(request: Request, path: string): Response | null {
  if (!/^\/(mcp|api)(\/|$)/.test(path) || !request.url.includes('?')) return null
  const named = [...new URL(request.url).searchParams.keys()].some((name) => names.test(name))
  if (!named) return null
  return Response.json(
    { error: 'invalid_request', error_description: advice, message: advice },
    { status: 400, headers: { 'Cache-Control': 'no-store' } },
  )
}

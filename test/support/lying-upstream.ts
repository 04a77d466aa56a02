import { randomBytes } from 'node:crypto'
import { serve } from './serve.ts'

type Answer = (request: Request, body: string) => Response | Promise<Response>
export type LyingUpstream = {
  readonly url: string
  readonly issuer: string
  /** What it answers at a path from now on, in place of the truth; null: the truth. */
  lie(path: string, answer: Answer | null): void
  /** The truth with members changed. */
  twist(path: string, members: Record<string, unknown>): void
  /** All requests that reached it, newest last. */
  readonly seen: { path: string; method: string; authorization: string | null; body: string }[]
  /** Every secret that it ever gave or took. */
  readonly secrets: Set<string>
  /** Where an honest one would send the person back to, with a code. */
  back(location: string, more?: Record<string, string>): string
  /** Honest again, and nothing seen. */
  reset(): void
  close(): Promise<void>
}

export const metadataPaths = {
  resource: '/.well-known/oauth-protected-resource/mcp',
  server: '/.well-known/oauth-authorization-server',
} as const

/** An upstream with its authorization server in one, which tells the truth until it is told to lie. */
export async function startLyingUpstream(): Promise<LyingUpstream> {
  const lies = new Map<string, Answer>()
  const seen: LyingUpstream['seen'] = []
  const secrets = new Set<string>()
  const secret = (kind: string) => {
    const made = `${kind}-${randomBytes(16).toString('hex')}`
    secrets.add(made)
    return made
  }
  let issuer = ''
  const truth: Record<string, (body: string) => unknown> = {
    [metadataPaths.resource]: () => ({ resource: `${issuer}/mcp`, authorization_servers: [issuer] }),
    [metadataPaths.server]: () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      registration_endpoint: `${issuer}/register`,
      revocation_endpoint: `${issuer}/revoke`,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      authorization_response_iss_parameter_supported: true,
    }),
    '/register': (body) => ({
      ...JSON.parse(body),
      client_id: `client-of-${new URL(issuer).port}`,
      client_secret: secret('client-secret'),
      client_secret_expires_at: 0,
    }),
    '/token': (body) => {
      for (const name of ['code', 'code_verifier', 'refresh_token']) {
        const sent = new URLSearchParams(body).get(name)
        if (sent) secrets.add(sent)
      }
      return {
        access_token: secret('access'),
        refresh_token: secret('refresh'),
        token_type: 'Bearer',
        expires_in: 300,
      }
    },
    '/revoke': () => ({}),
  }
  const honest: Answer = (request, body) => {
    const { pathname } = new URL(request.url)
    const say = truth[pathname]
    if (say) return Response.json(say(body), { status: pathname === '/register' ? 201 : 200 })
    if (pathname !== '/mcp') return new Response('nothing here', { status: 404 })
    const challenge = `Bearer resource_metadata="${issuer}${metadataPaths.resource}"`
    return new Response(null, { status: 401, headers: { 'WWW-Authenticate': challenge } })
  }
  const served = await serve(async (request) => {
    const { pathname: path } = new URL(request.url)
    const body = await request.text()
    seen.push({ path, method: request.method, authorization: request.headers.get('authorization'), body })
    return (lies.get(path) ?? honest)(request, body)
  })
  issuer = `http://127.0.0.1:${served.port}`
  const lie: LyingUpstream['lie'] = (path, answer) => {
    if (answer) lies.set(path, answer)
    else lies.delete(path)
  }
  return {
    url: `${issuer}/mcp`,
    issuer,
    lie,
    twist: (path, members) =>
      lie(path, async (_request, body) => Response.json({ ...(truth[path]?.(body) as object), ...members })),
    seen,
    secrets,
    back(location, more = {}) {
      const asked = new URL(location).searchParams
      const url = new URL(asked.get('redirect_uri') ?? '')
      const answer = { code: secret('code'), state: asked.get('state') ?? '', iss: issuer, ...more }
      url.search = new URLSearchParams(answer).toString()
      return url.href
    },
    reset() {
      lies.clear()
      seen.length = 0
    },
    close: served.close,
  }
}

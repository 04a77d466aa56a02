import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { getRequestListener } from '@hono/node-server'
import { Provider } from 'oidc-provider'
import type { Browser } from './tandem.ts'

/** Seconds that an access token of it is good. */
export const tokenSeconds = 300

export type RotatingUpstream = {
  /** Its MCP endpoint. */
  readonly url: string
  readonly issuer: string
  /** The way of a person's browser through its pages, where it says yes to everything. */
  through(browser: Browser, as: string): (location: string) => Promise<string>
  /** How often a refresh token was redeemed, and how often one came twice, which ends its grant. */
  refreshes(): number
  reuses(): number
  /** How often it was told that a token is over (RFC 7009). */
  revocations(): number
  /** Called at the token endpoint when it has decided, before it answers. */
  beforeAnswer(hook: () => Promise<unknown>): void
  /** What the token endpoint answers with instead of answering; null: itself. */
  failWith(status: number | null): void
  /** Refuses this very access token from now on, though its time isn't up. */
  refuse(accessToken: string): void
  /** Access tokens that the MCP endpoint saw, in order. */
  readonly seen: string[]
  /** How many access tokens are good there. */
  live(): Promise<number>
  close(): Promise<void>
}

/**
 * Somebody else's MCP server with a real authorization server (oidc-provider) in front, that rotates refresh tokens and
 * ends a grant whose refresh token comes twice.
 */
export async function startRotatingUpstream(): Promise<RotatingUpstream> {
  let who = 'nobody'
  let refreshes = 0
  let reuses = 0
  let revocations = 0
  let status: number | null = null
  let hook: () => Promise<unknown> = async () => undefined
  const seen: string[] = []
  const refused = new Set<string>()
  const issued = new Set<string>()
  const listeners: { answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> } = {
    answer: async () => undefined,
  }
  const server = createServer((request, response) => {
    listeners.answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.address() as AddressInfo // listening on a port, not on a pipe
  const issuer = `http://127.0.0.1:${port}`
  const resource = `${issuer}/mcp`
  const scope = 'files:read files:write'
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const provider = new Provider(issuer, {
    jwks: {
      keys: [{ ...pair.privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'one' }],
    },
    cookies: { keys: ['the cookie key of this test'] },
    clients: [],
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: async () => ({ sub }) }),
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      revocation: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope,
          audience: resource,
          accessTokenFormat: 'opaque',
          accessTokenTTL: tokenSeconds,
        }),
      },
    },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    ttl: { AuthorizationCode: 60, Grant: 3600, Interaction: 600, RefreshToken: 3600, Session: 600 },
    renderError: (context: { body: unknown }, out: unknown) => void (context.body = out),
  })
  provider.on('grant.success', ({ oidc }) => {
    if (oidc.params?.['grant_type'] === 'refresh_token') refreshes++
  })
  provider.on('grant.revoked', () => void reuses++)
  provider.on('access_token.issued', ({ jti }) => void issued.add(jti))
  const pages = provider.callback()

  const handler = createMcpHandler(({ authInfo }) => {
    const mcp = new McpServer({ name: 'files', version: '1' })
    mcp.registerTool(
      'owner',
      { description: 'Whose files these are', annotations: { readOnlyHint: true } },
      () => ({
        content: [{ type: 'text', text: `files of ${String(authInfo?.extra?.['account'])}` }],
      }),
    )
    return mcp
  })
  const mcp = async (request: Request): Promise<Response> => {
    const token = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1]
    const found = token === undefined ? undefined : await provider.AccessToken.find(token)
    if (token !== undefined) seen.push(token)
    if (token === undefined || !found || refused.has(token)) {
      const metadata = `${issuer}/.well-known/oauth-protected-resource/mcp`
      const challenge = `Bearer resource_metadata="${metadata}", scope="${scope}"`
      return new Response(null, { status: 401, headers: { 'WWW-Authenticate': challenge } })
    }
    const extra = { account: found.accountId }
    return handler.fetch(request, { authInfo: { token, clientId: '', scopes: [], extra } })
  }
  const listener = getRequestListener(mcp)

  listeners.answer = async (request, response) => {
    const path = request.url ?? '/'
    if (path === '/mcp') return listener(request, response)
    if (path === '/.well-known/oauth-protected-resource/mcp') {
      const document = { resource, authorization_servers: [issuer], scopes_supported: scope.split(' ') }
      return response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(document))
    }
    if (path === '/token/revocation') revocations++
    if (path === '/token') {
      if (status !== null) return response.writeHead(status).end()
      const end = response.end.bind(response)
      response.end = (body: unknown) => {
        void hook().then(() => end(body))
        return response
      }
    }
    if (!path.startsWith('/interaction/')) return pages(request, response)
    const { prompt, params } = await provider.interactionDetails(request, response)
    if (prompt.name === 'login')
      return provider.interactionFinished(request, response, { login: { accountId: who } })
    const grant = new provider.Grant({ accountId: who, clientId: String(params['client_id']) })
    grant.addOIDCScope('openid offline_access')
    grant.addResourceScope(resource, scope)
    const consent = { grantId: await grant.save() }
    return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true })
  }

  return {
    url: resource,
    issuer,
    through: (browser, as) => async (location) => {
      who = as
      let at = location
      for (let hops = 0; hops < 10; hops++) {
        const answer = await browser.fetch(at)
        const next = answer.headers.get('location')
        if (!next) throw new Error(`it stopped: ${answer.status} ${await answer.text()}`)
        at = new URL(next, at).href
        if (!at.startsWith(issuer)) return at
      }
      throw new Error('it goes in circles')
    },
    refreshes: () => refreshes,
    reuses: () => reuses,
    revocations: () => revocations,
    beforeAnswer: (next) => void (hook = next),
    failWith: (next) => void (status = next),
    refuse: (token) => void refused.add(token),
    seen,
    async live() {
      const found = await Promise.all([...issued].map((jti) => provider.AccessToken.find(jti)))
      return found.filter((one) => one !== undefined).length
    },
    async close() {
      await handler.close()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

import { randomUUID } from 'node:crypto'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express from 'express'
import { serve } from './serve.mjs'

// The SDK's own example: no sign-in, no session, no consent, tokens in a Map. Read it as what express alone costs.
function provider() {
  const clients = new Map()
  const codes = new Map()
  const access = new Map()
  const refresh = new Map()
  const issue = (clientId, scopes) => {
    const tokens = { access_token: randomUUID(), refresh_token: randomUUID() }
    access.set(tokens.access_token, { clientId, scopes, expiresAt: Math.floor(Date.now() / 1000) + 3600 })
    refresh.set(tokens.refresh_token, { clientId, scopes })
    return { ...tokens, token_type: 'bearer', expires_in: 3600, scope: scopes.join(' ') }
  }
  const take = (from, key, client) => {
    const found = from.get(key)
    if (!found || found.clientId !== client.client_id) throw new Error('unknown')
    from.delete(key)
    return found
  }
  return {
    clientsStore: {
      getClient: async (id) => clients.get(id),
      async registerClient(client) {
        clients.set(client.client_id, client)
        return client
      },
    },
    async authorize(client, params, response) {
      const code = randomUUID()
      codes.set(code, {
        clientId: client.client_id,
        challenge: params.codeChallenge,
        scopes: params.scopes ?? [],
      })
      const to = new URL(params.redirectUri)
      to.searchParams.set('code', code)
      if (params.state) to.searchParams.set('state', params.state)
      response.redirect(to.href)
    },
    challengeForAuthorizationCode: async (_client, code) => codes.get(code)?.challenge ?? '',
    exchangeAuthorizationCode: async (client, code) =>
      issue(client.client_id, take(codes, code, client).scopes),
    exchangeRefreshToken: async (client, token) =>
      issue(client.client_id, take(refresh, token, client).scopes),
    async verifyAccessToken(token) {
      const found = access.get(token)
      if (!found) throw new Error('unknown')
      return { token, ...found }
    },
  }
}

function whoami() {
  const server = new McpServer({ name: 'bench', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Who is asking' }, (extra) => ({
    content: [{ type: 'text', text: JSON.stringify({ client: extra.authInfo.clientId }) }],
  }))
  return server
}

await serve(async (origin) => {
  const oauth = provider()
  const unlimited = { rateLimit: false }
  const app = express()
  app.use(
    mcpAuthRouter({
      provider: oauth,
      issuerUrl: new URL(origin),
      scopesSupported: ['mcp'],
      authorizationOptions: unlimited,
      tokenOptions: unlimited,
      clientRegistrationOptions: unlimited,
      revocationOptions: unlimited,
    }),
  )
  app.post('/mcp', requireBearerAuth({ verifier: oauth }), express.json(), async (request, response) => {
    const server = whoami()
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: undefined,
      enableJsonResponse: true,
    })
    response.on('close', () => {
      void transport.close()
      void server.close()
    })
    await server.connect(transport)
    await transport.handleRequest(request, response, request.body)
  })
  return app
})

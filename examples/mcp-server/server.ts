import { serve } from '@hono/node-server'
import { McpServer, createMcpHandler, requireScopes } from '@modelcontextprotocol/server'
import { createGuard, introspectionVerifier, jwksVerifier, metadataResponse, metadataUrl } from 'tandem/guard'
import { z } from 'zod'

// An MCP server that knows nothing of sign-in: Tandem (ISSUER) does that, the guard checks what comes of it.

const { PORT = '4000', ISSUER = 'http://localhost:3000', CLIENT_ID, CLIENT_SECRET } = process.env
const resource = `http://localhost:${PORT}/mcp`

const verifier =
  CLIENT_ID && CLIENT_SECRET
    ? introspectionVerifier({
        issuer: ISSUER,
        introspectionUri: `${ISSUER}/oauth/introspect`,
        clientId: CLIENT_ID,
        clientSecret: CLIENT_SECRET,
      })
    : jwksVerifier({ issuer: ISSUER, jwksUri: `${ISSUER}/oauth/jwks.json` })
const guard = createGuard({
  resource,
  verifier,
  defaultScopes: ['notes:read'],
  requiredScopes: ['notes:read'],
})

const notes = new Map<string, string[]>()

/** A server for one request. `person` is who granted access: the token's subject, never what a client says. */
function notesServer(person: string): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  const hers = notes.get(person) ?? []
  server.registerTool('list_notes', { description: 'All notes of the person' }, () => ({
    content: [{ type: 'text', text: JSON.stringify(hers) }],
  }))
  server.registerTool(
    'add_note',
    {
      description: 'Adds a note',
      inputSchema: z.object({ text: z.string().max(1000) }),
      // Without the scope: 403 insufficient_scope, and the client asks its person for more.
      scopeChallenge: requireScopes('notes:write'),
    },
    ({ text }) => {
      notes.set(person, [...hers, text])
      return { content: [{ type: 'text', text: 'Noted' }] }
    },
  )
  return server
}

const mcp = createMcpHandler(({ authInfo }) => notesServer(String(authInfo?.extra?.['person'])))

async function answer(request: Request): Promise<Response> {
  const metadata = metadataResponse(request, {
    resource,
    authorizationServers: [ISSUER],
    scopes: ['notes:read'],
    name: 'Notes',
  })
  if (metadata) return metadata
  if (new URL(request.url).pathname !== '/mcp') return Response.json({ error: 'not_found' }, { status: 404 })

  const checked = await guard.check(request)
  if (!checked.ok) return checked.response
  const { clientId, scopes, expiresAt, subject } = checked.token
  const authInfo = {
    // The token itself goes no further (MCP “Access Token Privilege Restriction”).
    token: '',
    clientId,
    scopes: [...scopes],
    expiresAt,
    resourceMetadataUrl: metadataUrl(resource),
    extra: { person: subject },
  }
  return guard.finish(request, await mcp.fetch(request, { authInfo }))
}

const server = serve({ fetch: answer, port: Number(PORT), hostname: 'localhost' }, () =>
  console.log(`${resource} is open`),
)
process.once('SIGTERM', () => server.close())

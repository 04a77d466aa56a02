import { DemoInMemoryAuthProvider } from '@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import {
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthRouter,
} from '@modelcontextprotocol/sdk/server/auth/router.js'
import express from 'express'
import { serveNotes } from './notes.ts'

// How servers on the v1 SDK sign people in: its deprecated router, here with the SDK's own demo provider.

const { PORT = '4002' } = process.env
const resource = new URL(`http://localhost:${PORT}/mcp`)
const provider = new DemoInMemoryAuthProvider()
const app = express()

app.use(
  mcpAuthRouter({
    provider,
    issuerUrl: new URL(resource.origin),
    resourceServerUrl: resource,
    scopesSupported: ['notes:read'],
  }),
)

const authenticate = requireBearerAuth({
  verifier: provider,
  resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource),
})
app.all('/mcp', authenticate, express.json(), serveNotes)

const server = app.listen(Number(PORT), 'localhost', () => console.log(`${resource.href} is open`))
process.once('SIGTERM', () => server.close())

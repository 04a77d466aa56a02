import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js'
import express from 'express'
import type { NextFunction, Request, Response } from 'express'
import { createGuard, jwksVerifier, metadataResponse } from 'tandem/guard'
import { protect, send, toWeb, tokenOf } from '../express-app/protect.ts'
import { serveNotes } from './notes.ts'

// The same server with Tandem (ISSUER) in the router's place.

const { PORT = '4002', ISSUER = 'http://localhost:3000' } = process.env
const resource = `http://localhost:${PORT}/mcp`
const verifier = jwksVerifier({ issuer: ISSUER, jwksUri: `${ISSUER}/oauth/jwks.json` })
const guard = createGuard({ resource, verifier, defaultScopes: ['notes:read'] })
const app = express()

const described = { resource, authorizationServers: [ISSUER] as const, scopes: ['notes:read'] }
app.use('/.well-known', async (request, response, next) => {
  const metadata = metadataResponse(toWeb(request), described)
  if (!metadata) return next()
  await send(response, metadata)
})

/** What the SDK's tools read as `authInfo`. */
function tell(request: Request & { auth?: AuthInfo }, _response: Response, next: NextFunction): void {
  const { clientId, scopes, expiresAt, subject } = tokenOf(request)
  request.auth = { token: '', clientId, scopes: [...scopes], expiresAt, extra: { person: subject } }
  next()
}
app.all('/mcp', protect(guard, 'notes:read'), tell, express.json(), serveNotes)

const server = app.listen(Number(PORT), 'localhost', () => console.log(`${resource} is open`))
process.once('SIGTERM', () => server.close())

import express from 'express'
import { createGuard, introspectionVerifier, jwksVerifier, metadataResponse } from 'tandem/guard'
import { protect, send, toWeb, tokenOf } from './protect.ts'

// An Express app whose API people's agents may call, with Tandem (ISSUER) as its authorization server.

const { PORT = '4001', ISSUER = 'http://localhost:3000', CLIENT_ID, CLIENT_SECRET } = process.env
const resource = `http://localhost:${PORT}/notes`
const described = {
  resource,
  authorizationServers: [ISSUER] as const,
  scopes: ['notes:read'],
  name: 'Notes',
}

const verifier =
  CLIENT_ID && CLIENT_SECRET
    ? introspectionVerifier({
        issuer: ISSUER,
        introspectionUri: `${ISSUER}/oauth/introspect`,
        clientId: CLIENT_ID,
        clientSecret: CLIENT_SECRET,
      })
    : jwksVerifier({ issuer: ISSUER, jwksUri: `${ISSUER}/oauth/jwks.json` })
const guard = createGuard({ resource, verifier, defaultScopes: ['notes:read'] })

const notes = new Map<string, string[]>()
const app = express()

// RFC 9728 §3: where clients look first. Public, before everything that needs a token.
app.use('/.well-known', async (request, response, next) => {
  const metadata = metadataResponse(toWeb(request), described)
  if (!metadata) return next()
  await send(response, metadata)
})

app.get('/notes', protect(guard, 'notes:read'), (request, response) => {
  response.json({ notes: notes.get(tokenOf(request).subject) ?? [] })
})

app.post('/notes', protect(guard, 'notes:write'), express.json({ limit: '10kb' }), (request, response) => {
  const { text }: { text?: unknown } = request.body ?? {}
  if (typeof text !== 'string') return void response.status(400).json({ error: 'text is missing' })
  const { subject } = tokenOf(request)
  notes.set(subject, [...(notes.get(subject) ?? []), text])
  response.status(201).json({ text })
})

// Preflights and whatever else: the guard answers those itself.
app.use(
  '/notes',
  protect(guard),
  (_request, response) => void response.status(405).json({ error: 'method_not_allowed' }),
)

const server = app.listen(Number(PORT), 'localhost', () => console.log(`${resource} is open`))
process.once('SIGTERM', () => server.close())

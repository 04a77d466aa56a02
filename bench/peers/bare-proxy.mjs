// The least that a gateway can be: the token is checked, the call goes on with another credential, the answer comes back.
import { createHash } from 'node:crypto'
import { Agent, createServer, request as ask } from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const { PORT, UPSTREAM, ISSUER, RESOURCE, REMEMBER } = process.env
const upstream = new URL(UPSTREAM)
const keys = createRemoteJWKSet(new URL('/oauth/jwks.json', ISSUER))
const agent = new Agent({ keepAlive: true, maxSockets: 1024 })
const known = new Map()

/** With REMEMBER a token is verified once, as a gateway does that knows when a grant ends. */
async function check(token) {
  const hash = createHash('sha256').update(token).digest('base64url')
  const until = known.get(hash)
  if (until > Date.now()) return
  const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience: RESOURCE, typ: 'at+jwt' })
  if (REMEMBER) known.set(hash, payload.exp * 1000)
}

const server = createServer(async (incoming, outgoing) => {
  if (incoming.method === 'GET') return outgoing.writeHead(200).end('ready')
  try {
    await check(incoming.headers.authorization?.slice(7) ?? '')
  } catch {
    return outgoing.writeHead(401).end()
  }
  const headers = { ...incoming.headers, host: upstream.host, authorization: 'Bearer key' }
  const onward = ask(
    { host: upstream.hostname, port: upstream.port, path: upstream.pathname, method: 'POST', headers, agent },
    (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers)
      answer.pipe(outgoing)
    },
  )
  onward.on('error', () => outgoing.destroy())
  outgoing.on('close', () => onward.destroy())
  incoming.pipe(onward)
})
server.keepAliveTimeout = 60_000
server.listen(Number(PORT), '127.0.0.1')

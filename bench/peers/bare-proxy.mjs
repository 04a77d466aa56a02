// The least that a gateway can be: the token is checked, the call goes on with another credential, the answer comes back.
import { Agent, createServer, request as ask } from 'node:http'
import { checkToken } from './check-token.mjs'

const { PORT, UPSTREAM } = process.env
const upstream = new URL(UPSTREAM)
const agent = new Agent({ keepAlive: true, maxSockets: 1024 })

const server = createServer(async (incoming, outgoing) => {
  if (incoming.method === 'GET') return outgoing.writeHead(200).end('ready')
  try {
    await checkToken(incoming)
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

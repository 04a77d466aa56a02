import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { SetupError } from '#foundation'
import type { Front, Incoming } from './front.ts'
import type { TrustedProxies } from './client-ip.ts'

export type ListenOptions = { front: Front; proxies: TrustedProxies; host: string; port: number }

/** A server that answers. */
export type Listener = {
  readonly port: number
  /** Refuses new work, waits for what runs up to `graceMs`, then ends what is left. */
  close(graceMs: number): Promise<void>
}

// Slow senders hold a socket this long and no longer (milliseconds).
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16_384,
}

/** @throws SetupError — when the address can't be listened on. */
export async function listen({ front, proxies, host, port }: ListenOptions): Promise<Listener> {
  const answer = getRequestListener((request, env) => {
    const { incoming, outgoing } = env as { incoming: IncomingMessage; outgoing: ServerResponse }
    return front(request, readIncoming(incoming, outgoing, proxies))
  })
  let stopping = false
  let running = 0
  let idle = (): void => undefined
  const server = createServer(limits, (incoming, outgoing) => {
    if (stopping) return refuse(outgoing, 503, 'Tandem is stopping')
    // RFC 9112 §3.2.2: the absolute form is for proxies, the asterisk form for OPTIONS; we are neither.
    if (!incoming.url?.startsWith('/')) return refuse(outgoing, 400, 'The request target must be a path')
    if (namesTwoHosts(incoming.rawHeaders)) return refuse(outgoing, 400, 'Send one Host header')
    running++
    outgoing.once('close', () => {
      running--
      if (stopping && running === 0) idle()
    })
    void answer(incoming, outgoing)
  })
  await listening(server, host, port)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async close(graceMs) {
      stopping = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      if (running > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, graceMs)
          idle = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      server.closeAllConnections()
      await closed
    },
  }
}

function readIncoming(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  proxies: TrustedProxies,
): Incoming {
  const target = incoming.url ?? '/'
  const query = target.indexOf('?')
  const peer = incoming.socket.remoteAddress ?? ''
  const { host, 'x-forwarded-for': forwardedFor } = incoming.headers
  return {
    path: query < 0 ? target : target.slice(0, query),
    host: host?.toLowerCase(),
    peer,
    ...proxies.clientOf(peer, typeof forwardedFor === 'string' ? forwardedFor : forwardedFor?.join(',')),
    setHeader: (name, value) => outgoing.setHeader(name, value),
  }
}

/** RFC 9112 §3.2: more than one is answered with 400. Node itself keeps the first and says nothing. */
function namesTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts > 1
}

function refuse(outgoing: ServerResponse, status: number, message: string): void {
  outgoing
    .writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' })
    .end(message)
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = { EADDRINUSE: 'something else listens there', EACCES: 'this needs more rights' }[
        error.code ?? ''
      ]
      reject(
        new SetupError(
          `Can’t listen on ${host}:${port}: ${why ?? error.message}. Set PORT (and HOST) to something free`,
          { cause: error },
        ),
      )
    })
    server.listen(port, host, () => resolve())
  })
}

import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Stands between the official suite, which can't send a token, and a guarded server: adds the bearer
 * and changes nothing else. Host and Origin stay as they came, or the suite's DNS rebinding scenario
 * would pass or fail for the wrong reason.
 */
export async function injectProxy(target: () => number, bearer: (path: string) => Promise<string>) {
  const credentials = async (path: string): Promise<Record<string, string>> =>
    path.startsWith('/mcp') ? { authorization: `Bearer ${await bearer(path)}` } : {}
  const server = createServer(async (incoming, outgoing) => {
    const upstream = forward({
      host: '127.0.0.1',
      port: target(),
      method: incoming.method,
      path: incoming.url,
      headers: { ...incoming.headers, ...(await credentials(incoming.url ?? '')) },
      setHost: false,
    })
    upstream.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(outgoing)
    })
    upstream.on('error', () => outgoing.destroy())
    outgoing.on('close', () => upstream.destroy())
    incoming.pipe(upstream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // listening on a port, not on a pipe
  return {
    port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

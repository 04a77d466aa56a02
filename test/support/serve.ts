import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'

export type Served = { port: number; close(): Promise<void> }

/** Serves a fetch handler on a free port of 127.0.0.1. */
export async function serve(fetch: (request: Request) => Promise<Response>): Promise<Served> {
  const server = createAdaptorServer({ fetch })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // listening on a port, not on a pipe
  return {
    port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  }
}

// mcp-proxy from npm in front of the same upstream, with the token check in the place that it has for one.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Server } from '@modelcontextprotocol/server'
import { proxyServer, startHTTPServer } from 'mcp-proxy'
import { checkToken } from './check-token.mjs'

const { PORT, UPSTREAM } = process.env
const client = new Client({ name: 'mcp-proxy', version: '1' }, { versionNegotiation: { mode: 'auto' } })
await client.connect(new StreamableHTTPClientTransport(new URL(UPSTREAM)))
const serverCapabilities = client.getServerCapabilities() ?? {}
await startHTTPServer({
  port: Number(PORT),
  host: '127.0.0.1',
  eventStore: false,
  sseEndpoint: null,
  streamEndpoint: '/mcp',
  enableJsonResponse: true,
  authenticate: async (request) => {
    await checkToken(request)
    return { authenticated: true }
  },
  onUnhandledRequest: async (_request, response) => void response.writeHead(200).end('ready'),
  createServer: async () => {
    const server = new Server({ name: 'mcp-proxy', version: '1' }, { capabilities: serverCapabilities })
    await proxyServer({ client, server, serverCapabilities })
    return server
  },
})

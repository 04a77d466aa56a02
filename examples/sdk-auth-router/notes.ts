import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Request, Response } from 'express'

/** The part that a move to Tandem leaves alone: one tool, served to whoever the layer before it let in. */
export async function serveNotes(request: Request & { auth?: AuthInfo }, response: Response): Promise<void> {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Who is asking' }, ({ authInfo }) => ({
    content: [{ type: 'text', text: JSON.stringify({ scopes: authInfo?.scopes, extra: authInfo?.extra }) }],
  }))
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
  response.on('close', () => {
    void transport.close()
    void server.close()
  })
  // The SDK's own types disagree about optional members under exactOptionalPropertyTypes.
  await server.connect(transport as Parameters<typeof server.connect>[0])
  await transport.handleRequest(request, response, request.body)
}

import type { Visitor } from '../visitor.ts'
import { expectStatus } from '../visitor.ts'

/** One `tools/call` over streamable HTTP; throws when the tool or the protocol answers with an error. */
export async function callTool(
  visitor: Visitor,
  token: string,
  tool: { name: string; arguments: object },
  revision: string,
  headers: Record<string, string> = {},
  meta?: object,
): Promise<void> {
  const answer = await visitor.askAsClient('/mcp', {
    json: {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { ...tool, ...(meta ? { _meta: meta } : {}) },
    },
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': revision,
      ...headers,
    },
  })
  expectStatus(answer, 200)
  if (!answer.text.includes('"content"') || answer.text.includes('"isError":true'))
    throw new Error(`${tool.name} failed: ${answer.text.slice(0, 300)}`)
}

import { createMcpHandler, ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server'
import type { McpHttpHandler } from '@modelcontextprotocol/server'
import { version } from '#foundation'
import type { Log } from '#foundation'
import { instructions } from './instructions.ts'
import type { ListedTool } from './tool-list.ts'

export const serverInfo = { name: 'tandem', title: 'Tandem', version }

/** A tool's answer in the SDK's terms. */
export type SdkAnswer = {
  content: { type: 'text'; text: string }[]
  structuredContent?: Record<string, unknown>
  isError?: true
}
/** Runs a tool for the request that carried this `extra`. Resolves to undefined when there is no such tool. */
export type RunTool = (extra: unknown, name: string, sent: unknown) => Promise<SdkAnswer | undefined>

/**
 * Everything that isn't a plain tool call, answered by the official SDK: both eras of the protocol,
 * `initialize` and `server/discover`, listings, batches, notifications, and every malformed message.
 *
 * The SDK wants a server of its own for each request, so that no answer can reach another caller
 * (CVE-2026-25536); the low-level one costs half of `McpServer` and lists what was computed once.
 */
export function sdkHandler(listed: readonly ListedTool[], run: RunTool, log: Log): McpHttpHandler {
  return createMcpHandler(
    ({ authInfo }) => {
      const server = new Server(serverInfo, {
        capabilities: { tools: {} },
        instructions,
        // The list changes with a release only. It is behind a token, so no shared cache may hold it.
        cacheHints: { 'tools/list': { ttlMs: 300_000, cacheScope: 'private' } },
      })
      server.setRequestHandler('tools/list', () => ({ tools: [...listed] }))
      server.setRequestHandler('tools/call', async ({ params }) => {
        const answer = await run(authInfo?.extra, params.name, params.arguments)
        if (answer) return answer
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Tool ${params.name} not found`)
      })
      return server
    },
    { onerror: (error) => log.debug({ err: error }, 'mcp message refused') },
  )
}

import { ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server'
import type { CallToolResult } from '@modelcontextprotocol/server'
import type { UpstreamLimits } from '#contract'
import { version } from '#foundation'
import type { Clock, OutwardClient } from '#foundation'
import { UpstreamTrouble } from '../engine.ts'
import { listedTools } from '../engines/bridge/listed-tools.ts'
import { withOrigin } from '../origin.ts'
import { troubleSentence } from '../trouble-sentence.ts'
import { createTwentyConnector } from './create-twenty-connector.ts'

const limits: Pick<UpstreamLimits, 'answerBytes' | 'timeoutSeconds'> = {
  answerBytes: 8 * 1024 * 1024,
  timeoutSeconds: 60,
}
const title = 'Twenty'

/**
 * MCP servers for one person's own workspace, on her own computer: no sign-in, no review, her key for everything. Makes
 * one for each connection.
 */
export function twentyServers(
  { baseUrl, key }: { baseUrl: string; key: string },
  deps: { outward: OutwardClient; clock: Clock },
): () => Server {
  const connector = createTwentyConnector(deps)
  const access = { baseUrl, headers: { Authorization: `Bearer ${key}` }, secret: key }
  const source = connector.open(access, limits)
  return () => {
    const server = new Server(
      { name: 'twenty', title, version },
      { capabilities: { tools: {} }, cacheHints: { 'tools/list': { ttlMs: 60_000, cacheScope: 'private' } } },
    )
    server.setRequestHandler('tools/list', async (_, { mcpReq }) => {
      try {
        return { tools: listedTools(await source.listTools(mcpReq.signal)) }
      } catch (error) {
        if (!(error instanceof UpstreamTrouble)) throw error
        throw new ProtocolError(ProtocolErrorCode.InternalError, sentence(error))
      }
    })
    server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
      try {
        const call = { name: params.name, arguments: params.arguments ?? {} }
        const result = await source.callTool(call, mcpReq.signal)
        return { ...result, _meta: withOrigin(result._meta, 'twenty') } as CallToolResult
      } catch (error) {
        if (!(error instanceof UpstreamTrouble)) throw error
        return { content: [{ type: 'text', text: sentence(error) }], isError: true }
      }
    })
    return server
  }
}

/** Who sees this set the key and the address herself. */
function sentence({ kind, why }: UpstreamTrouble): string {
  if (kind === 'refused') return `${title} doesn’t take the key in TWENTY_API_KEY`
  return kind === 'unreachable' ? `${title} can’t be used: it ${why}` : troubleSentence(kind, { title })
}

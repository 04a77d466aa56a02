import { ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server'
import type { CallToolResult, ServerContext } from '@modelcontextprotocol/server'
import { isObject, version } from '#foundation'
import { passedMethods, UpstreamRefusal, UpstreamTrouble } from '../../engine.ts'
import type { Exchange, Offers, PassedMethod, Progress } from '../../engine.ts'
import { withOrigin } from '../../origin.ts'
import { troubleSentence, upstreamError } from '../../trouble-sentence.ts'
import { isShown, mayRead, mayUse } from '../../upstreams/scopes.ts'
import type { Carrier } from './carry.ts'
import { listedTools } from './listed-tools.ts'

type BridgeOptions = { exchange: Exchange; carrier: Carrier; offers: Offers }

/** A server of the SDK for one request. Its tools are those that an administrator accepted, in the words she accepted. */
export function bridgeServer({ exchange, carrier, offers }: BridgeOptions): Server {
  const { upstream } = exchange
  const server = new Server(
    // No instructions: the upstream's own would reach the model without anybody having read them.
    { name: upstream.name, title: upstream.title, version },
    {
      capabilities: {
        tools: {},
        ...(offers.prompts && { prompts: {} }),
        ...(offers.resources && { resources: {} }),
        ...(offers.completions && { completions: {} }),
      },
      // As soon as an administrator takes a tool away, calls of it are refused; lists may be a minute behind.
      cacheHints: { 'tools/list': { ttlMs: 60_000, cacheScope: 'private' } },
    },
  )
  const { scopes } = exchange.caller.token
  server.setRequestHandler('tools/list', () => ({
    tools: listedTools(
      [...upstream.tools.values()]
        .filter((tool) => isShown(upstream, tool, scopes))
        .map(({ definition }) => definition),
    ),
  }))
  server.setRequestHandler('tools/call', ({ params }, context) =>
    callTool(exchange, carrier, params, context),
  )
  server.fallbackRequestHandler = (request, context) => passOn(exchange, carrier, request, context)
  return server
}

async function callTool(
  exchange: Exchange,
  carrier: Carrier,
  { name, arguments: sent = {} }: { name: string; arguments?: Record<string, unknown> | undefined },
  context: ServerContext,
): Promise<CallToolResult> {
  const { upstream, caller, record } = exchange
  const tool = upstream.tools.get(name)
  // Decided already on the body (endpoint.ts); a body that the SDK reads otherwise than we did must change nothing.
  if (!tool || !mayUse(upstream, tool, caller.token.scopes))
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Tool ${name.slice(0, 128)} not found`)
  try {
    const result = await carrier(name, context, (source, signal, again) => {
      const progress = progressTo(context, again)
      return source.callTool({ name, arguments: sent, ...(progress && { progress }) }, signal)
    })
    record(
      name,
      result.isError === true ? 'failed' : 'ok',
      result.isError === true ? 'tool_error' : undefined,
    )
    return { ...result, _meta: withOrigin(result._meta, upstream.name) } as CallToolResult
  } catch (error) {
    if (!(error instanceof UpstreamTrouble)) throw error
    return { content: [{ type: 'text', text: troubleSentence(error.kind, upstream) }], isError: true }
  }
}

/** Prompts, resources and completions go on as they are, to a source that has them. */
async function passOn(
  exchange: Exchange,
  carrier: Carrier,
  { method, params = {} }: { method: string; params?: Record<string, unknown> | undefined },
  context: ServerContext,
): Promise<Record<string, unknown>> {
  const { upstream, caller, record } = exchange
  if (!isPassed(method)) throw new ProtocolError(ProtocolErrorCode.MethodNotFound, 'Method not found')
  if (!mayRead(upstream, caller.token.scopes))
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'The grant doesn’t cover this')
  const { _meta: _, ...sent } = params
  try {
    const result = await carrier(method, context, async (source, signal) => {
      if (!source.request || !source.offers?.[passedMethods[method]])
        throw new UpstreamRefusal(ProtocolErrorCode.MethodNotFound, 'Method not found')
      return source.request(method, sent, signal)
    })
    record(method, 'ok')
    // How long it may be kept, and that no shared cache may, isn't the upstream's to say.
    const { ttlMs: _ttl, cacheScope: _scope, ...said } = result
    return { ...said, _meta: withOrigin(result['_meta'], upstream.name) }
  } catch (error) {
    if (!(error instanceof UpstreamTrouble)) throw error
    throw new ProtocolError(upstreamError, troubleSentence(error.kind, upstream))
  }
}

function isPassed(method: string): method is PassedMethod {
  return Object.hasOwn(passedMethods, method)
}

/** The least time between two words on how far a call is, in milliseconds: an upstream must not flood its caller. */
const progressPauseMs = 20

function progressTo(
  { mcpReq }: ServerContext,
  again: () => void,
): ((progress: Progress) => void) | undefined {
  const token = isObject(mcpReq._meta) ? mcpReq._meta['progressToken'] : undefined
  if (typeof token !== 'string' && typeof token !== 'number') return undefined
  let last = -Infinity
  return ({ progress, total, message }) => {
    again()
    const now = performance.now()
    if (now - last < progressPauseMs) return
    last = now
    const params = {
      progressToken: token,
      progress,
      ...(total !== undefined && { total }),
      ...(message !== undefined && { message: message.slice(0, 1000) }),
    }
    // Whoever hung up hears nothing more.
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined)
  }
}

import type { ServerResponse } from 'node:http'
import { upstreamLimits } from '#contract'
import type { UpstreamLimits } from '#contract'
import { silentLog } from '#foundation'
import type { OutwardClient } from '#foundation'
import { testClock } from '../../../../test/support/clock.ts'
import { whoTool, writeTool } from '../../../../test/support/test-upstream.ts'
import type { TestUpstream } from '../../../../test/support/test-upstream.ts'
import { UpstreamTrouble } from '../../engine.ts'
import type { Exchange } from '../../engine.ts'
import type { ToolDefinition, Upstream } from '../../upstreams/upstream.ts'
import { httpEngine } from './http-engine.ts'

const pinned = (definition: object) => {
  const { name } = definition as ToolDefinition
  return [name, { name, access: name === 'who' ? 'read' : 'write', definition }] as const
}
const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
}
export type Options = { limits?: Partial<UpstreamLimits>; url?: string; tools?: object[] }

/** The engine in front of this server, and somebody who asks it. */
export function openHttpEngine(
  { server, outward }: { server: TestUpstream; outward: OutwardClient },
  { limits = {}, url = server.url, tools = [whoTool, writeTool] }: Options = {},
) {
  const clock = testClock()
  const upstream = {
    id: 'ups_1',
    name: 'box',
    title: 'Box',
    kind: 'http',
    url,
    auth: { kind: 'none' },
    limits: { ...upstreamLimits.parse({}), ...limits },
    tools: new Map(tools.map(pinned)),
  } as unknown as Upstream
  const seen: unknown[] = []
  const endings = new Set<() => void>()
  const recorded: string[] = []
  const engine = httpEngine(upstream, {
    outward,
    sessionKey: new Uint8Array(32),
    ended: (_grant, listener) => {
      endings.add(listener)
      return () => endings.delete(listener)
    },
    seen: (_upstream, definitions) => void seen.push(...definitions),
    clock,
    log: silentLog,
  })
  const exchange = (method: string, params: object, more: More = {}): Exchange => {
    const { name = '' } = params as { name?: string }
    const modern = more.legacy
      ? {}
      : { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': method, 'Mcp-Name': name }
    const value = { jsonrpc: '2.0', id: 7, method, params: more.legacy ? params : { ...params, _meta: meta } }
    return {
      request: new Request('http://tandem.test/mcp/box', {
        method: 'POST',
        headers: {
          Accept: 'application/json, text/event-stream',
          'Content-Type': 'application/json',
          ...modern,
        },
        ...(more.signal && { signal: more.signal }),
      }),
      message: { text: JSON.stringify(value), value },
      caller: {
        actor: { kind: 'agent', member: more.person ?? 'mem_ada', grant: 'grt_1' },
        ip: '127.0.0.1',
        token: {
          grantId: 'grt_1',
          scopes: more.scopes ?? ['box:read'],
          expiresAt: clock.now().getTime() / 1000 + 600,
        },
      } as unknown as Exchange['caller'],
      upstream,
      access: { baseUrl: url, headers: {}, secret: null },
      record: (...parts) => void recorded.push(parts.join(' ')),
    }
  }
  type More = { scopes?: string[]; person?: string; signal?: AbortSignal; legacy?: boolean }
  const ask = async (method: string, params: object = {}, more: More = {}) =>
    engine.answer(exchange(method, params, more))
  const call = (more: More = {}) => ask('tools/call', { name: 'who', arguments: {} }, more)
  const kindOf = async (work: Promise<Response>) => {
    try {
      return (await work).status
    } catch (error) {
      return error instanceof UpstreamTrouble ? error.kind : error
    }
  }
  return { engine, exchange, ask, call, kindOf, seen, endings, recorded, clock }
}

export const sse = (events: string) => (_: unknown, response: ServerResponse) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(events)
  return true
}
export const message = (result: object) => JSON.stringify({ jsonrpc: '2.0', id: 7, result })

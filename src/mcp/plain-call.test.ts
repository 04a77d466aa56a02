import { describe, expect, it } from 'vitest'
import { silentLog } from '#foundation'
import type { GrantId, MemberId } from '#foundation'
import type { Actor } from '#identity'
import { callTool } from './call.ts'
import { plainAnswer, plainCall } from './plain-call.ts'
import { sdkHandler } from './sdk-handler.ts'
import { listTools } from './tool-list.ts'
import { tools, toolsByName } from './tools/index.ts'
import { whoami } from './tools/whoami/whoami.ts'

// whoami asks the CRM nothing, so that both ways of answering can run without one.
const noCrm = new Proxy({}, { get: () => expect.unreachable('whoami asked the CRM') }) as never
const ada: Actor = {
  kind: 'agent',
  member: 'mem_ada' as MemberId,
  name: 'Ada',
  role: 'administrator',
  grant: 'grt_1' as GrantId,
  client: 'cli_notebook',
  clientName: 'Notebook “β”',
  scopes: ['crm:read'],
  limits: {},
}
const run = (sent: unknown) => callTool(whoami, sent, { actor: ada, crm: noCrm }, silentLog)
const sdk = sdkHandler(
  listTools(tools),
  async (_extra, name, sent) => {
    if (!toolsByName.has(name)) return undefined
    const outcome = await run(sent)
    const content = [{ type: 'text' as const, text: outcome.text }]
    return outcome.kind === 'ok'
      ? { content, structuredContent: outcome.result as Record<string, unknown> }
      : { content, isError: true }
  },
  silentLog,
)

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'notebook', version: '1' },
}
const modernHeaders = {
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': 'whoami',
}
type Message = { params: Record<string, unknown> } & Record<string, unknown>
const modern = (): Message => ({
  jsonrpc: '2.0',
  id: 7,
  method: 'tools/call',
  params: { name: 'whoami', arguments: {}, _meta: { ...meta } },
})
const legacy = (): Message => ({
  jsonrpc: '2.0',
  id: 'x"1',
  method: 'tools/call',
  params: { name: 'whoami' },
})

function ask(message: unknown, headers: Record<string, string>) {
  return new Request('http://localhost/mcp', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify(message),
  })
}

async function throughSdk(message: unknown, headers: Record<string, string>) {
  const response = await sdk.fetch(ask(message, headers), { parsedBody: message })
  const text = await response.text()
  const event = /^data: (.*)$/m.exec(text)?.[1]
  return { status: response.status, body: JSON.parse(event ?? text) as unknown }
}

async function plainly(message: unknown, headers: Record<string, string>) {
  const call = plainCall(ask(message, headers), message)
  if (!call) return null
  const response = plainAnswer(call, await run(call.arguments))
  return { status: response.status, body: (await response.json()) as unknown }
}

describe('a plain tool call', () => {
  const same: [string, Message, Record<string, string>][] = [
    ['of the newest revision', modern(), modernHeaders],
    [
      'with a progress token',
      { ...modern(), params: { ...modern().params, _meta: { ...meta, progressToken: 'p' } } },
      modernHeaders,
    ],
    [
      'with arguments the tool refuses',
      { ...modern(), params: { ...modern().params, arguments: { x: 1 } } },
      modernHeaders,
    ],
    [
      'of a client with capabilities',
      {
        ...modern(),
        params: {
          ...modern().params,
          _meta: { ...meta, 'io.modelcontextprotocol/clientCapabilities': { roots: {}, elicitation: {} } },
        },
      },
      modernHeaders,
    ],
    ['of 2025-11-25', legacy(), { 'mcp-protocol-version': '2025-11-25' }],
    [
      'of 2025-06-18 with a progress token',
      { ...legacy(), params: { name: 'whoami', _meta: { progressToken: 3 } } },
      { 'mcp-protocol-version': '2025-06-18' },
    ],
    ['of 2025-03-26, which sends no version', { ...legacy(), params: { name: 'whoami', arguments: {} } }, {}],
  ]
  it.each(same)('%s gets what the SDK would have answered', async (_name, message, headers) => {
    const answer = await plainly(message, headers)
    expect(answer).not.toBeNull()
    expect(answer).toEqual(await throughSdk(message, headers))
  })

  const { 'mcp-name': _, ...withoutName } = modernHeaders
  const strange: [string, unknown, Record<string, string>][] = [
    [
      'another method',
      { ...modern(), method: 'tools/list' },
      { ...modernHeaders, 'mcp-method': 'tools/list' },
    ],
    ['a batch', [legacy()], {}],
    ['a notification', { jsonrpc: '2.0', method: 'tools/call', params: { name: 'whoami' } }, {}],
    ['an unknown member', { ...modern(), extra: 1 }, modernHeaders],
    [
      'an unknown parameter',
      { ...modern(), params: { ...modern().params, requestState: 'x' } },
      modernHeaders,
    ],
    ['another JSON-RPC', { ...modern(), jsonrpc: '1.0' }, modernHeaders],
    ['a fractional id', { ...modern(), id: 1.5 }, modernHeaders],
    ['a null id', { ...modern(), id: null }, modernHeaders],
    [
      'arguments that are a list',
      { ...modern(), params: { ...modern().params, arguments: [] } },
      modernHeaders,
    ],
    ['a name that is a number', { ...legacy(), params: { name: 1 } }, {}],
    ['a header naming another tool', modern(), { ...modernHeaders, 'mcp-name': 'undo' }],
    ['a header naming another method', modern(), { ...modernHeaders, 'mcp-method': 'tools/list' }],
    [
      'a header naming another revision',
      modern(),
      { ...modernHeaders, 'mcp-protocol-version': '2025-11-25' },
    ],
    ['no name header', modern(), withoutName],
    ['no headers of the revision', modern(), {}],
    ['an unknown legacy revision', legacy(), { 'mcp-protocol-version': '1999-01-01' }],
    ['a modern header without its envelope', legacy(), modernHeaders],
    ['an Accept without event streams', legacy(), { accept: 'application/json' }],
    [
      'a trace in its meta',
      { ...modern(), params: { ...modern().params, _meta: { ...meta, traceparent: 'x' } } },
      modernHeaders,
    ],
    [
      'a progress token that is an object',
      { ...legacy(), params: { name: 'whoami', _meta: { progressToken: {} } } },
      {},
    ],
    [
      'capabilities that are no object',
      {
        ...modern(),
        params: { ...modern().params, _meta: { ...meta, 'io.modelcontextprotocol/clientCapabilities': 1 } },
      },
      modernHeaders,
    ],
    ['a text', 'tools/call', {}],
  ]
  it.each(strange)('with %s is left to the SDK', (_name, message, headers) => {
    expect(plainCall(ask(message, headers), message)).toBeNull()
  })
})

import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  PROTOCOL_VERSION_META_KEY,
  SERVER_INFO_META_KEY,
  SUPPORTED_PROTOCOL_VERSIONS,
} from '@modelcontextprotocol/server'
import type { CallOutcome } from './call.ts'
import { isObject } from '#foundation'
import type { ToolCall } from '#foundation'
import { serverInfo } from './sdk-handler.ts'

export type PlainCall = ToolCall & { era: 'modern' | 'legacy' }

const modernVersion = '2026-07-28'
const legacyVersions: ReadonlySet<string> = new Set(SUPPORTED_PROTOCOL_VERSIONS)

/**
 * Recognises the message that nearly all traffic is made of: one well-formed `tools/call`.
 *
 * The SDK builds a server and a transport and walks the message with several schemas for each request,
 * four times what the rest of a guarded call costs (bench/). So a call that the SDK would hand to its
 * handler unchanged is answered here, with the same content; whatever isn't exactly that (another
 * method, a batch, an unknown member, a header that differs from the body) gets null and goes to the
 * SDK, which owns every refusal. `plain-call.test.ts` holds the two against each other.
 */
export function plainCall(request: Request, message: unknown): PlainCall | null {
  if (!isObject(message) || !hasOnly(message, messageKeys)) return null
  const { jsonrpc, id, method, params } = message
  if (jsonrpc !== '2.0' || method !== 'tools/call' || !isObject(params) || !hasOnly(params, paramsKeys))
    return null
  if (typeof id !== 'string' && !Number.isInteger(id)) return null
  const { name, arguments: sent, _meta: meta = {} } = params
  if (typeof name !== 'string' || !isObject(meta) || (sent !== undefined && !isObject(sent))) return null
  const era = eraOf(request.headers, name, meta)
  return era && { id: id as string | number, name, arguments: sent, era }
}

const messageKeys = new Set(['jsonrpc', 'id', 'method', 'params'])
const paramsKeys = new Set(['name', 'arguments', '_meta'])
const modernMetaKeys = new Set([
  PROTOCOL_VERSION_META_KEY,
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  'progressToken',
])
const legacyMetaKeys = new Set(['progressToken'])

function eraOf(headers: Headers, name: string, meta: Record<string, unknown>): 'modern' | 'legacy' | null {
  const { progressToken } = meta
  if (progressToken !== undefined && typeof progressToken !== 'string' && !Number.isInteger(progressToken)) {
    return null
  }
  const version = headers.get('mcp-protocol-version')
  if (Object.hasOwn(meta, PROTOCOL_VERSION_META_KEY)) {
    // MCP 2026-07-28 Streamable HTTP: the three headers must equal the body.
    const consistent =
      version === modernVersion &&
      meta[PROTOCOL_VERSION_META_KEY] === modernVersion &&
      headers.get('mcp-method') === 'tools/call' &&
      headers.get('mcp-name') === name
    return consistent && hasOnly(meta, modernMetaKeys) && isKnownClient(meta) ? 'modern' : null
  }
  if (version !== null && !legacyVersions.has(version)) return null
  const accept = headers.get('accept') ?? ''
  const acceptsBoth = accept.includes('application/json') && accept.includes('text/event-stream')
  return acceptsBoth && hasOnly(meta, legacyMetaKeys) ? 'legacy' : null
}

function isKnownClient(meta: Record<string, unknown>): boolean {
  const info = meta[CLIENT_INFO_META_KEY]
  const capabilities = meta[CLIENT_CAPABILITIES_META_KEY]
  return (
    isObject(capabilities) &&
    Object.values(capabilities).every(isEmptyObject) &&
    (info === undefined ||
      (isObject(info) && typeof info['name'] === 'string' && typeof info['version'] === 'string'))
  )
}

function isEmptyObject(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0
}

function hasOnly(object: Record<string, unknown>, known: ReadonlySet<string>): boolean {
  for (const key in object) if (!known.has(key)) return false
  return true
}

// 2026-07-28: a finished result says so, and carries who answered (BASIC).
const modernTail = `,"resultType":"complete","_meta":${JSON.stringify({ [SERVER_INFO_META_KEY]: serverInfo })}`
const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }

/** The answer to a plain call. The result's JSON is written once and used twice: as structure and as text. */
export function plainAnswer({ id, era }: PlainCall, outcome: CallOutcome): Response {
  const content = `"content":[{"type":"text","text":${JSON.stringify(outcome.text)}}]`
  const rest = outcome.kind === 'ok' ? `,"structuredContent":${outcome.text}` : ',"isError":true'
  const result = `{${content}${rest}${era === 'modern' ? modernTail : ''}}`
  return new Response(`{"result":${result},"jsonrpc":"2.0","id":${JSON.stringify(id)}}`, { headers })
}

import { isObject, version } from '#foundation'
import type { Exchange } from '../../engine.ts'
import type { PinnedTool } from '../../upstreams/upstream.ts'

/**
 * What of the caller's headers goes on: these and no others (attacks G4, G8). Her token, her cookies, her proof and
 * whatever names another host or user stay here.
 */
const passed = [
  'accept',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'traceparent',
  'tracestate',
] as const

const agent = `Tandem/${version}`

/** The headers of the request to the upstream. `session` and `event` are the upstream's own ids. */
export function requestHeaders(
  {
    request: { headers },
    message,
    access,
    upstream,
  }: Pick<Exchange, 'request' | 'message' | 'access' | 'upstream'>,
  { session, event, tool }: { session?: string | undefined; event?: string; tool?: string | undefined },
): Record<string, string> {
  const sent: Record<string, string> = { 'user-agent': agent, 'accept-encoding': 'identity' }
  for (const name of passed) {
    const value = headers.get(name)
    if (value !== null) sent[name] = value
  }
  // In our words: with `charset=utf-7` the upstream would read another message than was decided on (attacks G8).
  if (message) sent['content-type'] = 'application/json'
  if (session !== undefined) sent['mcp-session-id'] = session
  if (event !== undefined) sent['last-event-id'] = event
  const pinned = tool === undefined ? undefined : upstream.tools.get(tool)
  for (const name of pinned ? parameterHeaders(pinned) : []) {
    const value = headers.get(name)
    if (value !== null) sent[name] = value
  }
  // Last: nothing of the caller's takes the credential's place (CVE-2026-110279).
  for (const name in access.headers) {
    const value = access.headers[name]
    if (value !== undefined) sent[name.toLowerCase()] = value
  }
  return sent
}

const known = new WeakMap<PinnedTool, readonly string[]>()

/** MCP 2026-07-28, "Custom Headers": the parameters that the accepted definition wants in headers too. */
function parameterHeaders(tool: PinnedTool): readonly string[] {
  const found = known.get(tool)
  if (found) return found
  const names: string[] = []
  const look = (schema: unknown, depth: number): void => {
    if (depth > 5 || !isObject(schema) || !isObject(schema['properties'])) return
    for (const property of Object.values(schema['properties'])) {
      if (!isObject(property)) continue
      const name = property['x-mcp-header']
      if (typeof name === 'string' && /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(name))
        names.push(`mcp-param-${name.toLowerCase()}`)
      look(property, depth + 1)
    }
  }
  look(tool.definition.inputSchema, 0)
  known.set(tool, names)
  return names
}

const namedBy: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
}

/**
 * True when `Mcp-Method` or `Mcp-Name` says something else than the body, which is what was decided on: an upstream
 * that went by the header alone would do what nobody allowed (MCP 2026-07-28, "Server Validation").
 */
export function headersDiffer(headers: Headers, message: unknown): boolean {
  // A batch or an answer: there is nothing that they could name.
  if (!isObject(message) || typeof message['method'] !== 'string')
    return headers.has('mcp-method') || headers.has('mcp-name')
  const { method, params } = message
  const said = headers.get('mcp-method')
  if (said !== null && said !== method) return true
  const name = headers.get('mcp-name')
  if (name === null) return false
  const member = Object.hasOwn(namedBy, method) ? namedBy[method] : undefined
  if (member === undefined) return false
  const meant = isObject(params) ? params[member] : undefined
  return meant !== name && meant !== decoded(name)
}

/** The base64 form for names that no header takes. */
function decoded(value: string): string {
  const inner = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/.exec(value)?.[1]
  return inner === undefined ? value : Buffer.from(inner, 'base64').toString('utf8')
}

/** An answer of the endpoint itself, as a JSON-RPC error: clients show its message. `to` is the message it answers. */
export function rpcError(
  status: number,
  code: number,
  message: string,
  { headers = {}, to }: { headers?: Record<string, string>; to?: unknown } = {},
): Response {
  const id = isObject(to) && (typeof to['id'] === 'string' || typeof to['id'] === 'number') ? to['id'] : null
  return Response.json(
    { jsonrpc: '2.0', error: { code, message }, id },
    { status, headers: { 'Cache-Control': 'no-store', ...headers } },
  )
}

// JSON-RPC 2.0 §5.1. The MCP revisions reserve -32000 to -32099 for themselves (BASIC, "Error codes").
export const parseError = -32700
export const invalidRequest = -32600
export const methodNotFound = -32601
export const internalError = -32603

export type ToolCall = { id: string | number; name: string; arguments: unknown }

/**
 * The tool calls in a body, every element of a legacy batch included: authorization decides on the
 * body, never on `Mcp-Method` and `Mcp-Name`, which the caller could set to anything.
 */
export function toolCallsIn(body: unknown): ToolCall[] {
  if (Array.isArray(body)) return body.flatMap(toolCallsIn)
  if (!isObject(body) || body['method'] !== 'tools/call' || !isObject(body['params'])) return []
  const { name, arguments: sent } = body['params']
  const { id } = body
  if (typeof name !== 'string' || (typeof id !== 'string' && typeof id !== 'number')) return []
  return [{ id, name, arguments: sent }]
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import { isObject, toolCallsIn } from '#foundation'
import { scanMessage } from './scan-message.ts'

/** Members that decide what a message does. */
const deciding: ReadonlySet<string> = new Set([
  'jsonrpc',
  'id',
  'method',
  'params',
  'result',
  'error',
  'name',
  'arguments',
  'uri',
  'ref',
  '_meta',
])

/**
 * The text to pass on, or why there is none. What was decided on has to be what is carried out: readers differ about
 * a member that is there twice, and some take `Name` for `name` (attacks G8).
 */
export function textToSend({
  text,
  value,
}: {
  text: string
  value: unknown
}): { text: string } | { why: string } {
  const messages: readonly unknown[] = Array.isArray(value) ? value : [value]
  for (const message of messages) {
    if (!isObject(message)) return { why: 'The body is no message of JSON-RPC' }
    const fault = faultOf(message)
    if (fault !== undefined) return { why: fault }
    const { params } = message
    const odd = oddName(message) ?? (isObject(params) ? oddName(params) : undefined)
    if (odd !== undefined) return { why: `The message has a member ${JSON.stringify(odd.slice(0, 40))}` }
  }
  // A batch (2025-03-26) is rare enough to be written out again, without what is there twice.
  if (Array.isArray(value)) return { text: JSON.stringify(value) }
  return scanMessage(text, 'params')?.plain
    ? { text }
    : { why: 'A member of the message is there twice, or has escapes in its name' }
}

/**
 * JSON-RPC 2.0 §4, MCP BASIC, "Requests": some readers call a tool for a message that is none by the letter (no id, a
 * method in a list, another case, arguments by position), and then nobody decided on that call.
 */
function faultOf(message: Record<string, unknown>): string | undefined {
  const { method, id } = message
  if (method === undefined)
    return 'result' in message || 'error' in message ? undefined : 'The message has no method'
  if (typeof method !== 'string') return 'The method is no text'
  if (method.startsWith('notifications/')) return undefined
  if (typeof id !== 'string' && typeof id !== 'number') return 'The request has no id'
  const isCall = method.trim().toUpperCase().toLowerCase() === 'tools/call'
  return isCall && toolCallsIn(message).length === 0 ? 'The call names no tool' : undefined
}

function oddName(object: Record<string, unknown>): string | undefined {
  for (const name in object) {
    if (deciding.has(name)) continue
    // Both ways: some readers fold ſ and the Kelvin sign to s and k.
    if (deciding.has(name.toUpperCase().toLowerCase())) return name
  }
  return undefined
}

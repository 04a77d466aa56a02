import { isObject } from '#foundation'
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

function oddName(object: Record<string, unknown>): string | undefined {
  for (const name in object) {
    if (deciding.has(name)) continue
    // Both ways: some readers fold ſ and the Kelvin sign to s and k.
    if (deciding.has(name.toUpperCase().toLowerCase())) return name
  }
  return undefined
}

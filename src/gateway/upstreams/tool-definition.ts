import { createHash } from 'node:crypto'
import { isObject } from '#foundation'
import type { ToolDefinition } from './upstream.ts'

// MCP 2025-11-25, Tools, "Tool Names": 1 to 128 of these. They are also what a scope may hold (RFC 6749 §3.3).
const toolName = /^[A-Za-z0-9_./-]{1,128}$/
/** Bytes of one definition, and how many of one upstream. */
const maxBytes = 64 * 1024
const maxTools = 1000
const maxDepth = 40
// PostgreSQL's jsonb holds neither NUL nor half a surrogate pair; JSON.stringify writes both as escapes.
const unstorable = /\\u0000|\\ud[89a-f]/i

/** What an upstream offers: what can be passed on, and sentences about what can't. */
export type Offer = { tools: ToolDefinition[]; leftOut: string[] }

/** Reads what an upstream calls its tools: whatever it sent, nothing but tools comes out. */
export function readOffer(given: readonly unknown[]): Offer {
  const tools = new Map<string, ToolDefinition>()
  const leftOut: string[] = []
  const leave = (name: string, why: string) => {
    if (leftOut.length < 20) leftOut.push(`${shown(name)} ${why}`)
  }
  for (const one of given) {
    const name = isObject(one) && typeof one['name'] === 'string' ? one['name'] : ''
    if (!toolName.test(name)) leave(name, 'has a name that clients don’t take')
    else if (!isDefinition(one)) leave(name, 'doesn’t say what it takes')
    else if (isDeeper(one, maxDepth)) leave(name, 'is nested too deep')
    else if (Buffer.byteLength(JSON.stringify(one)) > maxBytes) leave(name, 'is longer than 64 KiB')
    else if (unstorable.test(JSON.stringify(one))) leave(name, 'has text that isn’t Unicode')
    else if (tools.has(name)) leave(name, 'is there twice')
    else if (tools.size >= maxTools) leave(name, `is one too many: ${maxTools} are taken`)
    else tools.set(name, one)
  }
  return { tools: [...tools.values()], leftOut }
}

function isDefinition(one: unknown): one is ToolDefinition {
  if (!isObject(one) || typeof one['name'] !== 'string' || !isObject(one['inputSchema'])) return false
  const { title, description, outputSchema, annotations } = one
  return (
    (title === undefined || typeof title === 'string') &&
    (description === undefined || typeof description === 'string') &&
    (outputSchema === undefined || isObject(outputSchema)) &&
    (annotations === undefined || isObject(annotations))
  )
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((inner) => isDeeper(inner, depth - 1))
}

/** A stranger's text in a sentence of ours. */
function shown(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 60)
  return plain === '' ? 'A tool without a name' : `“${plain}”`
}

/** The same for the same definition, in whatever order its members come. */
export function fingerprintOf(definition: ToolDefinition): string {
  return createHash('sha256').update(canonical(definition)).digest('base64url')
}

/** JSON with sorted members. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** Only a tool that says it changes nothing is one that reads; MCP: `readOnlyHint` is false where it is absent. */
export function accessOf({ annotations }: ToolDefinition): 'read' | 'write' {
  return annotations?.['readOnlyHint'] === true ? 'read' : 'write'
}

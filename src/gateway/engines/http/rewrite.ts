import { isObject } from '#foundation'
import { UpstreamTrouble } from '../../engine.ts'
import type { Exchange } from '../../engine.ts'
import { originKey, withOrigin } from '../../origin.ts'
import { isShown } from '../../upstreams/scopes.ts'
import type { ToolsSeen } from '../../upstreams/tool-review.ts'
import { scanMessage } from './scan-message.ts'
import type { Scanned } from './scan-message.ts'

/** Whose results are somebody else's words. */
const telling = new Set(['tools/call', 'tasks/get', 'tasks/result', 'resources/read', 'prompts/get'])

/** Where a server may tell models what to do. Nobody accepted that, so it is left out: tools alone are looked at. */
const opening = new Set(['initialize', 'server/discover'])

/** What their results have, for an answer that comes without its question. */
const tellingMembers = ['content', 'contents', 'messages']

/** How long a client may keep a list, ms: an administrator's change should reach it. */
const longestList = 300_000

/**
 * What becomes of the upstream's messages on their way to the client: lists of tools are ours, results say where they
 * came from, nobody's instructions go on, everything else stays as it was written.
 */
export function rewriter(exchange: Exchange, seen: ToolsSeen): (text: string) => string {
  const { upstream, caller, message } = exchange
  const asked = requestsIn(message?.value)
  const pair = `${JSON.stringify(originKey)}:${JSON.stringify(upstream.name)}`

  const rewritten = (
    answer: Record<string, unknown>,
    method: string | undefined,
  ): Record<string, unknown> => {
    if (!isObject(answer['result'])) return answer
    const { instructions: _, ...rest } = answer['result']
    const result = method === undefined || opening.has(method) ? rest : answer['result']
    // On a stream that is read again (Last-Event-ID) an answer comes without its question.
    if (method === 'tools/list' || (method === undefined && Array.isArray(result['tools'])))
      return { ...answer, result: listed(result) }
    const said =
      method === undefined ? tellingMembers.some((member) => member in result) : telling.has(method)
    const held = said ? { ...result, _meta: withOrigin(result['_meta'], upstream.name) } : result
    // MCP 2026-07-28, "Caching": what an upstream gives one person is for nobody else's cache.
    return { ...answer, result: 'cacheScope' in held ? { ...held, cacheScope: 'private' } : held }
  }

  const listed = (result: Record<string, unknown>): Record<string, unknown> => {
    const { tools, ttlMs } = result
    if (!Array.isArray(tools)) throw new UpstreamTrouble('unreachable', 'its list of tools is none')
    seen(upstream, tools)
    const shown = tools.flatMap((one: unknown) => {
      const pinned = isObject(one) ? upstream.tools.get(String(one['name'])) : undefined
      return pinned && isShown(upstream, pinned, caller.token.scopes) ? [pinned.definition] : []
    })
    const modern = 'resultType' in result || 'cacheScope' in result
    const keep = typeof ttlMs === 'number' ? { ttlMs: Math.min(ttlMs, longestList) } : {}
    return { ...result, tools: shown, ...keep, ...(modern && { cacheScope: 'private' }) }
  }

  return (text) => {
    const scanned = scanMessage(text, 'result')
    if (!scanned) return batch(text, asked, rewritten)
    const id = scanned.members.get('id')
    const result = scanned.members.get('result')
    // A request, a notification or an error of the upstream's.
    if (!result && scanned.plain) return text
    const idText = id && text.slice(id.from, id.to)
    const method =
      idText === undefined ? undefined : (asked.get(idText) ?? asked.get(JSON.stringify(parsedAny(idText))))
    if (asked.size > 0 && method === undefined)
      throw new UpstreamTrouble('unreachable', 'it answered what nobody asked')
    const simple = scanned.plain && !scanned.inner?.has('cacheScope')
    if (simple && method !== undefined && method !== 'tools/list' && !opening.has(method)) {
      if (!telling.has(method)) return text
      const spliced = marked(text, scanned, pair)
      if (spliced !== undefined) return spliced
    }
    return JSON.stringify(rewritten(parsed(text), method))
  }
}

/** The text with one more member in the result's `_meta`; undefined where that takes reading the whole. */
function marked(text: string, { members, inner }: Scanned, pair: string): string | undefined {
  const result = members.get('result')
  if (!result || !inner) return text
  const meta = inner.get('_meta')
  if (!meta) {
    const at = result.from + 1
    return `${text.slice(0, at)}"_meta":{${pair}}${inner.size > 0 ? ',' : ''}${text.slice(at)}`
  }
  const said = text.slice(meta.from, meta.to)
  // Somebody who writes under our name there, or hides what it writes.
  if (!said.startsWith('{') || said.includes('\\') || said.includes('tandem')) return undefined
  const at = meta.to - 1
  return `${text.slice(0, at)}${/^\{\s*\}$/.test(said) ? '' : ','}${pair}${text.slice(at)}`
}

function batch(
  text: string,
  asked: ReadonlyMap<string, string>,
  rewritten: (answer: Record<string, unknown>, method: string | undefined) => Record<string, unknown>,
): string {
  const all = parsedAny(text)
  if (!Array.isArray(all)) throw new UpstreamTrouble('unreachable', 'it answered what is no JSON-RPC')
  return JSON.stringify(
    all.map((one: unknown) => {
      if (!isObject(one)) throw new UpstreamTrouble('unreachable', 'it answered what is no JSON-RPC')
      return rewritten(one, asked.get(JSON.stringify(one['id'])))
    }),
  )
}

function parsed(text: string): Record<string, unknown> {
  const value = parsedAny(text)
  if (isObject(value)) return value
  throw new UpstreamTrouble('unreachable', 'it answered what is no JSON-RPC')
}

function parsedAny(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UpstreamTrouble('unreachable', 'it answered what is no JSON', { cause })
  }
}

/** What was asked, by the id as it is written. */
function requestsIn(value: unknown): ReadonlyMap<string, string> {
  const asked = new Map<string, string>()
  for (const one of Array.isArray(value) ? value : [value]) {
    if (!isObject(one) || typeof one['method'] !== 'string' || one['id'] === undefined) continue
    asked.set(JSON.stringify(one['id']), one['method'])
  }
  return asked
}

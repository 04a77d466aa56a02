import { EventEmitter } from 'node:events'
import { isObject, parseJson, version } from '#foundation'
import type { OutwardClient } from '#foundation'
import { UpstreamTrouble } from '../../engine.ts'
import type { UpstreamAccess } from '../../engine.ts'
import type { Upstream } from '../../upstreams/upstream.ts'
import { readReply } from './answer.ts'
import { send } from './send.ts'
import type { Answered } from './send.ts'

/** `modern`: 2026-07-28 and later, each request for itself. `legacy`: `initialize` and sessions. */
export type Era = 'modern' | 'legacy'

const modernVersion = '2026-07-28'
const legacyVersion = '2025-11-25'
const versionKey = 'io.modelcontextprotocol/protocolVersion'
/** Milliseconds until it is asked again what it speaks: servers are upgraded. */
const rememberFor = 10 * 60_000

/** Which of the two the request is, by its body first, as servers tell them apart (MCP 2026-07-28, "Versioning"). */
export function eraOf({ headers }: Pick<Request, 'headers'>, message: unknown): Era {
  if (isObject(message) && isObject(message['params'])) {
    const { _meta: meta } = message['params']
    if (isObject(meta) && typeof meta[versionKey] === 'string') return 'modern'
  }
  return (headers.get('mcp-protocol-version') ?? '') >= modernVersion ? 'modern' : 'legacy'
}

/** Which revisions the upstream speaks, found out by asking it and remembered a while. */
export function createEras(upstream: Upstream, outward: OutwardClient) {
  const found = new Map<Era, { speaks: boolean; until: number }>()

  const ask = async (era: Era, access: UpstreamAccess): Promise<boolean> => {
    const way = new EventEmitter()
    const timer = setTimeout(() => way.emit('abort'), upstream.limits.timeoutSeconds * 1000)
    let over = false
    way.once('abort', () => (over = true))
    try {
      const answered = await send(outward, {
        url: access.baseUrl,
        method: 'POST',
        headers: { ...(era === 'modern' ? modernHeaders : legacyHeaders), ...lowerCase(access.headers) },
        body: era === 'modern' ? discover : initialize,
        signal: way,
        repeatable: true,
        gone: () => over,
      })
      const result = await resultIn(answered, upstream)
      if (era === 'modern') return Array.isArray(result?.['supportedVersions'])
      const session = answered.headers['mcp-session-id']
      if (typeof session === 'string') void endSession(outward, access, session)
      return typeof result?.['protocolVersion'] === 'string'
    } catch (error) {
      if (over) throw new UpstreamTrouble('late', 'it didn’t say what it speaks', { cause: error })
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    /** What is known; undefined when it has to be asked. */
    known(era: Era): boolean | undefined {
      const known = found.get(era)
      return known && known.until > performance.now() ? known.speaks : undefined
    },
    /** @throws UpstreamTrouble when it can't be told. */
    async speaks(era: Era, access: UpstreamAccess): Promise<boolean> {
      const speaks = await ask(era, access)
      found.set(era, { speaks, until: performance.now() + rememberFor })
      return speaks
    },
  }
}

const clientInfo = { name: 'tandem', title: 'Tandem', version }
const common = {
  'user-agent': `Tandem/${version}`,
  'accept-encoding': 'identity',
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
}
const legacyHeaders = common
const modernHeaders = {
  ...common,
  'mcp-protocol-version': modernVersion,
  'mcp-method': 'server/discover',
}
const discover = JSON.stringify({
  jsonrpc: '2.0',
  id: 'tandem',
  method: 'server/discover',
  params: {
    _meta: {
      [versionKey]: modernVersion,
      'io.modelcontextprotocol/clientInfo': clientInfo,
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
})
const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 'tandem',
  method: 'initialize',
  params: { protocolVersion: legacyVersion, capabilities: {}, clientInfo },
})

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

/** The result in an answer, streamed or not; undefined for a refusal, which is what a server of the other era gives. */
async function resultIn(
  answered: Answered,
  upstream: Upstream,
): Promise<Record<string, unknown> | undefined> {
  const reply = await readReply(answered, { upstream })
  if (reply.kind === 'bare') return undefined
  const text = reply.kind === 'text' ? reply.text : await firstAnswerIn(answered, upstream.limits.answerBytes)
  const parsed = parseJson(text)
  if (!parsed.ok || !isObject(parsed.value)) return undefined
  const { result } = parsed.value
  return isObject(result) ? result : undefined
}

/** The first event of a stream that answers. Nothing after it is read. */
async function firstAnswerIn({ body }: Answered, limit: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let from = 0
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    // Whole events only, each looked at once: a stranger wrote them, and how long that takes mustn't be up to her.
    for (;;) {
      blankLine.lastIndex = from
      const end = blankLine.exec(text)
      if (!end) break
      const data = dataIn(text.slice(from, end.index))
      if (data.startsWith('{') && /"(?:result|error)"/.test(data)) return data
      from = blankLine.lastIndex
    }
    if (text.length > limit) break
  }
  return ''
}

const blankLine = /\r?\n\r?\n/g

function dataIn(event: string): string {
  return event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trim())
    .join('\n')
}

async function endSession(outward: OutwardClient, access: UpstreamAccess, session: string): Promise<void> {
  try {
    const { body } = await outward.request(access.baseUrl, {
      method: 'DELETE',
      headers: {
        ...lowerCase(access.headers),
        'mcp-session-id': session,
        'mcp-protocol-version': legacyVersion,
      },
      signal: AbortSignal.timeout(5000),
    })
    await body.dump({ limit: 16_384 })
  } catch {
    // It was only good manners.
  }
}

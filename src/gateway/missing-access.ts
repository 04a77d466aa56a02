import { isObject, rpcError, toolCallsIn } from '#foundation'
import type { NoAccess } from './access.ts'
import type { Caller, Exchange } from './engine.ts'
import { methodOf } from './plumbing.ts'
import { upstreamError } from './trouble-sentence.ts'

// MCP 2025-11-25, Elicitation, "URL Mode": the person has to open a page first. Gone in 2026-07-28.
const urlElicitationRequired = -32042
/** What we ask for under, among a result's `inputRequests` (MCP 2026-07-28, multi round-trip requests). */
const asked = 'tandem/connect'
/** MCP 2026-07-28: what may be answered with `input_required`. */
const mayAsk = /^(tools\/call|prompts\/get|resources\/read)$/
const versionKey = 'io.modelcontextprotocol/protocolVersion'
const capabilitiesKey = 'io.modelcontextprotocol/clientCapabilities'
const mostRemembered = 10_000

/** What an agent is told whose person has nothing to call the upstream with: the page where she puts that right. */
export function createMissingAccess() {
  // Clients of the older revisions say once what they can do; another replica tells them in words.
  const opensPages = new Map<string, true>()

  return {
    /** Remembers what a client says of itself. */
    hear(body: unknown, { token }: Caller): void {
      if (methodOf(body) !== 'initialize' || !isObject(body) || !isObject(body['params'])) return
      opensPages.delete(token.grantId)
      if (!takesUrls(body['params']['capabilities'])) return
      if (opensPages.size >= mostRemembered) opensPages.clear()
      opensPages.set(token.grantId, true)
    },

    answer({ missing, page }: NoAccess, body: unknown, { token }: Caller): Response {
      const sentence = `${missing}. Open ${page}`
      const [call] = toolCallsIn(body)
      const params = isObject(body) && isObject(body['params']) ? body['params'] : {}
      const meta = isObject(params['_meta']) ? params['_meta'] : {}
      const url = { mode: 'url', message: `${missing}. Open this page to change that`, url: page }
      if (typeof meta[versionKey] === 'string') {
        // Once: who comes back without having done it gets the words.
        const again = isObject(params['inputResponses']) && asked in params['inputResponses']
        if (mayAsk.test(methodOf(body) ?? '') && takesUrls(meta[capabilitiesKey]) && !again) {
          const inputRequests = { [asked]: { method: 'elicitation/create', params: url } }
          return answered(body, { result: { resultType: 'input_required', inputRequests } })
        }
      } else if (call && !Array.isArray(body) && opensPages.has(token.grantId)) {
        const elicitations = [{ ...url, elicitationId: crypto.randomUUID() }]
        const error = { code: urlElicitationRequired, message: sentence, data: { elicitations } }
        return answered(body, { error })
      }
      // A model reads a tool's result; what isn't a tool call gets an error that clients show.
      if (!call) return rpcError(200, upstreamError, sentence, { to: body })
      return toolError(call.id, sentence)
    },
  }
}
export type MissingAccess = ReturnType<typeof createMissingAccess>

/** Without what a client answers to us: it is none of the upstream's. */
export function withoutOurs(message: Exchange['message']): Exchange['message'] {
  const body = message?.value
  if (!isObject(body) || !isObject(body['params']) || !isObject(body['params']['inputResponses']))
    return message
  const { [asked]: ours, ...theirs } = body['params']['inputResponses']
  if (ours === undefined) return message
  const { inputResponses: _, ...rest } = body['params']
  const params = Object.keys(theirs).length > 0 ? { ...rest, inputResponses: theirs } : rest
  const value = { ...body, params }
  return { text: JSON.stringify(value), value }
}

function takesUrls(capabilities: unknown): boolean {
  return (
    isObject(capabilities) &&
    isObject(capabilities['elicitation']) &&
    isObject(capabilities['elicitation']['url'])
  )
}

function answered(to: unknown, content: Record<string, unknown>): Response {
  const id = isObject(to) ? to['id'] : null
  return Response.json({ jsonrpc: '2.0', id, ...content }, { headers: { 'Cache-Control': 'no-store' } })
}

/** Errors are errors: the result says so, and the model can act on its words. */
export function toolError(id: string | number, text: string): Response {
  return answered(
    { id },
    {
      result: { content: [{ type: 'text', text }], isError: true, resultType: 'complete' },
    },
  )
}

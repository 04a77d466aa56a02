import { invalidRequest, methodNotFound, rpcError, toolCallsIn } from '#foundation'
import type { LoggedCall } from '#identity'
import type { createAccess } from './access.ts'
import { UpstreamTrouble, wantsAnotherToken } from './engine.ts'
import type { Caller, Engine, Exchange, TroubleKind } from './engine.ts'
import { changedMeanwhile } from './engines/when-ended.ts'
import { toolError, withoutOurs } from './missing-access.ts'
import type { MissingAccess } from './missing-access.ts'
import { calledIn, isPlumbing, messagesIn, methodOf, needOf } from './plumbing.ts'
import { troubleSentence, upstreamError } from './trouble-sentence.ts'
import type { AgentDoor } from './ports.ts'
import { mayRead, mayUse, mayWrite, scopeFor } from './upstreams/scopes.ts'
import type { Upstream } from './upstreams/upstream.ts'

type Endpoint = {
  upstream: Upstream
  /** The same as it is by now; null when its settings are others, or the grant may be. */
  now(): Upstream | null
  engine: Engine
  door: AgentDoor
  access: ReturnType<typeof createAccess>
  calls: { add(call: LoggedCall): void }
  /** Answers what every client does first, for whoever has nothing to ask the upstream with. */
  unconnected: Engine
  missing: MissingAccess
  used(caller: Caller, tool: string): void
  /** Hears that the upstream didn't take what the call carried. */
  refused(caller: Caller): void
}

/** What becomes of a call. Proposals for upstream writes will be a third outcome. */
type Decision =
  | { kind: 'forward' }
  | { kind: 'scopes'; scopes: string[] }
  | { kind: 'unknown'; tool: string; id: string | number }
  | { kind: 'everybodys' }

/** Answers one request to one upstream: admitted, read, decided, given its credential, carried there, recorded. */
export async function answerFor(given: Endpoint, request: Request, caller: Caller): Promise<Response> {
  const { door, calls } = given
  const read = request.method === 'POST' ? await door.read(request, caller) : null
  if (read instanceof Response) return read
  const message = withoutOurs(read)
  // Reading takes as long as the sender likes: what was taken away meanwhile is decided on as it is now.
  const upstream = given.now()
  if (!upstream) return changedMeanwhile(message?.value)
  const endpoint = { ...given, upstream }
  endpoint.missing.hear(message?.value, caller)
  const named = toolCallsIn(message?.value).map(({ name }) => name)
  const decision = decide(upstream, caller, message?.value)
  const record = (called: string, outcome: LoggedCall['outcome'], code?: string) => {
    const { actor, ip } = caller
    calls.add({ actor, ip, tool: `${upstream.name}/${called.slice(0, 128)}`, outcome, ...(code && { code }) })
    if (code === ('refused' satisfies TroubleKind)) endpoint.refused(caller)
  }
  const log = (outcome: LoggedCall['outcome'], code?: string) => {
    for (const called of calledIn(message?.value)) record(called, outcome, code)
  }
  if (decision.kind === 'scopes') {
    log('refused', 'insufficient_scope')
    return door.insufficientScope(request, decision.scopes)
  }
  if (decision.kind === 'unknown') {
    log('refused', 'unknown_tool')
    // MCP 2026-07-28, Tools, "Error Handling": an unknown tool is a protocol error.
    return rpcError(200, invalidParams, `Tool ${decision.tool.slice(0, 128)} not found`, {
      to: { id: decision.id },
    })
  }
  if (decision.kind === 'everybodys') {
    log('refused', 'tasks_of_everybody')
    return rpcError(200, methodNotFound, 'This server can’t tell whose tasks are whose', {
      to: message?.value,
    })
  }
  const access = await accessOrTrouble(endpoint, caller)
  if (access instanceof UpstreamTrouble) {
    log('failed', access.kind)
    return troubleAnswer(access, upstream, message?.value)
  }
  if ('missing' in access) {
    const { value } = message ?? {}
    if (message && isPlumbing(value)) {
      // What is there was accepted here: a client may look at it, and hear with its first call what its person has to do.
      const nothing = { baseUrl: '', headers: {}, secret: null }
      const exchange = { request, message, caller, upstream, access: nothing, record }
      return endpoint.unconnected.answer(exchange)
    }
    log('refused', 'no_credential')
    if (!message) return rpcError(405, invalidRequest, 'Use POST', { headers: { Allow: 'POST' } })
    return endpoint.missing.answer(access, read?.value, caller)
  }
  const still = given.now()
  if (!still || (still !== upstream && decide(still, caller, message?.value).kind !== 'forward'))
    return changedMeanwhile(message?.value)
  for (const tool of named) endpoint.used(caller, `${upstream.name}/${tool}`)
  return carried(endpoint, { request, message, caller, upstream, access, record }, log)
}

async function carried(
  { engine, now }: Endpoint,
  exchange: Exchange,
  log: (outcome: LoggedCall['outcome'], code?: string) => void,
): Promise<Response> {
  try {
    const response = await answered(engine, exchange, now)
    if (!response.ok) log('failed', `status_${response.status}`)
    return response
  } catch (error) {
    if (!(error instanceof UpstreamTrouble)) throw error
    log('failed', error.kind)
    return troubleAnswer(error, exchange.upstream, exchange.message?.value)
  }
}

/** A credential may have to be renewed first, by a server that can be in trouble too. */
async function accessOrTrouble({ access, upstream }: Endpoint, { actor }: Caller) {
  try {
    return await access(upstream, actor)
  } catch (error) {
    if (error instanceof UpstreamTrouble) return error
    throw error
  }
}

/** Once more with another token where the upstream says that this one is over: it did nothing with it. */
async function answered(engine: Engine, exchange: Exchange, now: Endpoint['now']): Promise<Response> {
  try {
    return await engine.answer(exchange)
  } catch (error) {
    const access = wantsAnotherToken(error) && (await exchange.access.renew?.())
    if (!access) throw error
    if (!now()) return changedMeanwhile(exchange.message?.value)
    return engine.answer({ ...exchange, access })
  }
}

const invalidParams = -32602

/** Decides on the body, never on `Mcp-Method` and `Mcp-Name`, which the caller could set to anything. */
function decide(upstream: Upstream, caller: Caller, body: unknown): Decision {
  const { scopes } = caller.token
  const messages = messagesIn(body)
  for (const { name, id } of toolCallsIn(body))
    if (!upstream.tools.has(name)) return { kind: 'unknown', tool: name, id }
  // Each of a batch for itself, and all that is missing at once: one step-up is enough.
  const missing = messages.flatMap((message) => {
    const [call] = toolCallsIn(message)
    const tool = call && upstream.tools.get(call.name)
    if (tool) return mayUse(upstream, tool, scopes) ? [] : scopeFor(upstream, tool)
    const need = needOf(methodOf(message))
    const may = need === null || (need === 'read' ? mayRead : mayWrite)(upstream, scopes)
    return may ? [] : `${upstream.name}:${need}`
  })
  if (missing.length > 0) return { kind: 'scopes', scopes: [...new Set(missing)] }
  // Where all call with one credential, the upstream's list of tasks is everybody's. A task's own id is its caller's.
  const shared = upstream.auth.kind === 'none' || upstream.auth.kind === 'header'
  if (shared && messages.some((message) => methodOf(message) === 'tasks/list')) return { kind: 'everybodys' }
  return { kind: 'forward' }
}

function troubleAnswer({ kind }: UpstreamTrouble, upstream: Upstream, body: unknown): Response {
  const sentence = troubleSentence(kind, upstream)
  const [call] = toolCallsIn(body)
  if (call) return toolError(call.id, sentence)
  const status = kind === 'busy' ? 429 : 200
  return rpcError(
    body === undefined ? 502 : status,
    body === undefined ? invalidRequest : upstreamError,
    sentence,
    {
      to: body,
    },
  )
}

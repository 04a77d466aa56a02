import { isJsonContentType } from '@modelcontextprotocol/server'
import type { Audit } from '#audit'
import type { Crm } from '#crm'
import { memoryRateLimiter, rateHeaders, reportUnexpected } from '#foundation'
import type { Clock, GrantId, Log, Place } from '#foundation'
import { limitReached, readBody } from '#guard'
import type { CallLimits, Guard, RefusalReason, VerifiedToken } from '#guard'
import type { Actor } from '#identity'
import { callTool } from './call.ts'
import type { CallOutcome } from './call.ts'
import { createCallLog } from './call-log.ts'
import { maxBodyBytes, parseJson } from './json.ts'
import { plainAnswer, plainCall } from './plain-call.ts'
import {
  internalError,
  invalidRequest,
  isObject,
  methodNotFound,
  parseError,
  rpcError,
  toolCallsIn,
} from './rpc.ts'
import { sdkHandler } from './sdk-handler.ts'
import type { SdkAnswer } from './sdk-handler.ts'
import { listTools } from './tool-list.ts'
import type { Tool } from './tool.ts'
import { tools, toolsByName } from './tools/index.ts'

export type McpDependencies = {
  guard: Guard
  limits: CallLimits
  /** Hears of each call: which grant, from where, which tool. */
  used(grant: GrantId, ip: string, tool: string): void
  /** Who acts with a verified token; null when its person is gone. */
  actorFor(token: VerifiedToken): Promise<Actor | null>
  crm: Crm
  audit: Audit
  clock: Clock
  log: Log
}

/** The agents' door. */
export interface Mcp {
  /** Answers a request to the endpoint, whatever its method; the caller routes `/mcp` and `/mcp/` here. Never throws. */
  handle(request: Request, from: McpFrom): Promise<Response>
  /** Ends what is running and tells the audit log what is still to be told. */
  close(): Promise<void>
}

/** Where a request came from. `setHeader` puts one on whatever the answer will be. */
export type McpFrom = { ip: string; setHeader?(name: string, value: string): void }

/** One request that passed the guard. */
type Caller = { actor: Actor; ip: string }

/** Builds the MCP endpoint: 2026-07-28 and the older revisions, stateless. */
export function createMcp({ guard, limits, used, actorFor, crm, audit, clock, log }: McpDependencies): Mcp {
  const calls = createCallLog(audit)
  const refusals = memoryRateLimiter(clock)
  const sdk = sdkHandler(listTools(tools), runForSdk, log)

  async function handle(request: Request, from: McpFrom): Promise<Response> {
    try {
      return await guarded(request, from)
    } catch (error) {
      const id = reportUnexpected(log, error, 'mcp')
      return guard.finish(request, rpcError(500, internalError, `Something went wrong here (${id})`))
    }
  }

  async function guarded(request: Request, { ip, setHeader }: McpFrom): Promise<Response> {
    const checked = await guard.check(request)
    if (!checked.ok) {
      if (checked.cause !== undefined) log.error({ err: checked.cause }, 'the token verifier could not tell')
      if (isStranger(checked.reason)) {
        const counted = await limits.stranger(ip)
        if (counted && !counted.allowed) return guard.finish(request, tooMany(counted, { ip }))
      }
      await noteRefusal(checked.reason, ip)
      return checked.response
    }
    const asked = limits.call(checked.token.grantId, ip)
    const place = asked instanceof Promise ? await asked : asked
    if (place && !place.allowed) return guard.finish(request, tooMany(place, { ip, token: checked.token }))
    // On the answer to come, whatever it will be: setting them on a Response would cost more than counting.
    if (place && setHeader)
      for (const [name, value] of Object.entries(rateHeaders(place))) setHeader(name, value)
    // RFC 9110 §15.5.6. After the guard: some clients probe with GET and must see the challenge.
    if (request.method !== 'POST') {
      return guard.finish(
        request,
        rpcError(405, invalidRequest, 'Use POST', { headers: { Allow: 'POST, OPTIONS' } }),
      )
    }
    const actor = await actorFor(checked.token)
    if (!actor) {
      await noteRefusal('invalid_token', ip)
      return guard.invalidToken(request)
    }
    return guard.finish(request, await answer(request, checked.token, { actor, ip }))
  }

  async function answer(request: Request, token: VerifiedToken, caller: Caller): Promise<Response> {
    if (!isJsonContentType(request.headers.get('content-type'))) {
      return rpcError(415, invalidRequest, 'Content-Type must be application/json')
    }
    const text = await readBody(request, maxBodyBytes)
    if (text === null) return rpcError(413, invalidRequest, `The body is larger than ${maxBodyBytes} bytes`)
    const body = parseJson(text)
    if (!body.ok) return rpcError(400, parseError, body.why)

    const missing = scopesMissing(token, body.value)
    if (missing) {
      calls.add({ ...caller, tool: missing.tool, outcome: 'refused', code: 'insufficient_scope' })
      return guard.insufficientScope(request, missing.scopes)
    }
    if (isObject(body.value) && body.value['method'] === 'subscriptions/listen') {
      // Nothing here changes while a client watches (no `listChanged` is advertised): an open stream would
      // only outlive its token and its grant.
      return rpcError(404, methodNotFound, 'There is nothing to subscribe to', { to: body.value })
    }
    const plain = plainCall(request, body.value)
    const tool = plain && toolsByName.get(plain.name)
    if (!plain || !tool) return throughSdk(request, token, body.value, caller)
    const outcome = await run(caller, tool, plain.arguments)
    if (outcome.kind !== 'scopes') return plainAnswer(plain, outcome)
    return guard.insufficientScope(request, [
      ...new Set([...tool.scopesFor(plain.arguments), ...outcome.scopes]),
    ])
  }

  function tooMany(place: Place, { ip, token }: { ip: string; token?: VerifiedToken }): Response {
    if (place.news) audit.note(limitReached(place, { ip, token }))
    const whose = token ? 'of this app' : 'without a good token from this address'
    return rpcError(429, invalidRequest, `Too many calls ${whose}. Wait ${place.reset} s before the next`, {
      headers: rateHeaders(place),
    })
  }

  /** What the calls in a body need beyond the token: every scope of every element, so that one step-up is enough. */
  function scopesMissing(token: VerifiedToken, body: unknown): { tool: string; scopes: string[] } | null {
    const needed = toolCallsIn(body).map((call) => ({
      tool: call.name,
      scopes: toolsByName.get(call.name)?.scopesFor(call.arguments) ?? [],
    }))
    const first = needed.find(({ scopes }) => !guard.covers(token, scopes))
    return first ? { tool: first.tool, scopes: [...new Set(needed.flatMap(({ scopes }) => scopes))] } : null
  }

  async function run(caller: Caller, tool: Tool, sent: unknown): Promise<CallOutcome> {
    const outcome = await callTool(tool, sent, { actor: caller.actor, crm }, log)
    if (caller.actor.kind === 'agent') used(caller.actor.grant, caller.ip, tool.definition.name)
    calls.add({ ...caller, tool: tool.definition.name, ...logged(outcome) })
    return outcome
  }

  async function throughSdk(
    request: Request,
    token: VerifiedToken,
    parsedBody: unknown,
    caller: Caller,
  ): Promise<Response> {
    const authInfo = { token: '', clientId: token.clientId, scopes: [...token.scopes], extra: { caller } }
    const response = await sdk.fetch(request, { parsedBody, authInfo })
    if (!response.headers.has('Cache-Control')) response.headers.set('Cache-Control', 'no-store')
    return response
  }

  async function runForSdk(extra: unknown, name: string, sent: unknown): Promise<SdkAnswer | undefined> {
    const { caller } = extra as { caller: Caller } // put there by throughSdk, the only caller of the SDK
    const tool = toolsByName.get(name)
    if (!tool) return undefined
    const outcome = await run(caller, tool, sent)
    const content = [{ type: 'text' as const, text: outcome.text }]
    if (outcome.kind !== 'ok') return { content, isError: true }
    return { content, structuredContent: outcome.result as Record<string, unknown> }
  }

  /** A client without a token is on its way to get one: no news. One with a bad token is, up to a point. */
  async function noteRefusal(reason: RefusalReason, ip: string): Promise<void> {
    if (reason !== 'invalid_token' && reason !== 'insufficient_scope') return
    if (!(await refusals.take(ip, { limit: 30, window: 60 })).allowed) return
    const event = reason === 'invalid_token' ? 'token.refused' : 'scope.refused'
    audit.note({ event, outcome: 'refused', actor: { kind: 'anonymous' }, ip })
  }

  return {
    handle,
    async close() {
      await sdk.close()
      calls.close()
    },
  }
}

/** Whoever shows no token that is good here. */
function isStranger(reason: RefusalReason): boolean {
  return (
    reason === 'no_credentials' ||
    reason === 'malformed' ||
    reason === 'invalid_token' ||
    reason === 'invalid_proof'
  )
}

function logged(outcome: CallOutcome): {
  outcome: 'ok' | 'refused' | 'failed'
  code?: string
  object?: string
  count?: number
} {
  switch (outcome.kind) {
    case 'ok':
      return {
        outcome: 'ok',
        ...(outcome.object === undefined ? {} : { object: outcome.object }),
        ...(outcome.count === undefined ? {} : { count: outcome.count }),
      }
    case 'scopes':
      return { outcome: 'refused', code: 'insufficient_scope' }
    case 'error':
      return { outcome: outcome.code === 'forbidden' ? 'refused' : 'failed', code: outcome.code }
  }
}

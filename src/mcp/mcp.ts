import type { Audit } from '#audit'
import type { Crm } from '#crm'
import { isObject, methodNotFound, rpcError, toolCallsIn } from '#foundation'
import type { GrantId, Log } from '#foundation'
import type { VerifiedToken } from '#guard'
import { createCallLog } from '#identity'
import type { AgentDoor, Caller, McpFrom } from './agent-door.ts'
import { callTool } from './call.ts'
import type { CallOutcome } from './call.ts'
import { plainAnswer, plainCall } from './plain-call.ts'
import { sdkHandler } from './sdk-handler.ts'
import type { SdkAnswer } from './sdk-handler.ts'
import { listTools } from './tool-list.ts'
import type { Tool } from './tool.ts'
import { tools, toolsByName } from './tools/index.ts'

export type McpDependencies = {
  door: AgentDoor
  /** Hears of each call: which grant, from where, which tool. */
  used(grant: GrantId, ip: string, tool: string): void
  crm: Crm
  audit: Audit
  log: Log
}

/** The agents' door. */
export interface Mcp {
  /** Answers a request to the endpoint, whatever its method; the caller routes `/mcp` and `/mcp/` here. Never throws. */
  handle(request: Request, from: McpFrom): Promise<Response>
  /** Ends what is running and tells the audit log what is still to be told. */
  close(): Promise<void>
}

/** Builds the MCP endpoint: 2026-07-28 and the older revisions, stateless. */
export function createMcp({ door, used, crm, audit, log }: McpDependencies): Mcp {
  const calls = createCallLog(audit)
  const sdk = sdkHandler(listTools(tools), runForSdk, log)

  async function answer(request: Request, caller: Caller): Promise<Response> {
    const message = await door.read(request, caller)
    if (message instanceof Response) return message
    const missing = scopesMissing(caller.token, message.value)
    if (missing) {
      calls.add({ ...place(caller), tool: missing.tool, outcome: 'refused', code: 'insufficient_scope' })
      return door.insufficientScope(request, missing.scopes)
    }
    if (isObject(message.value) && message.value['method'] === 'subscriptions/listen') {
      // Nothing here changes while a client watches (no `listChanged` is advertised): an open stream would
      // only outlive its token and its grant.
      return rpcError(404, methodNotFound, 'There is nothing to subscribe to', { to: message.value })
    }
    const plain = plainCall(request, message.value)
    const tool = plain && toolsByName.get(plain.name)
    if (!plain || !tool) return throughSdk(request, message.value, caller)
    const outcome = await run(caller, tool, plain.arguments)
    if (outcome.kind !== 'scopes') return plainAnswer(plain, outcome)
    return door.insufficientScope(request, [
      ...new Set([...tool.scopesFor(plain.arguments), ...outcome.scopes]),
    ])
  }

  /** What the calls in a body need beyond the token: every scope of every element, so that one step-up is enough. */
  function scopesMissing(token: VerifiedToken, body: unknown): { tool: string; scopes: string[] } | null {
    const needed = toolCallsIn(body).map((call) => ({
      tool: call.name,
      scopes: toolsByName.get(call.name)?.scopesFor(call.arguments) ?? [],
    }))
    const first = needed.find(({ scopes }) => !door.covers(token, scopes))
    return first ? { tool: first.tool, scopes: [...new Set(needed.flatMap(({ scopes }) => scopes))] } : null
  }

  async function run(caller: Caller, tool: Tool, sent: unknown): Promise<CallOutcome> {
    const outcome = await callTool(tool, sent, { actor: caller.actor, crm }, log)
    if (caller.actor.kind === 'agent') used(caller.actor.grant, caller.ip, tool.definition.name)
    calls.add({ ...place(caller), tool: tool.definition.name, ...logged(outcome) })
    return outcome
  }

  async function throughSdk(request: Request, parsedBody: unknown, caller: Caller): Promise<Response> {
    const { token } = caller
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

  return {
    handle: (request, from) => door.handle(request, from, answer),
    async close() {
      await sdk.close()
      calls.close()
    },
  }
}

function place({ actor, ip }: Caller): Pick<Caller, 'actor' | 'ip'> {
  return { actor, ip }
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

import { isJsonContentType } from '@modelcontextprotocol/server'
import type { Audit } from '#audit'
import {
  addressKey,
  internalError,
  invalidRequest,
  maxBodyBytes,
  memoryRateLimiter,
  parseError,
  parseJson,
  rateHeaders,
  reportUnexpected,
  rpcError,
} from '#foundation'
import type { AddressList, CameFrom, Clock, Log, Place } from '#foundation'
import { limitReached, readBody, refuseCaller, strangersPlace } from '#guard'
import type { CallersList, CallLimits, Guard, RefusalReason, VerifiedToken } from '#guard'
import type { Actor } from '#identity'

/** Where a request came from. `setHeader` puts one on whatever the answer will be. */
export type McpFrom = CameFrom & { setHeader?(name: string, value: string): void }

/** One request that passed the guard. */
export type Caller = { actor: Actor; ip: string; token: VerifiedToken }

/** One message as it came, and what it says. */
export type Message = { text: string; value: unknown }

/** What stands before every endpoint for agents: guard, rates, who is calling, what the body says. */
export interface AgentDoor {
  /** Lets `answer` answer whom the guard lets pass, and everybody else itself. Never throws. */
  handle(
    request: Request,
    from: McpFrom,
    answer: (request: Request, caller: Caller) => Promise<Response>,
  ): Promise<Response>
  /** The JSON of the body, or the refusal of what isn't any, or is a batch of more calls than are left. */
  read(request: Request, caller: Pick<Caller, 'token' | 'ip'>): Promise<Message | Response>
  /** 403 that names the scopes. */
  insufficientScope(request: Request, scopes: readonly string[]): Response
  covers(token: VerifiedToken, scopes: readonly string[]): boolean
}

export type AgentDoorDependencies = {
  guard: Guard
  limits: CallLimits
  /** Who acts with a verified token; null when its person is gone. */
  actorFor(token: VerifiedToken): Promise<Actor | null>
  audit: Audit
  clock: Clock
  log: Log
  /** Where it may be called from; null: from anywhere. */
  callers?(): AddressList | null
  /** What the endpoint answers to beside OPTIONS; POST alone when absent. */
  methods?: readonly string[]
}

export function createAgentDoor(deps: AgentDoorDependencies): AgentDoor {
  const { guard, limits, actorFor, audit, clock, log, methods = ['POST'], callers } = deps
  const refusals = memoryRateLimiter(clock)

  const tooMany = (place: Place, { ip, token }: { ip: string; token?: VerifiedToken }): Response => {
    if (place.news) audit.note(limitReached(place, { ip, token }))
    const whose = token ? 'of this app' : 'without a good token from this address'
    return rpcError(429, invalidRequest, `Too many calls ${whose}. Wait ${place.reset} s before the next`, {
      headers: rateHeaders(place),
    })
  }

  /** A client without a token is on its way to get one: no news. One with a bad token is, up to a point. */
  const noteRefusal = async (reason: RefusalReason, ip: string): Promise<void> => {
    if (reason !== 'invalid_token' && reason !== 'insufficient_scope') return
    if (!(await refusals.take(ip, { limit: 30, window: 60 })).allowed) return
    const event = reason === 'invalid_token' ? 'token.refused' : 'scope.refused'
    audit.note({ event, outcome: 'refused', actor: { kind: 'anonymous' }, ip })
  }

  const wrongPlace = async (request: Request, from: McpFrom, of: CallersList): Promise<Response | null> => {
    const refused = refuseCaller(from, of)
    if (!refused) return null
    if ((await refusals.take(`address ${addressKey(from.ip)}`, { limit: 30, window: 60 })).allowed)
      audit.note(refused.entry)
    return guard.finish(request, rpcError(403, invalidRequest, refused.words))
  }

  const admit = async (request: Request, from: McpFrom): Promise<Caller | Response> => {
    const { ip, setHeader } = from
    const list = callers?.()
    const elsewhere = list && (await wrongPlace(request, from, { whose: 'resource', list }))
    if (elsewhere) return elsewhere
    const stranger = strangersPlace(limits, ip)
    const checked = await guard.check(request, stranger.mayAsk)
    if (!checked.ok) {
      const counted = isStranger(checked.reason) ? await stranger.take() : stranger.taken()
      if (counted && !counted.allowed) return guard.finish(request, tooMany(counted, { ip }))
      if (checked.cause !== undefined) log.error({ err: checked.cause }, 'the token verifier could not tell')
      await noteRefusal(checked.reason, ip)
      return checked.response
    }
    stranger.giveBack()
    const { token } = checked
    const notHers =
      token.callers && (await wrongPlace(request, from, { whose: 'grant', list: token.callers, token }))
    if (notHers) return notHers
    const asked = limits.call(token.grantId, ip)
    const place = asked instanceof Promise ? await asked : asked
    if (place && !place.allowed) return guard.finish(request, tooMany(place, { ip, token }))
    // On the answer to come, whatever it will be: setting them on a Response would cost more than counting.
    if (place && setHeader)
      for (const [name, value] of Object.entries(rateHeaders(place))) setHeader(name, value)
    // RFC 9110 §15.5.6. After the guard: some clients probe with GET and must see the challenge.
    if (!methods.includes(request.method)) {
      const headers = { Allow: [...methods, 'OPTIONS'].join(', ') }
      return guard.finish(request, rpcError(405, invalidRequest, `Use ${methods.join(' or ')}`, { headers }))
    }
    const actor = await actorFor(token)
    if (actor) return { actor, ip, token }
    await noteRefusal('invalid_token', ip)
    return guard.invalidToken(request)
  }

  /** The request itself was counted when it came: the rest of a batch (2025-03-26) costs as much as one by one. */
  const countRest = async (batch: readonly unknown[], { token, ip }: Pick<Caller, 'token' | 'ip'>) => {
    for (let n = 1; n < batch.length; n++) {
      const asked = limits.call(token.grantId, ip)
      const place = asked instanceof Promise ? await asked : asked
      if (!place) return null
      if (!place.allowed) return tooMany(place, { ip, token })
    }
    return null
  }

  return {
    async handle(request, from, answer) {
      try {
        const caller = await admit(request, from)
        if (caller instanceof Response) return caller
        return guard.finish(request, await answer(request, caller))
      } catch (error) {
        const id = reportUnexpected(log, error, 'mcp')
        return guard.finish(request, rpcError(500, internalError, `Something went wrong here (${id})`))
      }
    },
    async read(request, caller) {
      const { token } = caller
      const began = performance.now()
      if (!isJsonContentType(request.headers.get('content-type')))
        return rpcError(415, invalidRequest, 'Content-Type must be application/json')
      const text = await readBody(request, maxBodyBytes)
      const changed = performance.now() - began > patience ? await guard.recheck(request, token) : null
      if (changed) return changed
      if (text === null) return rpcError(413, invalidRequest, `The body is larger than ${maxBodyBytes} bytes`)
      const parsed = parseJson(text)
      if (!parsed.ok) return rpcError(400, parseError, parsed.why)
      const { value } = parsed
      const refused = Array.isArray(value) ? await countRest(value, caller) : null
      return refused ?? { text, value }
    },
    insufficientScope: guard.insufficientScope,
    covers: guard.covers,
  }
}

/** Milliseconds that a body may take before its token is looked at again: an ending holds within a second (design §2). */
const patience = 250

/** Whoever shows no token that is good here. */
function isStranger(reason: RefusalReason): boolean {
  return (
    reason === 'no_credentials' ||
    reason === 'malformed' ||
    reason === 'invalid_token' ||
    reason === 'invalid_proof'
  )
}

import { EventEmitter } from 'node:events'
import { epochSeconds, invalidRequest, isObject, rpcError, toolCallsIn } from '#foundation'
import type { Clock, Log, OutwardClient } from '#foundation'
import { UpstreamTrouble } from '../../engine.ts'
import type { Caller, Engine, Exchange } from '../../engine.ts'
import { calledIn, isPlumbing } from '../../plumbing.ts'
import { troubleSentence, upstreamError } from '../../trouble-sentence.ts'
import type { ToolsSeen } from '../../upstreams/tool-review.ts'
import type { Upstream } from '../../upstreams/upstream.ts'
import { createAdmission } from '../admission.ts'
import type { Place } from '../admission.ts'
import { hider } from '../hide-secret.ts'
import { changedMeanwhile, whenEnded } from '../when-ended.ts'
import type { Ended } from '../when-ended.ts'
import { bridgeEngine } from '../bridge/bridge-engine.ts'
import { answerHeaders, bareAnswer, readReply } from './answer.ts'
import { cancelUpstream } from './cancel-upstream.ts'
import { textToSend } from './check-message.ts'
import { createEras, eraOf } from './eras.ts'
import type { Era } from './eras.ts'
import { eventStream } from './event-stream.ts'
import type { EventStream } from './event-stream.ts'
import type { HttpSources } from './http-sources.ts'
import { isListening, isRepeatable } from './listening.ts'
import { headersDiffer, requestHeaders } from './request-headers.ts'
import { rewriter } from './rewrite.ts'
import { send } from './send.ts'
import type { Answered } from './send.ts'
import { createSessions } from './sessions.ts'

export type HttpEngineDependencies = {
  outward: OutwardClient
  /** Seals session ids; the same on every replica. */
  sessionKey: Uint8Array
  ended: Ended
  seen: ToolsSeen
  clock: Clock
  log: Log
}

/** How the upstream is left: by whoever emits `abort`. `over`: what the caller acts under ended or changed. */
type Way = { signal: EventEmitter; over: boolean }

/** MCP 2026-07-28, "Server Validation". */
const headerMismatch = -32020
/** Milliseconds without a byte after which a call's stream is given up. */
const longestSilence = 5 * 60_000

/**
 * Stands before a remote MCP server: passes on what the caller's revision and the server's have in common as it is, and
 * leaves the rest to the bridge.
 */
export function httpEngine(upstream: Upstream, deps: HttpEngineDependencies): Engine {
  const { outward, sessionKey, ended, seen, clock, log } = deps
  const { limits } = upstream
  const calls = createAdmission(limits, clock)
  const listeners = createAdmission(limits, clock)
  const sessions = createSessions(sessionKey, upstream)
  const eras = createEras(upstream, outward)
  let sources: Promise<HttpSources> | undefined
  // Loaded when first needed: the SDK's client is a megabyte of code, and who speaks the upstream's revision needs none.
  const openSources = async () => (await import('./http-sources.ts')).httpSources(upstream, outward)
  const bridge = bridgeEngine(async (asked) => (await (sources ??= openSources())).open(asked), {
    upstream,
    ended,
    clock,
    log,
    onClose: async () => (await sources)?.close(),
  })
  const listening = new Set<EventStream>()

  async function answer(exchange: Exchange): Promise<Response> {
    const way: Way = { signal: new EventEmitter(), over: false }
    const unwatch = whenEnded(ended, exchange.caller, () => {
      way.over = true
      way.signal.emit('abort')
    })
    try {
      return await answerOn(way, exchange)
    } finally {
      unwatch()
    }
  }

  async function answerOn(way: Way, exchange: Exchange): Promise<Response> {
    const { request, message, caller } = exchange
    const sealed = request.headers.get('mcp-session-id')
    const session = sealed === null ? undefined : sessions.open(sealed, caller)
    // MCP 2025-11-25, "Session Management": 404 makes the client begin a new one.
    if (session === null) return rpcError(404, invalidRequest, 'The session is over', { to: message?.value })
    // A session is one of the upstream's own: whoever has it speaks its revision.
    if (session === undefined) {
      const era = eraOf(request, message?.value)
      const speaks = eras.known(era) ?? (await found(era, exchange))
      if (way.over) return changedMeanwhile(message?.value)
      if (!speaks) {
        if (message) return bridge.answer(exchange)
        return rpcError(405, invalidRequest, 'Use POST', { headers: { Allow: 'POST' } })
      }
    }
    return pass(way, exchange, session)
  }

  /** Asks what it speaks, in the caller's own place: one that is down is asked no more often for that than for calls. */
  async function found(era: Era, { access, caller }: Exchange): Promise<boolean> {
    const place = calls.enter(personOf(caller))
    try {
      const speaks = await eras.speaks(era, access)
      place.leave()
      return speaks
    } catch (error) {
      place.leave(error instanceof UpstreamTrouble ? error.kind : undefined)
      throw error
    }
  }

  async function pass(way: Way, exchange: Exchange, session: string | undefined): Promise<Response> {
    const { request, message } = exchange
    const body = message && textToSend(message)
    if (body && 'why' in body) return rpcError(400, invalidRequest, body.why, { to: message?.value })
    if (message && headersDiffer(request.headers, message.value))
      return rpcError(400, headerMismatch, 'Mcp-Method or Mcp-Name differs from the body', {
        to: message.value,
      })
    // Each of a batch is a call under way.
    if (Array.isArray(message?.value) && toolCallsIn(message.value).length > limits.atOnceEach)
      throw new UpstreamTrouble('busy', 'a batch holds more calls than one person may make at once')
    const after = request.headers.get('last-event-id')
    const event = after === null ? undefined : sessions.events.open(after, exchange.caller)
    if (event === null) return rpcError(400, invalidRequest, 'There is no such event', { to: message?.value })
    const place = (isListening(exchange) ? listeners : calls).enter(personOf(exchange.caller))
    let late = false
    const gone = () => request.signal.aborted
    const leave = () => way.signal.emit('abort')
    const timer = setTimeout(() => {
      late = true
      leave()
    }, limits.timeoutSeconds * 1000)
    request.signal.addEventListener('abort', leave, { once: true })
    const stop = () => {
      clearTimeout(timer)
      request.signal.removeEventListener('abort', leave)
    }
    try {
      const [tool] = toolCallsIn(message?.value)
      const answered = await send(outward, {
        url: exchange.access.baseUrl,
        method: message ? 'POST' : request.method === 'DELETE' ? 'DELETE' : 'GET',
        headers: requestHeaders(exchange, {
          session,
          ...(event !== undefined && { event }),
          tool: tool?.name,
        }),
        body: body?.text ?? null,
        signal: way.signal,
        repeatable: isRepeatable(exchange),
        gone: () => late || way.over || gone(),
      })
      const reply = await readReply(answered, exchange)
      if (way.over) throw new UpstreamTrouble('unreachable', 'The call was given up')
      const given = sessionIn(answered)
      const next = given === undefined ? undefined : sessions.close(given, exchange.caller)
      if (reply.kind === 'stream') {
        clearTimeout(timer)
        return streamed(exchange, answered, { session, next }, place)
      }
      const headers = answerHeaders(answered, 'application/json', next)
      stop()
      if (reply.kind === 'bare') {
        place.leave()
        return bareAnswer(reply.status, headers, exchange)
      }
      const text = rewriter(exchange, seen)(hider(exchange.access)(reply.text))
      place.leave()
      record(exchange, reply.status)
      return new Response(text, { status: reply.status, headers })
    } catch (error) {
      stop()
      // G7: whoever took the grant back doesn't wait for what is under way, nor does its caller.
      if (way.over) {
        place.leave('abandoned')
        void cancelUpstream(outward, exchange, session)
        return changedMeanwhile(message?.value)
      }
      if (gone()) {
        place.leave('abandoned')
        return new Response(null, { status: 499 })
      }
      const trouble = late ? new UpstreamTrouble('late', `nothing came in ${limits.timeoutSeconds} s`) : error
      place.leave(trouble instanceof UpstreamTrouble ? trouble.kind : undefined)
      if (trouble instanceof UpstreamTrouble)
        log.info({ upstream: upstream.name, kind: trouble.kind, why: trouble.why }, 'an upstream call failed')
      throw trouble
    }
  }

  function streamed(
    exchange: Exchange,
    answered: Answered,
    /** The upstream's own, and what the client is told. */
    { session, next }: { session: string | undefined; next: string | undefined },
    place: Place,
  ): Response {
    const { caller, message } = exchange
    const ends: (() => void)[] = []
    const waits = isListening(exchange)
    const stream = eventStream(answered.body, {
      limit: limits.answerBytes,
      silence: waits ? null : longestSilence,
      hide: hider(exchange.access),
      rewrite: rewriter(exchange, seen),
      closeId: (id) => sessions.events.close(id, caller),
      farewell: ({ kind }) => farewell(troubleSentence(kind, upstream), message?.value),
      ended(how) {
        for (const end of ends) end()
        listening.delete(stream)
        place.leave(how)
      },
    })
    // G7: whoever took the grant back doesn't wait for the stream's end.
    const giveUp = () => {
      stream.end()
      void cancelUpstream(outward, exchange, session)
    }
    ends.push(whenEnded(ended, caller, giveUp))
    if (waits) {
      listening.add(stream)
      const left = (caller.token.expiresAt - epochSeconds(clock.now())) * 1000
      const timer = setTimeout(stream.end, Math.max(0, left))
      ends.push(() => clearTimeout(timer))
    }
    record(exchange, answered.statusCode)
    const headers = { ...answerHeaders(answered, 'text/event-stream', next), 'X-Accel-Buffering': 'no' }
    return new Response(stream.body, { status: answered.statusCode, headers })
  }

  return {
    methods: ['POST', 'GET', 'DELETE'],
    answer,
    listTools: bridge.listTools,
    async close() {
      // What listens comes back by itself, to what the settings say then; calls under way are finished.
      for (const stream of listening) stream.end()
      await bridge.close()
    },
  }
}

/** Calls are recorded when their answer begins; what every client does before the first call, by the endpoint. */
function record(exchange: Exchange, status: number): void {
  const { message, record: write } = exchange
  if (status >= 300 || isPlumbing(message?.value)) return
  for (const called of calledIn(message?.value)) write(called, 'ok')
}

function personOf({ actor }: Caller): string {
  return actor.kind === 'system' ? '' : actor.member
}

function sessionIn({ headers }: Answered): string | undefined {
  const id = headers['mcp-session-id']
  return typeof id === 'string' && id !== '' ? id : undefined
}

/** What a client hears that waits for an answer on a stream which broke; nothing where nobody waits. */
function farewell(sentence: string, body: unknown): string | undefined {
  if (!isObject(body) || body['id'] === undefined || body['method'] === undefined) return undefined
  const { id } = body
  const result = { content: [{ type: 'text', text: sentence }], isError: true, resultType: 'complete' }
  return JSON.stringify(
    body['method'] === 'tools/call'
      ? { jsonrpc: '2.0', id, result }
      : { jsonrpc: '2.0', id, error: { code: upstreamError, message: sentence } },
  )
}

import { createMcpHandler } from '@modelcontextprotocol/server'
import { isObject, methodNotFound, rpcError } from '#foundation'
import type { Clock, Log } from '#foundation'
import type { Caller, Engine, Exchange, Offers, Source, UpstreamAccess } from '../../engine.ts'
import type { Upstream } from '../../upstreams/upstream.ts'
import { createAdmission } from '../admission.ts'
import { withoutSecret } from '../hide-secret.ts'
import { whenEnded } from '../when-ended.ts'
import type { Ended } from '../when-ended.ts'
import { bridgeServer } from './bridge-server.ts'
import { cancellations } from './cancellations.ts'
import { createCarrier } from './carry.ts'
import type { Carrier } from './carry.ts'
import { withinTime } from './within-time.ts'

/** Opens the tools for one call; closed when it is over. `caller` is null when we ask for ourselves. */
export type OpenSource = (
  asked: { access: UpstreamAccess; caller: Caller | null },
  signal: AbortSignal,
) => Promise<Source>

/** What a request takes with it through the SDK. */
type Extra = { exchange: Exchange; over: AbortSignal }

export type BridgeOptions = {
  upstream: Upstream
  ended: Ended
  clock: Clock
  log: Log
  /** False when the source itself rests after failures: one person's must not close it to others. */
  circuit?: boolean
  /** Called once, when the engine is closed. */
  onClose?: () => Promise<void>
}

/** Milliseconds that somebody who asks what there is waits for a source that is still starting. */
const offersMs = 15_000

/**
 * Speaks MCP of every revision for tools that don't: one server of the official SDK for each request, so that no answer
 * can reach another caller (CVE-2026-25536), and behind it the {@link Source}.
 */
export function bridgeEngine(open: OpenSource, options: BridgeOptions): Engine {
  const openSource: OpenSource = async (asked, signal) =>
    withoutSecret(await open(asked, signal), asked.access)
  const { upstream, ended, clock, log, circuit } = options
  const { limits } = upstream
  const admission = createAdmission(limits, clock, { circuit })
  const running = cancellations()
  const closing = new AbortController()
  const carriers = new WeakMap<Exchange, Carrier>()
  const handler = createMcpHandler(
    async ({ authInfo, era }) => {
      if (!isOurs(authInfo?.extra)) throw new Error('a request that is not of the bridge')
      const { exchange, over } = authInfo.extra
      const carrier =
        carriers.get(exchange) ??
        createCarrier({ exchange, over, openSource, admission, running, closing: closing.signal, log, era })
      carriers.set(exchange, carrier)
      return bridgeServer({ exchange, carrier, offers: await offersFor(exchange) })
    },
    { onerror: (error) => log.debug({ err: error, upstream: upstream.name }, 'mcp message refused') },
  )

  /** Asked of the source for a client that asks what there is; tools alone while it can't say. */
  async function offersFor({ message, access, caller }: Exchange): Promise<Offers> {
    const all: unknown[] = Array.isArray(message?.value) ? message.value : [message?.value]
    const askedFor = all.some(
      (one) => isObject(one) && /^(initialize$|server\/discover$)/.test(String(one['method'])),
    )
    if (!askedFor) return { prompts: true, resources: true, completions: true }
    try {
      return await withinTime({ each: offersMs }, [closing.signal], async (signal) => {
        const source = await openSource({ access, caller }, signal)
        await source.close()
        return source.offers ?? {}
      })
    } catch (error) {
      log.debug({ err: error, upstream: upstream.name }, 'what the upstream offers is not known')
      return {}
    }
  }

  return {
    methods: ['POST'],
    async answer(exchange) {
      const { request, message } = exchange
      const body = message?.value
      if (isObject(body) && body['method'] === 'subscriptions/listen')
        // Nothing is carried unasked (no `listChanged`, no `subscribe`): a stream would only outlive its grant.
        return rpcError(404, methodNotFound, 'There is nothing to subscribe to', { to: body })
      running.hear(exchange)
      // G7: from now until the last word of the answer, which may be a stream that begins before its call.
      const over = new AbortController()
      const leave = whenEnded(ended, exchange.caller, () => over.abort())
      const extra: Extra = { exchange, over: over.signal }
      const authInfo = { token: '', clientId: '', scopes: [], extra }
      try {
        const response = await handler.fetch(request, { parsedBody: body, authInfo })
        if (!response.headers.has('Cache-Control')) response.headers.set('Cache-Control', 'no-store')
        return afterBody(response, leave)
      } catch (error) {
        leave()
        throw error
      }
    },
    async listTools(access) {
      return withinTime({ each: limits.timeoutSeconds * 1000 }, [closing.signal], async (signal) => {
        const source = await openSource({ access, caller: null }, signal)
        try {
          return await source.listTools(signal)
        } finally {
          await source.close()
        }
      })
    },
    async close() {
      closing.abort()
      await handler.close()
      await options.onClose?.()
    },
  }
}

/** Put there by `answer`, the only caller of the SDK. */
function isOurs(extra: Record<string, unknown> | undefined): extra is Extra {
  return extra?.['exchange'] !== undefined && extra['over'] instanceof AbortSignal
}

/** The same answer; `done` is called once nobody writes or reads it any more. */
function afterBody(response: Response, done: () => void): Response {
  const { status, headers, body } = response
  if (!body || !headers.get('content-type')?.startsWith('text/event-stream')) {
    done()
    return response
  }
  return new Response(body.pipeThrough(new TransformStream({ flush: done, cancel: done })), {
    status,
    headers,
  })
}

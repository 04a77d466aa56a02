import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import type { ServerContext } from '@modelcontextprotocol/server'
import { reportUnexpected } from '#foundation'
import type { Log } from '#foundation'
import { UpstreamRefusal, UpstreamTrouble, wantsAnotherToken } from '../../engine.ts'
import type { Exchange, Source, UpstreamAccess } from '../../engine.ts'
import type { Admission } from '../admission.ts'
import { changedSentence } from '../when-ended.ts'
import type { OpenSource } from './bridge-engine.ts'
import type { Cancellations } from './cancellations.ts'
import { withinTime } from './within-time.ts'

/** Carries calls of one request to the source: admitted, timed, measured, recorded. */
export type Carrier = <T>(
  called: string,
  context: ServerContext,
  work: (source: Source, signal: AbortSignal, again: () => void) => Promise<T>,
) => Promise<T>

export type CarrierOptions = {
  exchange: Exchange
  /** Aborts when what the caller acts under ended or changed. */
  over: AbortSignal
  openSource: OpenSource
  admission: Admission
  running: Cancellations
  closing: AbortSignal
  log: Log
  era: 'legacy' | 'modern'
}

/** The longest that progress can keep one call going, in milliseconds. */
const longestCallMs = 60 * 60_000

/** The carrier throws {@link UpstreamTrouble}, or the upstream's own refusal as a `ProtocolError`. */
export function createCarrier(options: CarrierOptions): Carrier {
  const { exchange, over, openSource, admission, running, closing, log, era } = options
  const { upstream, access, caller, record } = exchange
  const { limits } = upstream
  const time = { each: limits.timeoutSeconds * 1000, all: longestCallMs }
  const person = caller.actor.kind === 'system' ? '' : caller.actor.member

  return async (called, { mcpReq }, work) => {
    const place = enter(called)
    const control = new AbortController()
    const givenUp = [mcpReq.signal, control.signal]
    const cancellable = era === 'legacy' ? running.add(exchange, mcpReq.id, control) : undefined
    try {
      const carry = (carried: UpstreamAccess) =>
        withinTime(time, [...givenUp, over, closing], async (signal, again) => {
          const source = await openSource({ access: carried, caller }, signal)
          try {
            return await work(source, signal, again)
          } finally {
            await source.close()
          }
        })
      const carryAgain = async () => {
        try {
          return await carry(access)
        } catch (error) {
          // Nothing was done with a token that wasn't taken: the call may be made with the next one.
          const next = wantsAnotherToken(error) && (await access.renew?.())
          if (!next) throw error
          return carry(next)
        }
      }
      const result = await carryAgain()
      over.throwIfAborted()
      const bytes = Buffer.byteLength(JSON.stringify(result))
      if (bytes > limits.answerBytes) throw new UpstreamTrouble('too_large', `The answer has ${bytes} bytes`)
      place.leave()
      return result
    } catch (error) {
      // G7: whoever took the grant back doesn't wait for what is under way, nor does its caller.
      if (over.aborted) {
        place.leave('abandoned')
        record(called, 'failed', 'cancelled')
        throw new ProtocolError(ProtocolErrorCode.InvalidRequest, changedSentence)
      }
      if (error instanceof UpstreamRefusal) {
        place.leave()
        record(called, 'failed', `error_${error.code}`)
        throw new ProtocolError(error.code, error.message.slice(0, 2000))
      }
      const gaveUp = givenUp.some(({ aborted }) => aborted)
      if (gaveUp) {
        place.leave('abandoned')
        record(called, 'failed', 'cancelled')
        throw new UpstreamTrouble('unreachable', 'The call was given up')
      }
      const trouble = troubleOf(error, called)
      place.leave(trouble.kind)
      record(called, 'failed', trouble.kind)
      throw trouble
    } finally {
      cancellable?.done()
    }
  }

  function enter(called: string) {
    try {
      return admission.enter(person)
    } catch (error) {
      record(called, 'failed', error instanceof UpstreamTrouble ? error.kind : 'unreachable')
      throw error
    }
  }

  function troubleOf(error: unknown, called: string): UpstreamTrouble {
    if (error instanceof UpstreamTrouble) return error
    if (closing.aborted) return new UpstreamTrouble('unreachable', 'The call was given up')
    const id = reportUnexpected(log, error, `upstream ${upstream.name} ${called.slice(0, 128)}`)
    return new UpstreamTrouble('unreachable', `Something went wrong here (${id})`)
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { EventEmitter } from 'node:events'
import { AddressRefused } from '#foundation'
import type { OutwardClient } from '#foundation'
import { UpstreamTrouble } from '../../engine.ts'

export type Sending = {
  url: string
  method: 'POST' | 'GET' | 'DELETE'
  headers: Record<string, string>
  body: string | null
  /** Emits `abort`: the caller is gone, or it took too long. */
  signal: EventEmitter
  /** True when being asked twice changes nothing. */
  repeatable: boolean
  gone(): boolean
}
export type Answered = Awaited<ReturnType<OutwardClient['request']>>

const pauseMs = 50

/**
 * Asks the upstream, a second time where that can do no harm: when nothing was sent yet, or it only reads. What may
 * have arrived is never sent again, since it may have been done. @throws UpstreamTrouble
 */
export async function send(outward: OutwardClient, sending: Sending): Promise<Answered> {
  const { url, repeatable, gone, ...options } = sending
  for (let again = false; ; again = true) {
    let answer: Answered
    try {
      answer = await outward.request(url, options)
    } catch (error) {
      if (!again && !gone() && (repeatable || neverSent(error)) && !(error instanceof AddressRefused)) {
        await sleep(pauseMs)
        if (!gone()) continue
      }
      throw new UpstreamTrouble('unreachable', whyOf(error), { cause: error })
    }
    if (again || !repeatable || !passing.has(answer.statusCode)) return answer
    answer.body.destroy()
    await sleep(pauseMs)
    if (gone()) throw new UpstreamTrouble('unreachable', `status ${answer.statusCode}`)
  }
}

/** RFC 9110 §15.6.3 to §15.6.5: what stands between us and the upstream couldn't reach it. */
const passing = new Set([502, 503, 504])

const connecting = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
])

function neverSent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && connecting.has(String(error.code))
}

/** For administrators and the log. The messages of errors on the way name addresses and rules, no headers. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it can’t be asked'
  if (error instanceof AddressRefused) return error.message
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

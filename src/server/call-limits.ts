import { addressKey, isLoopbackAddress } from '#foundation'
import type { LeasingLimiter } from '#foundation'
import type { CallLimits } from '#guard'

/** `local`: on an install that only this computer reaches, everybody on this computer is the same person. */
export function createCallLimits(options: {
  limiter: LeasingLimiter
  local: boolean
  callsPerMinute: number
  strangersPerMinute?: number
}): CallLimits {
  const { limiter, local, callsPerMinute, strangersPerMinute = 600 } = options
  const calls = { limit: callsPerMinute, window: 60 }
  const strangers = { limit: strangersPerMinute, window: 60 }
  const exempt = (ip: string) => local && isLoopbackAddress(ip)
  return {
    call: (grant, ip) => (exempt(ip) ? undefined : limiter.take(`calls:${grant}`, calls)),
    stranger: (ip) => (exempt(ip) ? undefined : limiter.take(`strangers:${addressKey(ip)}`, strangers)),
    rates: { calls, strangers },
  }
}

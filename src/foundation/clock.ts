/** The time, injected, so that tests can move it. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }

/** Whole seconds since the epoch, as JWTs count (RFC 7519 §2, NumericDate). */
export function epochSeconds(at: Date): number {
  return Math.floor(at.getTime() / 1000)
}

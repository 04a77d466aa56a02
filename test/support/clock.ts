import type { Clock } from '#foundation'

export type TestClock = Clock & { advance(ms: number): void; set(at: Date): void }

/** A clock that stands still until told to move. */
export function testClock(start = new Date('2026-11-21T09:00:00Z')): TestClock {
  let at = start.getTime()
  return {
    now: () => new Date(at),
    advance: (ms) => void (at += ms),
    set: (date) => void (at = date.getTime()),
  }
}

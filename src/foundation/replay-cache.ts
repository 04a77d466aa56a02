import type { Clock } from './clock.ts'

/** Remembers what may be used once. Shared by everybody who must not accept the same thing twice. */
export interface ReplayCache {
  /**
   * True for the first to ask with this name before `until`, however many ask at once. `until` is when the thing
   * itself stops being accepted, so that nothing is remembered for longer than it could be replayed.
   */
  first(name: string, until: Date): Promise<boolean>
}

const most = 200_000

/** In this process's memory: right for one process. Replicas need one they share. Throws when it is full, so that nothing passes unchecked. */
export function memoryReplayCache(clock: Clock): ReplayCache {
  const seen = new Map<string, number>()
  return {
    async first(name, until) {
      const now = clock.now().getTime()
      if (seen.size >= most) for (const [old, end] of seen) if (end <= now) seen.delete(old)
      if (seen.size >= most) throw new Error('The replay cache is full')
      if ((seen.get(name) ?? 0) > now) return false
      seen.set(name, until.getTime())
      return true
    },
  }
}

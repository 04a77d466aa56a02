import { UpstreamTrouble } from '../../engine.ts'

export type Time = {
  /** Milliseconds until it is late; `again` begins them anew. */
  each: number
  /** Milliseconds that all of it may take, however often it begins anew. */
  all?: number
}

/**
 * Runs `work` until it is done, its time is over or one of `stops` says so, whichever comes first. What doesn't hear its
 * signal is left behind, its outcome unread.
 */
export async function withinTime<T>(
  { each, all = each }: Time,
  stops: readonly AbortSignal[],
  work: (signal: AbortSignal, again: () => void) => Promise<T>,
): Promise<T> {
  const control = new AbortController()
  const { signal } = control
  const end = performance.now() + all
  const late = () => control.abort(new UpstreamTrouble('late', `Nothing came in time`))
  let timer = setTimeout(late, each)
  const again = () => {
    clearTimeout(timer)
    if (!signal.aborted) timer = setTimeout(late, Math.min(each, end - performance.now()))
  }
  const stop = () => control.abort(new Error('given up'))
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  // Whichever loses the race must not be an unhandled rejection.
  stopped.catch(() => undefined)
  for (const each of stops) {
    each.addEventListener('abort', stop, { once: true })
    if (each.aborted) stop()
  }
  try {
    signal.throwIfAborted()
    const working = work(signal, again)
    working.catch(() => undefined)
    return await Promise.race([working, stopped])
  } finally {
    clearTimeout(timer)
    for (const each of stops) each.removeEventListener('abort', stop)
    control.abort(new Error('over'))
  }
}

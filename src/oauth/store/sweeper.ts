import type { Clock, Log } from '#foundation'

/** Milliseconds between two cleanings of what expired. */
const interval = 5 * 60 * 1000

/** Sweeps the store now and then, until stopped. What fails is left for the next time. */
export function startSweeping(
  store: { sweep(now: Date): Promise<void> },
  clock: Clock,
  log: Log,
): { stop(): void } {
  const timer = setInterval(() => {
    store
      .sweep(clock.now())
      .catch((err: unknown) => log.warn({ err }, 'expired authorization data not swept'))
  }, interval)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

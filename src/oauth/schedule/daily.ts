import type { Clock, Log } from '#foundation'

/** Which replica does a day's job. */
export interface DailyStore {
  /** True for the one that may do it now: nobody did it for this slot, and nobody holds it. */
  claim(job: string, slot: Date, at: Date, leaseUntil: Date): Promise<boolean>
  /** It is done for this slot; nobody does it again. */
  finish(job: string, slot: Date, at: Date): Promise<void>
}

export type DailyJob = {
  name: string
  /** Minutes after midnight, UTC. */
  at: number
  run(): Promise<unknown>
}

const minute = 60_000
const day = 24 * 60 * minute
/** How often each replica looks whether something is due. */
const interval = minute
/** After this long without an end another replica takes it that the first one died. */
const lease = 30 * minute

/** The newest time of day `at` that is not in the future: an install that was off then catches up when it starts. */
export function slotOf({ at }: Pick<DailyJob, 'at'>, now: Date): Date {
  const today = Math.floor(now.getTime() / day) * day + at * minute
  return new Date(today <= now.getTime() ? today : today - day)
}

/** Does each job once a day on one replica, until stopped. What fails is tried again when its lease has run out. */
export function startDaily({
  store,
  jobs,
  clock,
  log,
}: {
  store: DailyStore
  jobs: readonly DailyJob[]
  clock: Clock
  log: Log
}) {
  let running: Promise<void> | undefined
  const look = async (): Promise<void> => {
    for (const job of jobs) {
      const now = clock.now()
      const slot = slotOf(job, now)
      try {
        if (!(await store.claim(job.name, slot, now, new Date(now.getTime() + lease)))) continue
        const done = await job.run()
        await store.finish(job.name, slot, clock.now())
        log.info({ job: job.name, done }, 'daily job done')
      } catch (err) {
        log.warn({ err, job: job.name }, 'daily job failed')
      }
    }
  }
  /** One look at a time. */
  const lookOnce = (): Promise<void> => (running ??= look().finally(() => (running = undefined)))
  const timer = setInterval(() => void lookOnce(), interval)
  timer.unref()
  return {
    look: lookOnce,
    async stop(): Promise<void> {
      clearInterval(timer)
      await running
    },
  }
}

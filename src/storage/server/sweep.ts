import type { Log } from '#foundation'
import type { Line } from '../dialect.ts'

const everyMs = 5 * 60_000
// By the database's clock, and late: no window of a counter is longer than a day, no process reads an hour-old event.
const statements = [
  "delete from outbox where at < now() - interval '1 hour'",
  "delete from rate_counter where ends < now() - interval '1 day'",
]

/** Deletes what nobody will read again, now and then. Returns the way to stop, which waits for a sweep in progress. */
export function startSweeping(connect: () => Promise<Line>, log: Log): () => Promise<void> {
  let sweeping = Promise.resolve()
  const sweep = async () => {
    try {
      const line = await connect()
      try {
        for (const sql of statements) await line.run(sql, [])
      } finally {
        line.release()
      }
    } catch (err) {
      log.warn({ err }, 'sweeping old rows failed')
    }
  }
  // Replicas started together sweep at different times.
  const timer = setInterval(() => void (sweeping = sweep()), everyMs * (0.75 + Math.random() / 2)).unref()
  return async () => {
    clearInterval(timer)
    await sweeping
  }
}

import { sql } from '#storage'
import type { Storage } from '#storage'
import type { DailyStore } from '../schedule/daily.ts'

/** One row per job: whoever writes the slot into it does the job (decision 9). */
export function createDailyTable(storage: Storage): DailyStore {
  const db = storage.db<never>()
  return {
    async claim(job, slot, at, leaseUntil) {
      const { rows } = await sql`
        insert into daily_job (job, slot, lease_until) values (${job}, ${slot}, ${leaseUntil})
        on conflict (job) do update set slot = excluded.slot, lease_until = excluded.lease_until, finished_at = null
        where daily_job.slot < excluded.slot
          or (daily_job.slot = excluded.slot and daily_job.finished_at is null and daily_job.lease_until <= ${at})
        returning job`.execute(db)
      return rows.length === 1
    },
    async finish(job, slot, at) {
      await sql`update daily_job set finished_at = ${at} where job = ${job} and slot = ${slot}`.execute(db)
    },
  }
}

import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Clock, RateLimiter } from '#foundation'
import type { Line } from '../dialect.ts'

const counted = z.array(z.object({ count: z.number(), ends: z.date() })).length(1)
const take = `
insert into rate_counter as counter (key, ends, count) values ($1, $2, 1)
on conflict (key) do update set
  count = case when counter.ends <= $3 then 1 else counter.count + 1 end,
  ends = case when counter.ends <= $3 then excluded.ends else counter.ends end
returning count, ends`

/** Fixed windows that all replicas share: one row per key, counted by one atomic statement. */
export function serverRateLimiter(connect: () => Promise<Line>, clock: Clock): RateLimiter {
  return {
    async take(key, { limit, window }) {
      const now = clock.now()
      const ends = new Date(now.getTime() + window * 1000)
      const line = await connect()
      try {
        const { rows } = await line.run(take, [shortKey(key), ends, now])
        const [row] = counted.parse(rows)
        const count = row?.count ?? limit + 1
        const left = (row?.ends ?? ends).getTime() - now.getTime()
        return {
          allowed: count <= limit,
          limit,
          remaining: Math.max(0, limit - count),
          reset: Math.ceil(left / 1000),
        }
      } finally {
        line.release()
      }
    },
  }
}

/** Keys hold what callers send; an index row has a limit. */
function shortKey(key: string): string {
  return key.length <= 200 ? key : createHash('sha256').update(key).digest('base64url')
}

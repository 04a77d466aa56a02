import { createHash } from 'node:crypto'
import { z } from 'zod'
import { decisionOf, leaseOf } from '#foundation'
import type { Clock, RateLimiter } from '#foundation'
import type { Line } from '../dialect.ts'

const counted = z.array(z.object({ count: z.number(), ends: z.date() })).length(1)
const add = `
insert into rate_counter as counter (key, ends, count) values ($1, $2, $4)
on conflict (key) do update set
  count = case when counter.ends <= $3 then $4 else counter.count + $4 end,
  ends = case when counter.ends <= $3 then excluded.ends else counter.ends end
returning count, ends`

/** Fixed windows that all replicas share: one row per key, counted by one atomic statement. */
export function serverRateLimiter(connect: () => Promise<Line>, clock: Clock): RateLimiter {
  const lease: RateLimiter['lease'] = async (key, rate, places) => {
    const now = clock.now()
    const ends = new Date(now.getTime() + rate.window * 1000)
    const line = await connect()
    try {
      const { rows } = await line.run(add, [shortKey(key), ends, now, places])
      const [row] = counted.parse(rows)
      return leaseOf(row?.count ?? rate.limit + places, places, rate, (row?.ends ?? ends).getTime())
    } finally {
      line.release()
    }
  }
  return {
    lease,
    take: async (key, rate) => decisionOf(await lease(key, rate, 1), rate, clock.now().getTime()),
  }
}

/** Keys hold what callers send; an index row has a limit. */
function shortKey(key: string): string {
  return key.length <= 200 ? key : createHash('sha256').update(key).digest('base64url')
}

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { newId, silentLog } from '#foundation'
import { testClock } from '#test'
import { startIdleEnding } from '../grants/idle-ending.ts'
import { createLastUsed } from '../grants/last-used.ts'
import type { EndWhich, GrantUse } from '../grants/grant-store.ts'
import type { Grant } from '../grants/grant.ts'
import type { LiveGrant } from '../grants/live-grants.ts'
import { startSweeping } from './sweeper.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('sweeps now and then, goes on after a failure, and stops', async () => {
  const swept: Date[] = []
  const store = {
    async sweep(now: Date) {
      swept.push(now)
      if (swept.length === 1) throw new Error('the database is away')
    },
  }
  const { stop } = startSweeping(store, testClock(), silentLog)
  await vi.advanceTimersByTimeAsync(11 * 60_000)
  expect(swept).toHaveLength(2)
  stop()
  await vi.advanceTimersByTimeAsync(11 * 60_000)
  expect(swept).toHaveLength(2)
})

it('last uses are written together now and then; a failed write stops nothing', async () => {
  const written: (readonly GrantUse[])[] = []
  const store = {
    async touch(uses: readonly GrantUse[]) {
      written.push(uses)
      if (written.length === 1) throw new Error('the database is away')
    },
  }
  const lastUsed = createLastUsed(store, testClock(), silentLog)
  const use = (id: string) => lastUsed.mark({ grant: { id }, parent: null } as LiveGrant, 0)
  for (const id of ['grt_a', 'grt_b', 'grt_a']) use(id)
  await vi.advanceTimersByTimeAsync(30_000)
  use('grt_c')
  await vi.advanceTimersByTimeAsync(90_000)
  use('grt_d')
  const exchanged = { grant: { id: 'grt_e' }, parent: { grant: { id: 'grt_d' }, parent: null } }
  lastUsed.mark(exchanged as LiveGrant, 0)
  lastUsed.note(newId('grt'), '192.0.2.7', 'query')
  await lastUsed.close()
  const ids = written.map((uses) => uses.map(({ id }) => id))
  // What was exchanged from a grant is a use of that grant too.
  expect(ids).toEqual([['grt_a', 'grt_b'], ['grt_c'], ['grt_d', 'grt_e', expect.stringMatching(/^grt_/)]])
  expect(written[2]?.[2]).toMatchObject({ ip: '192.0.2.7', tool: 'query' })
})

it('unused grants are ended in portions, now and then, and never where they may stay', async () => {
  const asked: EndWhich[] = []
  const portions = [[{}, {}], [{}], []] as unknown as Grant[][]
  const store = {
    async end(which: EndWhich) {
      asked.push(which)
      if (asked.length === 1) throw new Error('the database is away')
      return portions.shift() ?? []
    },
  }
  const clock = testClock()
  const never = startIdleEnding({ store, idleMs: null, clock, log: silentLog })
  const ending = startIdleEnding({ store, idleMs: 86_400_000, clock, log: silentLog })
  await vi.advanceTimersByTimeAsync(21 * 60_000)
  expect(asked).toHaveLength(4)
  expect(asked[3]).toEqual({ unusedSince: new Date(clock.now().getTime() - 86_400_000) })
  never.stop()
  ending.stop()
  await vi.advanceTimersByTimeAsync(60 * 60_000)
  expect(asked).toHaveLength(4)
})

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { silentLog } from '#foundation'
import { testClock } from '#test'
import { createLastUsed } from '../grants/last-used.ts'
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
  const written: (readonly string[])[] = []
  const store = {
    async touch(ids: readonly string[]) {
      written.push(ids)
      if (written.length === 1) throw new Error('the database is away')
    },
  }
  const lastUsed = createLastUsed(store, testClock(), silentLog)
  const use = (id: string) => lastUsed.mark({ grant: { id }, current: true } as LiveGrant)
  for (const id of ['grt_a', 'grt_b', 'grt_a']) use(id)
  await vi.advanceTimersByTimeAsync(30_000)
  use('grt_c')
  await vi.advanceTimersByTimeAsync(90_000)
  use('grt_d')
  await lastUsed.close()
  expect(written).toEqual([['grt_a', 'grt_b'], ['grt_c'], ['grt_d']])
})

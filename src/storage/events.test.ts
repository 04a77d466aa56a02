import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { silentLog } from '#foundation'
import { openStorage, sql } from '#storage'
import type { Kysely, Storage } from '#storage'
import { openTestStorage, postgresAvailable, sharedPostgres, testClock } from '#test'

const untyped = (on: unknown) => on as Kysely<never>
const heard = (storage: Storage, topic: string) => {
  const ids: string[] = []
  storage.events.subscribe(topic, ({ id }) => void ids.push(id ?? ''))
  return ids
}
const drivers: Storage['driver'][] = postgresAvailable() ? ['embedded', 'server'] : ['embedded']

describe.each(drivers)('events, %s', (driver) => {
  let storage: Storage
  beforeAll(async () => {
    storage = await openTestStorage([], { driver })
  })
  afterAll(() => storage.close())

  it('are heard at the commit, not before, and never after a rollback', async () => {
    const ids = heard(storage, 'a')
    await storage.transaction(async (tx) => {
      await storage.publish(untyped(tx), 'a', { id: 'kept' })
      expect(ids).toEqual([])
    })
    expect(ids).toEqual(['kept'])
    const undone = storage.transaction(async (tx) => {
      await storage.publish(untyped(tx), 'a', { id: 'undone' })
      throw new Error('no')
    })
    await expect(undone).rejects.toThrow('no')
    await storage.publish(untyped(storage.db()), 'a', { id: 'alone' })
    expect(ids).toEqual(['kept', 'alone'])
  })

  it('are heard when a statement inserts them into the outbox itself', async () => {
    const ids = heard(storage, 'b')
    const payload = JSON.stringify({ id: 'from a CTE' })
    await sql`with told as (insert into outbox (topic, payload) values ('b', ${payload}) returning id)
      select * from told`.execute(storage.db())
    await vi.waitFor(() => expect(ids).toEqual(['from a CTE']), { timeout: 5000 })
  })

  it('reach the other listeners when one throws, and nobody who left', async () => {
    storage.events.subscribe('c', () => {
      throw new Error('a bad listener')
    })
    const leave = storage.events.subscribe('c', () => expect.fail('it had left'))
    leave()
    const ids = heard(storage, 'c')
    await storage.publish(untyped(storage.db()), 'c', { id: '1' })
    expect(ids).toEqual(['1'])
  })
})

describe.skipIf(!postgresAvailable())('events between processes', () => {
  const opened: Storage[] = []
  const openBoth = async () => {
    const databaseUrl = await (await sharedPostgres()).database()
    const open = () =>
      openStorage({ config: { databaseUrl }, migrations: [], clock: testClock(), log: silentLog })
    const pair = [await open(), await open()] as const
    opened.push(...pair)
    return pair
  }
  afterAll(() => Promise.all(opened.map((storage) => storage.close())))

  it('are heard once by each', async () => {
    const [one, other] = await openBoth()
    const [here, there] = [heard(one, 'a'), heard(other, 'a')]
    for (let i = 0; i < 20; i++) await one.publish(untyped(one.db()), 'a', { id: `${i}` })
    const all = Array.from({ length: 20 }, (_, i) => `${i}`)
    await vi.waitFor(() => expect(there).toEqual(all), { timeout: 5000 })
    await new Promise((resolve) => setTimeout(resolve, 900))
    expect([here, there]).toEqual([all, all])
  })

  it('are heard although an earlier number is committed later', async () => {
    const [one, other] = await openBoth()
    const there = heard(other, 'a')
    await one.transaction(async (tx) => {
      await one.publish(untyped(tx), 'a', { id: 'slow' })
      await other.publish(untyped(other.db()), 'a', { id: 'fast' }).catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 900))
    })
    await vi.waitFor(() => expect(there.toSorted()).toEqual(['fast', 'slow']), { timeout: 5000 })
  })

  it('lose no process when a connection breaks between two statements of a transaction', async () => {
    const [one] = await openBoth()
    const broken = one.transaction(async (tx) => {
      await sql`select 1`.execute(tx)
      await (await sharedPostgres()).breakConnections()
      await new Promise((resolve) => setTimeout(resolve, 300))
      await sql`select 2`.execute(tx)
    })
    await expect(broken).rejects.toThrow()
    await vi.waitFor(() => sql`select 1`.execute(one.db()), { timeout: 5000 })
  })

  it('go on after the connections broke, and the gap is told', async () => {
    const [one, other] = await openBoth()
    const there = heard(other, 'a')
    const gap = vi.fn<() => void>()
    other.events.onGap(gap)
    await (await sharedPostgres()).breakConnections()
    await vi.waitFor(() => expect(gap).toHaveBeenCalled(), { timeout: 5000 })
    await vi.waitFor(() => one.publish(untyped(one.db()), 'a', { id: 'after' }), { timeout: 5000 })
    await vi.waitFor(() => expect(there).toContain('after'), { timeout: 5000 })
  })
})

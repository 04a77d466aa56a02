import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '#storage'
import { openAcme } from '../acme.fixture.ts'
import type { Acme } from '../acme.fixture.ts'

describe('the demo', () => {
  let acme: Acme
  beforeAll(async () => {
    acme = await openAcme()
    await acme.crm.seedDemo()
  })
  afterAll(() => acme.close())
  const count = async (object: string) =>
    (await acme.crm.records.find(acme.ada, object, { count: true })).count

  it('fills in a sales team’s data', async () => {
    expect([await count('company'), await count('person'), await count('opportunity')]).toEqual([60, 150, 80])
    expect([await count('task'), await count('note')]).toEqual([60, 40])
  })

  it('is owned by the people who are there', async () => {
    const mine = await acme.crm.records.find(acme.ada, 'company', {
      filter: { field: 'owner', op: 'eq', value: '$me' },
      count: true,
    })
    expect(mine.count).toBeGreaterThan(10)
    expect(mine.count).toBeLessThan(50)
  })

  it('happens once, however often and at once it is asked for', async () => {
    await Promise.all([acme.crm.seedDemo(), acme.crm.seedDemo()])
    expect(await count('company')).toBe(60)
  })

  it('goes on after a crash in between, a day later, without doubling anything', async () => {
    const db = acme.storage.db<never>()
    await sql`update crm_demo set finished_at = null`.execute(db)
    await sql`update change_set set idempotency_key = null where idempotency_key = 'demo-note-0'`.execute(db)
    acme.clock.advance(86_400_000)
    await acme.crm.seedDemo()
    expect([await count('company'), await count('task'), await count('note')]).toEqual([60, 60, 80])
  })

  it('uses invented domains only', async () => {
    const others = await acme.crm.records.find(acme.ada, 'company', {
      filter: { not: { field: 'domain', op: 'contains', value: '.example' } },
    })
    expect(others.records).toEqual([])
    const { records } = await acme.crm.records.find(acme.ada, 'person', { limit: 200 })
    expect(records.every((r) => String(r.fields['emails']).endsWith('.example'))).toBe(true)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '#foundation'
import { postgresAvailable, startPostgres } from '../../../test/support/postgres.ts'
import type { TestPostgres } from '../../../test/support/postgres.ts'
import { openAcme, refused } from '../acme.fixture.ts'
import type { Acme } from '../acme.fixture.ts'

/** The embedded database runs one statement after another; only a server lets writers really meet. */
describe.skipIf(!postgresAvailable())('on PostgreSQL, where writers meet', () => {
  let server: TestPostgres
  let acme: Acme
  beforeAll(async () => {
    server = await startPostgres()
    acme = await openAcme({ databaseUrl: await server.database() })
  })
  afterAll(async () => {
    await acme.close()
    await server.stop()
  })
  const at = (times: number, work: (i: number) => Promise<unknown>) =>
    Promise.allSettled(Array.from({ length: times }, (_, i) => work(i)))
  const won = (tries: PromiseSettledResult<unknown>[]) =>
    tries.filter(({ status }) => status === 'fulfilled').length
  const reasons = (tries: PromiseSettledResult<unknown>[]) =>
    tries.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))

  it('one idempotency key sixteen times at once writes once and gives one answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 16 }, () =>
        acme.crm.changes.submit(acme.ada, {
          intents: [{ do: 'create', object: 'company', values: { name: 'Sixteen' } }],
          idempotencyKey: 'sixteen',
        }),
      ),
    )
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    const { count } = await acme.crm.records.find(acme.ada, 'company', { search: 'sixteen', count: true })
    expect(count).toBe(1)
  })

  it('of sixteen updates with the same version exactly one wins', async () => {
    const id = await acme.create('company', { name: 'Race' })
    const tries = await at(16, (i) =>
      acme.submit({ do: 'update', object: 'company', id, version: 1, values: { employees: i } }),
    )
    expect(won(tries)).toBe(1)
    for (const reason of reasons(tries))
      expect(reason).toMatchObject(refused('conflict', { fields: { version: '2' } }))
  })

  it('of sixteen records with the same unique value exactly one is made', async () => {
    const tries = await at(16, (i) => acme.create('company', { name: `C${i}`, domain: 'only.example' }))
    expect(won(tries)).toBe(1)
    for (const reason of reasons(tries))
      expect(reason).toMatchObject(refused('conflict', { fields: { domain: 'is taken' } }))
  })

  it('of sixteen undos of one change set exactly one happens', async () => {
    const id = await acme.create('company', { name: 'Undone', city: 'A' })
    const set = await acme.update(id, 'company', { city: 'B' })
    const tries = await at(16, () => acme.crm.changes.undo(acme.ada, set.id))
    expect(won(tries)).toBe(1)
    for (const reason of reasons(tries)) expect(reason).toMatchObject(refused('conflict'))
    expect((await acme.crm.records.get(acme.ada, 'company', id)).version).toBe(3)
  })

  it('writers that take the same records in opposite order all come through', async () => {
    const ids = await Promise.all(['One', 'Two', 'Three'].map((name) => acme.create('company', { name })))
    const person = await acme.create('person', { name: { first: 'Pat' } })
    const tries = await at(24, (i) => {
      const order = i % 2 ? ids : ids.toReversed()
      return acme.submit(
        ...order.map((id) => ({ do: 'update' as const, object: 'company', id, values: { employees: i } })),
        { do: 'update', object: 'person', id: person, values: { company: order[0] } },
      )
    })
    expect(reasons(tries)).toEqual([])
    const records = await Promise.all(ids.map((id) => acme.crm.records.get(acme.ada, 'company', id)))
    expect(new Set(records.map(({ fields }) => fields['employees'])).size).toBe(1)
  })

  it('an undo and an edit of the same value end in one of the two, never in a mixture', async () => {
    for (let round = 0; round < 10; round++) {
      const id = await acme.create('company', { name: 'Mixed', city: 'A', country: 'A' })
      const set = await acme.update(id, 'company', { city: 'B', country: 'B' })
      const [undone] = await Promise.all([
        acme.crm.changes.undo(acme.ada, set.id),
        acme.update(id, 'company', { city: 'C' }),
      ])
      const { fields } = await acme.crm.records.get(acme.ada, 'company', id)
      expect(fields).toMatchObject({ city: 'C', country: 'A' })
      expect([0, 1]).toContain(undone.conflicts.length)
    }
  })

  it('finds what it misses, refuses what it can’t hold, as the embedded one does', async () => {
    expect(await acme.crm.search(acme.ada, 'Sixten')).toMatchObject([{ label: 'Sixteen' }])
    await expect(acme.create('company', { name: 'a\u0000b' })).rejects.toMatchObject(refused('invalid'))
    await expect(acme.update(newId('rec'), 'company', { name: 'x' })).rejects.toMatchObject(
      refused('not_found'),
    )
  })
})

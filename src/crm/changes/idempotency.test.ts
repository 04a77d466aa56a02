import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '#foundation'
import type { Submission } from '#contract'
import { openAcme, refused } from '../acme.fixture.ts'
import type { Acme } from '../acme.fixture.ts'

describe('an idempotency key', () => {
  let acme: Acme
  beforeAll(async () => {
    acme = await openAcme()
  })
  afterAll(() => acme.close())
  const creating = (name: string, idempotencyKey: string): Submission => ({
    intents: [{ do: 'create', object: 'company', values: { name, city: 'Oslo' } }],
    idempotencyKey,
  })
  const named = async (name: string) => {
    const filter = { field: 'name', op: 'eq' as const, value: name }
    return (await acme.crm.records.find(acme.ada, 'company', { filter, count: true })).count
  }

  it('gives sixteen at once the same answer, and writes once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => acme.crm.changes.submit(acme.ada, creating('Sixteen', 'k16'))),
    )
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(await named('Sixteen')).toBe(1)
  })

  it('gives the first answer again although the version it names has passed', async () => {
    const id = await acme.create('company', { name: 'Versioned' })
    const once: Submission = {
      intents: [{ do: 'update', object: 'company', id, version: 1, values: { city: 'Rome' } }],
      idempotencyKey: 'versioned',
    }
    const first = await acme.crm.changes.submit(acme.ada, once)
    expect(await acme.crm.changes.submit(acme.ada, once)).toEqual(first)
    expect((await acme.crm.records.get(acme.ada, 'company', id)).version).toBe(2)
  })

  it('doesn’t mind the order of members, but refuses another payload', async () => {
    const first = await acme.crm.changes.submit(acme.ada, creating('Payload', 'same'))
    const turned: Submission = {
      idempotencyKey: 'same',
      intents: [{ values: { city: 'Oslo', name: 'Payload' }, object: 'company', do: 'create' }],
    }
    expect((await acme.crm.changes.submit(acme.ada, turned)).id).toBe(first.id)
    await expect(acme.crm.changes.submit(acme.ada, creating('Another', 'same'))).rejects.toMatchObject(
      refused('conflict', { fields: { idempotencyKey: 'is taken' } }),
    )
    expect(await named('Another')).toBe(0)
  })

  it('is each actor’s own: a person’s, another’s, and each grant’s never meet', async () => {
    const grant = newId('grt')
    const actors = [acme.ada, acme.grace, acme.agent({ grant }), acme.agent()]
    const sets = await Promise.all(
      actors.map((actor) => acme.crm.changes.submit(actor, creating('Own', 'mine'))),
    )
    expect(new Set(sets.map(({ id }) => id)).size).toBe(4)
    const again = await acme.crm.changes.submit(acme.agent({ grant }), creating('Own', 'mine'))
    expect(again.id).toBe(sets[2]?.id)
  })

  it('is free again when its submission failed', async () => {
    await expect(acme.crm.changes.submit(acme.ada, creating('', 'retry'))).rejects.toMatchObject(
      refused('invalid'),
    )
    const id = await acme.create('company', { name: 'Later' })
    const stale: Submission = {
      intents: [{ do: 'update', object: 'company', id, version: 9, values: { city: 'x' } }],
      idempotencyKey: 'retry',
    }
    await expect(acme.crm.changes.submit(acme.ada, stale)).rejects.toMatchObject(refused('conflict'))
    await expect(acme.crm.changes.submit(acme.ada, creating('Retried', 'retry'))).resolves.toBeTruthy()
  })
})

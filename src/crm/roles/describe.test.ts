import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fieldKinds } from '#contract'
import type { Acme } from '../acme.fixture.ts'
import { openZoo } from '../zoo.fixture.ts'

describe('what an object says of itself', () => {
  let acme: Acme
  beforeAll(async () => {
    acme = await openZoo()
  })
  afterAll(() => acme.close())

  it('tells for each kind how it is filtered, sorted and written', async () => {
    const { fields } = await acme.crm.objects.get(acme.ada, 'zoo')
    expect([...new Set(fields.map(({ kind }) => kind))].toSorted()).toEqual([...fieldKinds].toSorted())
    for (const field of fields) {
      expect(field.operators.length).toBeGreaterThan(0)
      expect(field.schema['type'], field.name).toBeTruthy()
    }
    expect(fields.find(({ kind }) => kind === 'currency')).toMatchObject({
      sortable: true,
      readOnly: false,
      schema: { required: ['amount', 'currency'] },
    })
  })

  it('marks what the engine keeps', async () => {
    const { fields } = await acme.crm.objects.get(acme.ada, 'zoo')
    const kept = fields.filter(({ system }) => system)
    expect(kept.map(({ name }) => name)).toEqual(['id', 'version', 'created_at', 'updated_at', 'created_by'])
    expect(kept.every(({ readOnly }) => readOnly)).toBe(true)
  })

  it('includes an object that came while the metadata was in use', async () => {
    expect((await acme.crm.objects.list(acme.ada)).map(({ name }) => name)).toContain('zoo')
  })
})

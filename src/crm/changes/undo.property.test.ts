import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAcme } from '../acme.fixture.ts'
import type { Acme } from '../acme.fixture.ts'

const fields = ['city', 'country', 'employees', 'industry'] as const
const value = {
  city: fc.constantFrom(null, 'Oslo', 'Rome'),
  country: fc.constantFrom(null, 'NO', 'IT'),
  employees: fc.constantFrom(null, 1, 2),
  industry: fc.constantFrom(null, 'energy', 'media'),
}
const edit = fc.record(value, { requiredKeys: [] })

describe('undo, whatever happened', () => {
  let acme: Acme
  beforeAll(async () => {
    acme = await openAcme()
  })
  afterAll(() => acme.close())

  const state = async (id: string) => {
    const record = await acme.crm.records.get(acme.ada, 'company', id)
    return Object.fromEntries(fields.map((field) => [field, record.fields[field]]))
  }

  it('of the last change is the state before it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        const id = await acme.create('company', { name: 'P' })
        const states = [await state(id)]
        const sets = []
        for (const values of edits) {
          sets.push(await acme.update(id, 'company', values))
          states.push(await state(id))
        }
        // Backwards one by one: each earlier state comes again.
        for (let i = sets.length - 1; i >= 0; i--) {
          const { conflicts } = await acme.crm.changes.undo(acme.ada, sets[i]?.id ?? '')
          expect(conflicts).toEqual([])
          expect(await state(id)).toEqual(states[i])
        }
      }),
      { numRuns: 12 },
    )
  })

  it('of any change gives each of its fields its earlier value back, or reports it and leaves it', async () => {
    await fc.assert(
      fc.asyncProperty(edit, edit, fc.array(edit, { maxLength: 3 }), async (start, target, later) => {
        const id = await acme.create('company', { name: 'Q', ...start })
        const earlier = await state(id)
        const set = await acme.update(id, 'company', target)
        const written = Object.keys(set.changes[0]?.after ?? {})
        for (const values of later) await acme.update(id, 'company', values)
        const before = await state(id)
        const { conflicts } = await acme.crm.changes.undo(acme.ada, set.id)
        const after = await state(id)
        const reported = new Set(conflicts.map(({ field }) => field))
        for (const field of fields) {
          if (!written.includes(field) || reported.has(field)) expect(after[field]).toEqual(before[field])
          else expect(after[field]).toEqual(earlier[field])
          // What is reported really was changed by somebody else.
          if (reported.has(field)) expect(before[field]).not.toEqual(set.changes[0]?.after[field])
        }
      }),
      { numRuns: 20 },
    )
  })
})

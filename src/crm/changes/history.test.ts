import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '#foundation'
import { openAcme, refused } from '../acme.fixture.ts'
import type { Acme } from '../acme.fixture.ts'

describe('history', () => {
  let acme: Acme
  let id = ''
  let other = ''
  const grant = newId('grt')
  beforeAll(async () => {
    acme = await openAcme()
    id = await acme.create('company', { name: 'Story' })
    other = await acme.create('company', { name: 'Bystander' })
    for (let i = 0; i < 6; i++) {
      acme.clock.advance(1000)
      await acme.crm.changes.submit(i % 2 ? acme.agent({ grant }) : acme.grace, {
        intents: [
          { do: 'update', object: 'company', id, values: { employees: i } },
          { do: 'update', object: 'company', id: other, values: { employees: i } },
        ],
      })
    }
  })
  afterAll(() => acme.close())

  it('of a record is newest first, in pages, with that record’s changes only', async () => {
    const seen = []
    let after: string | undefined
    do {
      const page = await acme.crm.changes.history(acme.ada, {
        object: 'company',
        id,
        limit: 3,
        ...(after === undefined ? {} : { after }),
      })
      expect(page.entries.length).toBeLessThanOrEqual(3)
      seen.push(...page.entries)
      after = page.next ?? undefined
    } while (after !== undefined)
    expect(seen.map(({ changes }) => changes.map((change) => change.after['employees']))).toEqual([
      [5],
      [4],
      [3],
      [2],
      [1],
      [0],
      [undefined],
    ])
    expect(seen.every(({ changes }) => changes.every(({ recordId }) => recordId === id))).toBe(true)
  })

  it('names the person, and behind an agent the person and the app', async () => {
    const { entries } = await acme.crm.changes.history(acme.ada, { object: 'company', id, limit: 2 })
    expect(entries.map(({ actor }) => actor)).toEqual([
      {
        kind: 'agent',
        member: acme.grace.member,
        name: 'Grace',
        client: 'cli_notebook',
        clientName: 'Notebook',
        grant,
      },
      { kind: 'member', member: acme.grace.member, name: 'Grace' },
    ])
  })

  it('of a grant holds what was done under it, and not what others did', async () => {
    const { entries } = await acme.crm.changes.history(acme.ada, { grant })
    expect(entries.map(({ changes }) => changes.length)).toEqual([2, 2, 2])
    expect(entries.every(({ actor }) => actor.kind === 'agent' && actor.grant === grant)).toBe(true)
    expect(await acme.crm.changes.history(acme.ada, { grant: newId('grt') })).toEqual({
      entries: [],
      next: null,
    })
  })

  it('of a record that never was is not found', async () => {
    await expect(
      acme.crm.changes.history(acme.ada, { object: 'company', id: newId('rec') }),
    ).rejects.toMatchObject(refused('not_found'))
    await expect(acme.crm.changes.history(acme.ada, { object: 'person', id })).rejects.toMatchObject(
      refused('not_found'),
    )
    await expect(acme.crm.changes.history(acme.ada, { id })).rejects.toMatchObject(refused('invalid'))
  })
})

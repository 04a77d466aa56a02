import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '#foundation'
import { openAcme, refused } from '../acme.fixture.ts'
import type { Acme } from '../acme.fixture.ts'

describe('undo', () => {
  let acme: Acme
  beforeAll(async () => {
    acme = await openAcme()
  })
  afterAll(() => acme.close())
  const read = async (id: string) => (await acme.crm.records.get(acme.ada, 'company', id)).fields
  const undo = (id: string) => acme.crm.changes.undo(acme.ada, id)

  it('of an update restores what was, as a change set that says what it takes back', async () => {
    const id = await acme.create('company', { name: 'Before', city: 'Oslo' })
    const set = await acme.update(id, 'company', { name: 'After', city: null, employees: 5 })
    const { changeSet, conflicts } = await undo(set.id)
    expect(conflicts).toEqual([])
    expect(changeSet).toMatchObject({ undoes: set.id, status: 'applied', changes: [{ verb: 'update' }] })
    expect(await read(id)).toMatchObject({ name: 'Before', city: 'Oslo', employees: null, version: 3 })
    expect(await acme.crm.changes.get(acme.ada, set.id)).toMatchObject({
      status: 'undone',
      undoneBy: changeSet?.id,
    })
  })

  it('of a creation deletes; of that, restores; and round again', async () => {
    const made = await acme.submit({
      do: 'create',
      object: 'company',
      values: { name: 'Round', domain: 'round.example' },
    })
    const id = made.changes[0]?.recordId ?? ''
    const first = await undo(made.id)
    expect(first.changeSet?.changes).toMatchObject([{ verb: 'delete' }])
    await expect(read(id)).rejects.toMatchObject(refused('not_found'))
    const second = await undo(first.changeSet?.id ?? '')
    expect(second.changeSet?.changes).toMatchObject([{ verb: 'restore' }])
    expect(await read(id)).toMatchObject({ name: 'Round', domain: 'https://round.example' })
    expect(await acme.crm.search(acme.ada, 'Round')).toMatchObject([{ id }])
    const third = await undo(second.changeSet?.id ?? '')
    expect(third.changeSet?.changes).toMatchObject([{ verb: 'delete' }])
  })

  it('of a deletion brings the record back, searchable', async () => {
    const id = await acme.create('company', { name: 'Lazarus', city: 'Bethany' })
    const set = await acme.submit({ do: 'delete', object: 'company', id })
    expect(await acme.crm.search(acme.ada, 'Lazarus')).toEqual([])
    expect((await undo(set.id)).changeSet?.changes).toMatchObject([
      { verb: 'restore', after: { city: 'Bethany' } },
    ])
    expect(await acme.crm.search(acme.ada, 'Lazarus')).toHaveLength(1)
  })

  it('leaves what was changed since, and reports it', async () => {
    const id = await acme.create('company', { name: 'Three ways', city: 'A', country: 'A' })
    const set = await acme.update(id, 'company', { city: 'B', country: 'B', owner: acme.ada.member })
    await acme.update(id, 'company', { city: 'C', owner: acme.grace.member })
    const { changeSet, conflicts } = await undo(set.id)
    expect(await read(id)).toMatchObject({ city: 'C', country: 'A', owner: { name: 'Grace' } })
    expect(changeSet?.changes).toMatchObject([{ before: { country: 'B' }, after: { country: 'A' } }])
    expect(conflicts).toEqual([
      {
        object: 'company',
        recordId: id,
        label: 'Three ways',
        field: 'city',
        current: 'C',
        wouldRestore: 'A',
      },
      {
        object: 'company',
        recordId: id,
        label: 'Three ways',
        field: 'owner',
        current: { id: acme.grace.member, name: 'Grace' },
        wouldRestore: null,
      },
    ])
  })

  it('that could restore nothing writes nothing, and may be tried again', async () => {
    const id = await acme.create('company', { name: 'Stuck', city: 'A' })
    const set = await acme.update(id, 'company', { city: 'B' })
    const newer = await acme.update(id, 'company', { city: 'C' })
    expect(await undo(set.id)).toMatchObject({ changeSet: null, conflicts: [{ field: 'city' }] })
    expect(await acme.crm.changes.get(acme.ada, set.id)).toMatchObject({ status: 'applied' })
    await undo(newer.id)
    expect((await undo(set.id)).changeSet).not.toBeNull()
    expect(await read(id)).toMatchObject({ city: 'A' })
  })

  it('of a creation spares a record that others have worked on', async () => {
    const made = await acme.submit({ do: 'create', object: 'company', values: { name: 'Loved' } })
    const id = made.changes[0]?.recordId ?? ''
    await acme.crm.changes.submit(acme.grace, {
      intents: [{ do: 'update', object: 'company', id, values: { city: 'Ghent' } }],
    })
    expect(await undo(made.id)).toMatchObject({
      changeSet: null,
      conflicts: [{ field: 'city', current: 'Ghent', wouldRestore: null }],
    })
    expect(await read(id)).toMatchObject({ name: 'Loved', city: 'Ghent' })
  })

  it('of an update on a record deleted since reports instead of writing', async () => {
    const id = await acme.create('company', { name: 'Deleted', city: 'A' })
    const set = await acme.update(id, 'company', { city: 'B' })
    await acme.submit({ do: 'delete', object: 'company', id })
    expect(await undo(set.id)).toMatchObject({
      changeSet: null,
      conflicts: [{ field: 'city', current: null }],
    })
  })

  it('happens once: a second time says so, and of eight at once one wins', async () => {
    const id = await acme.create('company', { name: 'Once', city: 'A' })
    const set = await acme.update(id, 'company', { city: 'B' })
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => undo(set.id)))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await expect(undo(set.id)).rejects.toMatchObject(
      refused('conflict', { message: expect.stringContaining('undone already') }),
    )
    expect(await read(id)).toMatchObject({ city: 'A', version: 3 })
  })

  it('whose unique value was taken meanwhile is a conflict that names the field', async () => {
    const id = await acme.create('company', { name: 'First', domain: 'mine.example' })
    const set = await acme.submit({ do: 'delete', object: 'company', id })
    await acme.create('company', { name: 'Second', domain: 'mine.example' })
    await expect(undo(set.id)).rejects.toMatchObject(refused('conflict', { fields: { domain: 'is taken' } }))
    expect(await acme.crm.changes.get(acme.ada, set.id)).toMatchObject({ status: 'applied' })
  })

  it('of something that isn’t there is not found', async () => {
    for (const id of [newId('chs'), 'chs_x', '', "' or true --", '\u0000']) {
      await expect(undo(id)).rejects.toMatchObject(refused('not_found'))
    }
  })

  describe('by an agent', () => {
    it('takes back what its own grant did, its creations with crm:write alone', async () => {
      const agent = acme.agent()
      const made = await acme.crm.changes.submit(agent, {
        intents: [{ do: 'create', object: 'company', values: { name: 'Agent made' } }],
      })
      const { changeSet } = await acme.crm.changes.undo(agent, made.id)
      expect(changeSet).toMatchObject({
        actor: { kind: 'agent', clientName: 'Notebook', grant: agent.grant },
      })
      expect((await acme.crm.changes.undo(agent, changeSet?.id ?? '')).changeSet?.changes).toMatchObject([
        { verb: 'restore' },
      ])
    })

    it('is refused for its person’s changes, another grant’s, and without crm:write', async () => {
      const id = await acme.create('company', { name: 'Not yours', city: 'A' })
      const update = { do: 'update' as const, object: 'company', id, values: { city: 'B' } }
      const persons = await acme.crm.changes.submit(acme.grace, { intents: [update] })
      const others = await acme.crm.changes.submit(acme.agent(), {
        intents: [{ ...update, values: { city: 'C' } }],
      })
      for (const set of [persons, others]) {
        await expect(acme.crm.changes.undo(acme.agent(), set.id)).rejects.toMatchObject(refused('forbidden'))
      }
      const reader = acme.agent({ scopes: ['crm:read'] })
      await expect(acme.crm.changes.undo(reader, others.id)).rejects.toMatchObject(
        refused('forbidden', { scopes: ['crm:write'] }),
      )
      expect(await read(id)).toMatchObject({ city: 'C' })
    })

    it('needs crm:delete to take back a restoration', async () => {
      const id = await acme.create('company', { name: 'Old friend' })
      const agent = acme.agent({ scopes: ['crm:write', 'crm:delete'] })
      const deleted = await acme.crm.changes.submit(agent, {
        intents: [{ do: 'delete', object: 'company', id }],
      })
      const { changeSet } = await acme.crm.changes.undo(agent, deleted.id)
      const weaker = { ...agent, scopes: ['crm:write'] }
      await expect(acme.crm.changes.undo(weaker, changeSet?.id ?? '')).rejects.toMatchObject(
        refused('forbidden', { scopes: ['crm:write', 'crm:delete'] }),
      )
    })
  })
})

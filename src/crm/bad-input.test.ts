import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Filter, Query, Submission } from '#contract'
import { openAcme, refused } from './acme.fixture.ts'
import type { Acme } from './acme.fixture.ts'

const huge = 'x'.repeat(10_000_000)
const untexts = ['\u0000', 'a\u0000b', '\ud800', 'a\udfffb']

describe('bad input is refused, clearly, with nothing stored', () => {
  let acme: Acme
  let id = ''
  beforeAll(async () => {
    acme = await openAcme()
    id = await acme.create('company', { name: 'Target' })
  })
  afterAll(async () => {
    // After all of it: nothing was stored and the engine still answers.
    const { records, count } = await acme.crm.records.find(acme.ada, 'company', { count: true })
    expect([count, records[0]?.version]).toEqual([1, 1])
    await acme.close()
  })
  const invalid = refused('invalid')
  const submit = (submission: unknown) => acme.crm.changes.submit(acme.ada, submission as Submission)
  const create = (object: string, values: unknown) => submit({ intents: [{ do: 'create', object, values }] })
  const find = (query: unknown) => acme.crm.records.find(acme.ada, 'company', query as Query)

  it('NUL, lone surrogates and huge texts in every text', async () => {
    for (const text of [...untexts, huge]) {
      for (const values of [
        { name: text },
        { name: 'x', domain: `${text}.example` },
        { name: 'x', industry: text },
        { name: 'x', owner: text },
        { name: 'x', annual_revenue: { amount: 1, currency: text } },
      ]) {
        await expect(create('company', values)).rejects.toMatchObject(invalid)
      }
      await expect(create('person', { name: { first: text } })).rejects.toMatchObject(invalid)
      await expect(create('person', { name: { first: 'x' }, emails: [text] })).rejects.toMatchObject(invalid)
      await expect(create('note', { title: 'x', body: text })).rejects.toMatchObject(invalid)
      await expect(create('note', { title: 'x', about: { object: text, id } })).rejects.toMatchObject(invalid)
      await expect(
        submit({ intents: [{ do: 'delete', object: 'company', id: text }] }),
      ).rejects.toMatchObject({
        name: 'CrmError',
      })
      for (const member of ['reason', 'idempotencyKey']) {
        const intents = [{ do: 'create', object: 'company', values: { name: 'x' } }]
        await expect(submit({ intents, [member]: text })).rejects.toMatchObject(invalid)
      }
      await expect(acme.crm.search(acme.ada, text)).rejects.toMatchObject(invalid)
      await expect(find({ search: text })).rejects.toMatchObject(invalid)
      await expect(find({ after: text })).rejects.toMatchObject(invalid)
      await expect(acme.crm.records.get(acme.ada, 'company', text)).rejects.toMatchObject(
        refused('not_found'),
      )
      await expect(acme.crm.records.get(acme.ada, text, id)).rejects.toMatchObject(refused('not_found'))
      await expect(acme.crm.changes.get(acme.ada, text)).rejects.toMatchObject(refused('not_found'))
      await expect(acme.crm.changes.history(acme.ada, { grant: text })).rejects.toMatchObject(invalid)
      await expect(acme.crm.changes.history(acme.ada, { after: text })).rejects.toMatchObject(invalid)
      for (const op of ['eq', 'in', 'contains', 'starts_with']) {
        const value = op === 'in' ? [text] : text
        for (const field of ['name', 'domain', 'industry', 'owner', 'id']) {
          await expect(find({ filter: { field, op, value } })).rejects.toMatchObject(invalid)
        }
      }
    }
  })

  it('members that are not known, at every level', async () => {
    for (const submission of [
      {},
      { intents: [] },
      { intents: [{ do: 'drop', object: 'company' }] },
      { intents: [{ do: 'create', object: 'company', values: { name: 'x' }, id }] },
      { intents: [{ do: 'create', object: 'company', values: { name: 'x' } }], force: true },
      { intents: [{ do: 'create', object: 'company', values: { name: 'x', deleted_at: null } }] },
      { intents: [{ do: 'create', object: 'company', values: { name: 'x', label: 'y' } }] },
      { intents: [{ do: 'create', object: 'company', values: { name: 'x', name__fold: 'y' } }] },
      { intents: [{ do: 'update', object: 'company', id, version: 0, values: {} }] },
      { intents: [{ do: 'update', object: 'company', id, version: 1.5, values: {} }] },
      { intents: [{ do: 'update', object: 'company', id, values: [] }] },
    ]) {
      await expect(submit(submission)).rejects.toMatchObject(invalid)
    }
    for (const query of [
      { where: 1 },
      { limit: 0 },
      { limit: 201 },
      { limit: '10' },
      { sort: [{ field: 'name', dir: 'up' }] },
      { sort: [{ field: 'nope' }] },
      { sort: [{ field: 'owner' }] },
      { fields: ['name; drop table member'] },
      { filter: { field: 'name', op: 'eq', value: 'x', extra: 1 } },
      { filter: { field: 'deleted_at', op: 'empty' } },
      { filter: { field: 'name', op: 'gt', value: 'x' } },
      { filter: { field: 'employees', op: 'eq', value: '1' } },
      { filter: { field: 'employees', op: 'in', value: [] } },
      { filter: { field: 'created_at', op: 'within', value: 'some_day' } },
      { filter: { and: [] } },
      { filter: [] },
      { filter: 'name' },
    ]) {
      await expect(find(query), JSON.stringify(query)).rejects.toMatchObject(invalid)
    }
  })

  it('__proto__ and its kin, wherever a name goes', async () => {
    const values: unknown = JSON.parse('{"name": "x", "__proto__": {"city": "Oslo"}}')
    await expect(create('company', values)).rejects.toMatchObject(invalid)
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      await expect(create('company', JSON.parse(`{"name": "x", "${name}": 1}`))).rejects.toMatchObject(
        invalid,
      )
      await expect(create(name, { name: 'x' })).rejects.toMatchObject(refused('not_found'))
      await expect(find({ filter: { field: name, op: 'eq', value: 1 } })).rejects.toMatchObject(invalid)
      await expect(find({ sort: [{ field: name }] })).rejects.toMatchObject(invalid)
      await expect(acme.crm.objects.get(acme.ada, name)).rejects.toMatchObject(refused('not_found'))
    }
    expect(({} as Record<string, unknown>)['city']).toBeUndefined()
  })

  it('filters nested too deep or too wide, without walking into them', async () => {
    const leaf: Filter = { field: 'name', op: 'eq', value: 'x' }
    const nest = (depth: number) => {
      let node: unknown = leaf
      for (let i = 1; i < depth; i++) node = i % 2 ? { not: node } : { and: [node] }
      return node
    }
    await expect(find({ filter: nest(8) })).resolves.toMatchObject({ records: [] })
    for (const depth of [9, 100, 100_000]) {
      await expect(find({ filter: nest(depth) })).rejects.toMatchObject(invalid)
    }
    await expect(find({ filter: { or: Array.from({ length: 51 }, () => leaf) } })).rejects.toMatchObject(
      invalid,
    )
    const wide = { or: Array.from({ length: 50 }, () => ({ and: Array.from({ length: 50 }, () => leaf) })) }
    await expect(find({ filter: wide })).rejects.toMatchObject(invalid)
  })

  it('more than a hundred intents', async () => {
    const intents = Array.from({ length: 101 }, () => ({
      do: 'create',
      object: 'company',
      values: { name: 'x' },
    }))
    await expect(submit({ intents })).rejects.toMatchObject(refused('too_large'))
  })

  it('never with SQL, a table or a stack in the message', async () => {
    const attempts = [
      () => find({ filter: { field: "name' or 1=1 --", op: 'eq', value: 1 } }),
      () => create('company', { "x'; drop table member; --": 1, name: 'x' }),
      () => create('person', { name: { first: 'x' }, company: 'rec_00000000000000000000000000' }),
      () => find({ filter: { field: 'created_at', op: 'gt', value: '9999-99-99' } }),
    ]
    for (const attempt of attempts) {
      const message = await attempt().then(
        () => '',
        (error: Error) => `${error.name}: ${error.message}`,
      )
      expect(message).toMatch(/^CrmError: /)
      expect(message).not.toMatch(/crm_|select|syntax|relation "|\n/)
    }
  })
})

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MemberActor } from '#identity'
import { openAcme } from '../acme.fixture.ts'
import type { Acme } from '../acme.fixture.ts'
import type { SchemaDefinition } from './definition.ts'

const ship: SchemaDefinition = {
  objects: [
    {
      name: 'ship',
      label: 'Ship',
      labelPlural: 'Ships',
      fields: [
        { name: 'name', label: 'Name', kind: 'text', required: true },
        { name: 'number', label: 'Number', kind: 'text', unique: true },
        { name: 'fleet', label: 'Fleet', kind: 'relation', settings: { object: 'fleet' } },
        { name: 'sister', label: 'Sister', kind: 'relation', settings: { object: 'ship' } },
        { name: 'owner_company', label: 'Owner', kind: 'relation', settings: { object: 'company' } },
      ],
    },
    {
      name: 'fleet',
      label: 'Fleet',
      labelPlural: 'Fleets',
      fields: [
        { name: 'name', label: 'Name', kind: 'text' },
        { name: 'flagship', label: 'Flagship', kind: 'relation', settings: { object: 'ship' } },
      ],
    },
  ],
  fields: [{ object: 'company', name: 'harbour', label: 'Harbour', kind: 'text' }],
  targets: [{ object: 'note', field: 'about', add: ['ship'] }],
}

describe('objects and fields that people add', () => {
  let acme: Acme
  beforeEach(async () => {
    acme = await openAcme()
  })
  afterEach(() => acme.close())

  it('are in effect at once: described, written, found, pointed to by each other and by notes', async () => {
    const { crm, ada } = acme
    await crm.objects.list(ada)
    await crm.objects.define(ada, ship)
    const described = await crm.objects.get(ada, 'ship')
    expect(described.fields.filter(({ system }) => !system).map(({ name }) => name)).toEqual([
      'name',
      'number',
      'fleet',
      'sister',
      'owner_company',
    ])
    const first = await crm.changes.submit(ada, {
      intents: [{ do: 'create', object: 'fleet', values: { name: 'Baltic' } }],
    })
    const fleet = first.changes[0]?.recordId
    const second = await crm.changes.submit(ada, {
      intents: [{ do: 'create', object: 'ship', values: { name: 'Aurora', number: 'A1', fleet } }],
    })
    const id = second.changes[0]?.recordId ?? ''
    const noted = await crm.changes.submit(ada, {
      intents: [
        { do: 'create', object: 'note', values: { title: 'Survey', about: { object: 'ship', id } } },
        { do: 'create', object: 'company', values: { name: 'Acme', harbour: 'Riga' } },
      ],
    })
    expect(noted.changes).toHaveLength(2)
    const found = await crm.records.find(ada, 'ship', { filter: { field: 'fleet', op: 'eq', value: fleet } })
    expect(found.records.map(({ label, fields }) => [label, fields['fleet']])).toEqual([
      ['Aurora', { object: 'fleet', id: fleet, label: 'Baltic' }],
    ])
    expect((await crm.search(ada, 'aurora')).map(({ object }) => object)).toContain('ship')
    await expect(
      crm.changes.submit(ada, {
        intents: [{ do: 'create', object: 'ship', values: { name: 'Copy', number: 'A1' } }],
      }),
    ).rejects.toMatchObject({ code: 'conflict', fields: { number: expect.any(String) } })
  })

  it('come whole or not at all', async () => {
    const { crm, ada } = acme
    const broken: SchemaDefinition = {
      ...ship,
      fields: [
        { object: 'company', name: 'reef', label: 'Reef', kind: 'relation', settings: { object: 'reef' } },
      ],
    }
    await expect(crm.objects.define(ada, broken)).rejects.toMatchObject({ code: 'invalid' })
    expect((await crm.objects.list(ada)).map(({ name }) => name)).not.toContain('ship')
    await crm.objects.define(ada, ship)
    await expect(crm.objects.define(ada, ship)).rejects.toMatchObject({ code: 'conflict' })
  })

  it('two at once: one wins, the other is told', async () => {
    const { crm, ada } = acme
    const both = await Promise.allSettled([crm.objects.define(ada, ship), crm.objects.define(ada, ship)])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } })
  })

  it('take long names: indexes keep names of their own', async () => {
    const { crm, ada } = acme
    const long = (last: string) => ({ name: `a_very_long_name_of_a_field_with_an_en${last}`, label: last })
    await crm.objects.define(ada, {
      objects: [
        {
          name: 'a_very_long_name_of_an_object',
          label: 'Long',
          labelPlural: 'Longs',
          fields: [
            { name: 'name', label: 'Name', kind: 'text' },
            { ...long('a'), kind: 'text', unique: true },
            { ...long('b'), kind: 'text', unique: true },
          ],
        },
      ],
    })
    const object = 'a_very_long_name_of_an_object'
    const create = (value: string) =>
      crm.changes.submit(ada, {
        intents: [{ do: 'create', object, values: { name: 'x', [long('b').name]: value } }],
      })
    await create('one')
    await expect(create('one')).rejects.toMatchObject({ fields: { [long('b').name]: expect.any(String) } })
  })
})

describe('objects and fields that nobody may add', () => {
  let acme: Acme
  beforeAll(async () => {
    acme = await openAcme()
  })
  afterAll(() => acme.close())

  it.each([
    ['a name that records have already', { name: 'deleted_at', label: 'V', kind: 'text' }],
    ['a name with SQL in it', { name: 'x"; drop table member; --', label: 'X', kind: 'text' }],
    ['a name with a double underscore', { name: 'a__b', label: 'X', kind: 'text' }],
    [
      'settings of another kind',
      { name: 'size', label: 'Size', kind: 'select', settings: { object: 'company' } },
    ],
    ['a requirement on records that are there', { name: 'size', label: 'S', kind: 'text', required: true }],
  ] as const)('refuse %s', async (_what, field) => {
    const definition = { fields: [{ object: 'company', ...field }] }
    await expect(acme.crm.objects.define(acme.ada, definition)).rejects.toMatchObject({ code: 'invalid' })
  })

  it('of the engine’s own tables, said as what it is; O7 a word of JavaScript’s is a name like any', async () => {
    const { crm, ada } = acme
    const named = (name: string): SchemaDefinition => ({
      objects: [
        {
          name,
          label: 'X',
          labelPlural: 'X',
          fields: [
            { name: 'name', label: 'Name', kind: 'text' },
            { name: 'constructor', label: 'C', kind: 'text' },
          ],
        },
      ],
    })
    await expect(crm.objects.define(ada, named('demo'))).rejects.toMatchObject({
      code: 'invalid',
      fields: { demo: expect.any(String) },
    })
    await crm.objects.define(ada, named('constructor'))
    const id = await acme.create('constructor', { name: 'x' })
    expect(await crm.records.get(ada, 'constructor', id)).toMatchObject({ fields: { constructor: null } })
  })

  it('are for administrators: not for members, not for agents', async () => {
    const { crm, ada } = acme
    const member: MemberActor = { ...(ada as MemberActor), role: 'member' }
    await expect(crm.objects.define(member, ship)).rejects.toMatchObject({ code: 'forbidden' })
    const agent = acme.agent({ scopes: ['crm:read', 'crm:write', 'crm:delete', 'crm:schema'] })
    await expect(crm.objects.define(agent, ship)).rejects.toMatchObject({ code: 'forbidden' })
  })
})

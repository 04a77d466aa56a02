import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Query } from '#contract'
import { newId } from '#foundation'
import type { Actor } from '#identity'
import { openAcme, refused } from '../acme.fixture.ts'
import type { Acme } from '../acme.fixture.ts'

describe('an agent whose grant reaches people and notes only', () => {
  let acme: Acme
  let company = ''
  let person = ''
  let aboutPerson = ''
  let aboutCompany = ''
  const reaches = { objects: ['person', 'note'] }
  const limited = () => acme.agent({ limits: reaches })
  beforeAll(async () => {
    acme = await openAcme()
    company = await acme.create('company', { name: 'Secret Holdings', city: 'Vaduz' })
    person = await acme.create('person', { name: { first: 'Pat' }, company })
    aboutPerson = await acme.create('note', { title: 'About Pat', about: { object: 'person', id: person } })
    aboutCompany = await acme.create('note', {
      title: 'About them',
      body: 'hush',
      about: { object: 'company', id: company },
    })
  })
  afterAll(() => acme.close())
  const find = (object: string, query: Query, actor: Actor = limited()) =>
    acme.crm.records.find(actor, object, query)

  it('is told of those two objects, without the fields that point elsewhere', async () => {
    const objects = await acme.crm.objects.list(limited())
    expect(objects.map(({ name }) => name)).toEqual(['person', 'note'])
    expect(objects[0]?.fields.map(({ name }) => name)).not.toContain('company')
    expect(objects[1]?.fields.find(({ name }) => name === 'about')?.settings).toEqual({ objects: ['person'] })
    expect(JSON.stringify(objects)).not.toContain('company')
    expect((await acme.crm.objects.list(acme.agent())).map(({ name }) => name)).toHaveLength(5)
  })

  it('finds a third object as missing as one that never was, whatever it tries', async () => {
    const agent = acme.agent({ limits: reaches, scopes: ['crm:write', 'crm:delete'] })
    const tries = (object: string, id: string) => [
      () => acme.crm.objects.get(agent, object),
      () => find(object, {}, agent),
      () => acme.crm.records.get(agent, object, id),
      () => acme.crm.changes.submit(agent, { intents: [{ do: 'create', object, values: { name: 'x' } }] }),
      () =>
        acme.crm.changes.submit(agent, { intents: [{ do: 'update', object, id, values: { name: 'x' } }] }),
      () => acme.crm.changes.submit(agent, { intents: [{ do: 'delete', object, id }] }),
      () => acme.crm.changes.history(agent, { object, id }),
      () => acme.crm.search(agent, 'Secret', { objects: [object] }),
    ]
    const answers = async (object: string, id: string) =>
      Promise.all(
        tries(object, id).map((attempt) =>
          attempt().then(
            () => 'let in',
            (error: Error) => `${'code' in error ? String(error.code) : ''} ${error.message}`,
          ),
        ),
      )
    const hidden = await answers('company', company)
    expect(hidden).toEqual(await answers('unicorn', newId('rec')))
    expect(hidden.every((answer) => answer.startsWith('not_found'))).toBe(true)
  })

  it('reads no reference to what it may not reach, and can’t ask about it', async () => {
    const read = await acme.crm.records.get(limited(), 'note', aboutCompany)
    expect(read.fields['about']).toBeNull()
    expect((await acme.crm.records.get(limited(), 'note', aboutPerson)).fields['about']).toMatchObject({
      id: person,
    })
    expect((await acme.crm.records.get(acme.grace, 'note', aboutCompany)).fields['about']).toMatchObject({
      label: 'Secret Holdings',
    })
    const ids = async (query: Query) => (await find('note', query)).records.map(({ id }) => id)
    expect(await ids({ filter: { field: 'about', op: 'eq', value: company } })).toEqual([])
    expect(await ids({ filter: { field: 'about', op: 'empty' } })).toEqual([aboutCompany])
    expect(await ids({ filter: { field: 'about', op: 'not_empty' } })).toEqual([aboutPerson])
    for (const query of [
      { filter: { field: 'company', op: 'eq' as const, value: company } },
      { sort: [{ field: 'company' }] },
      { fields: ['company'] },
    ]) {
      await expect(find('person', query)).rejects.toMatchObject(refused('invalid'))
    }
  })

  it('writes no reference to what it may not reach, and keeps the one that is there', async () => {
    const agent = limited()
    const update = (object: string, id: string, values: Record<string, unknown>) =>
      acme.crm.changes.submit(agent, { intents: [{ do: 'update', object, id, values }] })
    await expect(update('person', person, { company })).rejects.toMatchObject(
      refused('invalid', { fields: { company: 'is not a field of Person' } }),
    )
    await expect(
      update('note', aboutPerson, { about: { object: 'company', id: company } }),
    ).rejects.toMatchObject(refused('invalid'))
    await update('person', person, { city: 'Bern' })
    const kept = await acme.crm.records.get(acme.grace, 'person', person)
    expect(kept.fields).toMatchObject({ city: 'Bern', company: { id: company } })
  })

  it('searches only there', async () => {
    expect(await acme.crm.search(limited(), 'Secret')).toEqual([])
    expect(await acme.crm.search(limited(), 'Secrt Holdngs')).toEqual([])
    expect(await acme.crm.search(acme.grace, 'Secret')).toHaveLength(1)
    expect((await acme.crm.search(limited(), 'About')).map(({ object }) => object)).toEqual(['note', 'note'])
  })

  it('sees in the history neither other objects’ changes nor their names in values', async () => {
    const mixed = await acme.submit(
      { do: 'update', object: 'company', id: company, values: { city: 'Zug' } },
      { do: 'update', object: 'person', id: person, values: { job_title: 'CEO' } },
    )
    const seen = await acme.crm.changes.get(limited(), mixed.id)
    expect(seen.changes.map(({ object }) => object)).toEqual(['person'])
    const { entries } = await acme.crm.changes.history(limited(), {})
    expect(JSON.stringify(entries)).not.toMatch(/Secret Holdings|Vaduz|Zug/)
    expect(JSON.stringify(entries)).not.toContain(company)
    expect(JSON.stringify(await acme.crm.changes.history(acme.grace, {}))).toContain('Secret Holdings')
    const only = await acme.update(company, 'company', { city: 'Chur' })
    await expect(acme.crm.changes.get(limited(), only.id)).rejects.toMatchObject(refused('not_found'))
    await expect(acme.crm.changes.undo(limited(), only.id)).rejects.toMatchObject(refused('not_found'))
  })

  it('can’t undo what its grant did before it was narrowed', async () => {
    const grant = newId('grt')
    const wide = await acme.crm.changes.submit(acme.agent({ grant }), {
      intents: [
        { do: 'update', object: 'company', id: company, values: { country: 'LI' } },
        { do: 'update', object: 'person', id: person, values: { city: 'Basel' } },
      ],
    })
    await expect(
      acme.crm.changes.undo(acme.agent({ grant, limits: reaches }), wide.id),
    ).rejects.toMatchObject(refused('forbidden'))
  })
})

describe('scopes', () => {
  let acme: Acme
  let id = ''
  beforeAll(async () => {
    acme = await openAcme()
    id = await acme.create('company', { name: 'Scoped' })
  })
  afterAll(() => acme.close())

  it('name everything that a call needs, when one is missing', async () => {
    const submit = (scopes: string[], ...verbs: ('create' | 'update' | 'delete')[]) =>
      acme.crm.changes.submit(acme.agent({ scopes }), {
        intents: verbs.map((verb) =>
          verb === 'create'
            ? { do: verb, object: 'company', values: { name: 'x' } }
            : verb === 'update'
              ? { do: verb, object: 'company', id, values: {} }
              : { do: verb, object: 'company', id },
        ),
      })
    await expect(submit(['crm:read'], 'create')).rejects.toMatchObject(
      refused('forbidden', { scopes: ['crm:write'] }),
    )
    await expect(submit(['crm:write'], 'create', 'delete')).rejects.toMatchObject(
      refused('forbidden', { scopes: ['crm:write', 'crm:delete'] }),
    )
    await expect(submit(['crm:delete'], 'update')).rejects.toMatchObject(
      refused('forbidden', { scopes: ['crm:write'] }),
    )
    await expect(submit(['crm:propose'], 'update')).rejects.toMatchObject(refused('forbidden'))
    await expect(submit(['crm:write'], 'update')).resolves.toBeTruthy()
  })

  it('without crm:read or one that implies it, there is nothing to read', async () => {
    for (const scopes of [[], ['openid'], ['crm'], ['crm:readx']]) {
      const agent = acme.agent({ scopes })
      const no = refused('forbidden', { scopes: ['crm:read'] })
      await expect(acme.crm.objects.list(agent)).rejects.toMatchObject(no)
      await expect(acme.crm.records.find(agent, 'company', {})).rejects.toMatchObject(no)
      await expect(acme.crm.search(agent, 'x')).rejects.toMatchObject(no)
      await expect(acme.crm.changes.history(agent, {})).rejects.toMatchObject(no)
    }
    await expect(acme.crm.objects.list(acme.agent({ scopes: ['crm:delete'] }))).resolves.toHaveLength(5)
  })

  it('show in what an object says its reader can do', async () => {
    const can = async (actor: Actor) => (await acme.crm.objects.get(actor, 'company')).can
    expect(await can(acme.agent({ scopes: ['crm:read'] }))).toEqual({
      read: true,
      create: false,
      update: false,
      delete: false,
    })
    expect(await can(acme.agent())).toMatchObject({ create: true, update: true, delete: false })
    expect(await can(acme.grace)).toMatchObject({ create: true, update: true, delete: true })
  })

  it('what can’t be understood opens nothing: an unknown role, kind or limit', async () => {
    const odd = [
      { ...acme.grace, role: 'owner' },
      { ...acme.grace, role: '__proto__' },
      { ...acme.grace, kind: 'robot' },
      { ...acme.agent(), limits: null },
      { ...acme.agent(), limits: { objects: 'company' } },
      { ...acme.agent(), limits: { objects: ['company'], fields: ['name'] } },
    ] as unknown as Actor[]
    for (const actor of odd) {
      const listed = await acme.crm.objects.list(actor).catch(() => [])
      expect(listed).toEqual([])
      await expect(acme.crm.records.get(actor, 'company', id)).rejects.toMatchObject({ name: 'CrmError' })
    }
  })
})

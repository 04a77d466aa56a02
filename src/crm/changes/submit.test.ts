import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '#storage'
import { newId } from '#foundation'
import type { Acme } from '../acme.fixture.ts'
import { refused } from '../acme.fixture.ts'
import { openZoo } from '../zoo.fixture.ts'

describe('a submission', () => {
  let acme: Acme
  beforeAll(async () => {
    acme = await openZoo({
      a_text: { readOnly: 'after_create' },
      a_number: { unique: true },
      a_url: { readOnly: 'always' },
      a_phones: { pattern: '\\+44 .*' },
      a_boolean: { defaultValue: true },
    })
  })
  afterAll(() => acme.close())
  const read = (object: string, id: string) => acme.crm.records.get(acme.ada, object, id)
  const count = async (table: string) => {
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(
      acme.storage.db<never>(),
    )
    return Number(rows[0]?.n)
  }

  it('is answered with what changed: who, what, before and after, references named', async () => {
    const company = await acme.create('company', { name: 'Acme' })
    const person = await acme.create('person', { name: { first: 'Pat', last: 'Jones' }, city: 'Oslo' })
    const set = await acme.crm.changes.submit(acme.agent({ grant: newId('grt') }), {
      intents: [
        { do: 'update', object: 'person', id: person, values: { company, city: 'Oslo', job_title: 'CFO' } },
      ],
      reason: '  She said so ',
    })
    expect(set).toMatchObject({
      status: 'applied',
      reason: 'She said so',
      undoes: null,
      undoneBy: null,
      actor: { kind: 'agent', name: 'Grace', clientName: 'Notebook' },
      changes: [
        {
          object: 'person',
          recordId: person,
          label: 'Pat Jones',
          verb: 'update',
          before: { company: null, job_title: null },
          after: { company: { object: 'company', id: company, label: 'Acme' }, job_title: 'CFO' },
        },
      ],
    })
    expect(Object.keys(set.changes[0]?.after ?? {})).toEqual(['company', 'job_title'])
    expect((await read('person', person)).version).toBe(2)
  })

  it('that changes nothing is applied, keeps the version and stays out of the history', async () => {
    const id = await acme.create('company', { name: 'Still', city: 'Rome' })
    const set = await acme.update(id, 'company', { name: ' Still ', city: 'Rome' })
    expect(set).toMatchObject({ status: 'applied', changes: [] })
    expect((await read('company', id)).version).toBe(1)
    const { entries } = await acme.crm.changes.history(acme.ada, { object: 'company', id })
    expect(entries).toHaveLength(1)
    await expect(acme.crm.changes.get(acme.ada, set.id)).resolves.toMatchObject({ id: set.id })
    await expect(acme.crm.changes.get(acme.grace, set.id)).rejects.toMatchObject(refused('not_found'))
  })

  it('writes all of its intents or none', async () => {
    const id = await acme.create('company', { name: 'Half' })
    const before = await Promise.all(
      ['change_set', 'change', 'crm_company', 'search_entry', 'audit_inbox'].map(count),
    )
    await expect(
      acme.submit(
        { do: 'create', object: 'company', values: { name: 'Other half' } },
        { do: 'update', object: 'company', id, version: 7, values: { name: 'Whole' } },
      ),
    ).rejects.toMatchObject(refused('conflict'))
    expect((await read('company', id)).fields['name']).toBe('Half')
    const after = await Promise.all(['change_set', 'change', 'crm_company', 'search_entry'].map(count))
    expect(after).toEqual(before.slice(0, 4))
  })

  it('tells all that is wrong at once, by intent and field', async () => {
    await expect(
      acme.submit(
        {
          do: 'create',
          object: 'company',
          values: { domain: 'javascript:alert(1)', employees: 1.5, colour: 'red' },
        },
        { do: 'create', object: 'task', values: { title: ' ', status: 'later' } },
      ),
    ).rejects.toMatchObject(
      refused('invalid', {
        fields: {
          'intents.0.domain': expect.stringContaining('web address'),
          'intents.0.employees': 'must be a whole number',
          'intents.0.colour': 'is not a field of Company',
          'intents.0.name': 'is required',
          'intents.1.title': 'is required',
          'intents.1.status': 'must be one of: todo, in_progress, done',
        },
      }),
    )
  })

  it('keeps the rules of fields: default, pattern, read-only, read-only after creation, required', async () => {
    const id = await acme.create('zoo', { name: 'One', a_text: 'fixed' })
    expect((await read('zoo', id)).fields['a_boolean']).toBe(true)
    const wrong = (values: Record<string, unknown>) => acme.update(id, 'zoo', values)
    await expect(wrong({ a_text: 'other' })).rejects.toMatchObject(
      refused('invalid', { fields: { a_text: 'can not be changed after creation' } }),
    )
    await expect(wrong({ a_text: 'fixed' })).resolves.toMatchObject({ changes: [] })
    await expect(wrong({ a_url: 'x.example' })).rejects.toMatchObject(
      refused('invalid', { fields: { a_url: 'is read-only' } }),
    )
    await expect(wrong({ version: 9 })).rejects.toMatchObject(
      refused('invalid', { fields: { version: 'is read-only' } }),
    )
    await expect(wrong({ created_by: { kind: 'system', name: 'x' } })).rejects.toMatchObject(
      refused('invalid'),
    )
    await expect(wrong({ a_phones: ['+49 30 1234'] })).rejects.toMatchObject(refused('invalid'))
    await expect(wrong({ a_phones: ['+44 20 1234'] })).resolves.toMatchObject({
      changes: [{ verb: 'update' }],
    })
    await expect(wrong({ name: null })).rejects.toMatchObject(
      refused('invalid', { fields: { name: 'is required' } }),
    )
  })

  it('with a taken unique value is a conflict that names the field, also among ten at once', async () => {
    const tries = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) =>
        acme.create('company', { name: `C${i}`, domain: 'taken.example' }),
      ),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const attempt of tries.filter((one) => one.status === 'rejected')) {
      expect(attempt.reason).toMatchObject(refused('conflict', { fields: { domain: 'is taken' } }))
      expect(String(attempt.reason)).not.toMatch(/duplicate key|crm_company/)
    }
    const { records } = await acme.crm.records.find(acme.ada, 'company', {
      filter: { field: 'domain', op: 'eq', value: 'taken.example' },
    })
    await acme.submit({ do: 'delete', object: 'company', id: records[0]?.id ?? '' })
    await expect(acme.create('company', { name: 'Next', domain: 'taken.example' })).resolves.toBeTruthy()
  })

  it('may not point to records and members that are not there', async () => {
    const gone = await acme.create('company', { name: 'Gone' })
    const person = await acme.create('person', { name: { first: 'Pointer' } })
    await acme.submit({ do: 'delete', object: 'company', id: gone })
    for (const company of [gone, newId('rec'), person]) {
      await expect(acme.update(person, 'person', { company })).rejects.toMatchObject(
        refused('invalid', { fields: { company: 'points to a company that does not exist' } }),
      )
    }
    await expect(acme.update(person, 'person', { owner: newId('mem') })).rejects.toMatchObject(
      refused('invalid'),
    )
    await sql`update member set active = false where id = ${acme.grace.member}`.execute(
      acme.storage.db<never>(),
    )
    await expect(acme.update(person, 'person', { owner: acme.grace.member })).rejects.toMatchObject(
      refused('invalid'),
    )
    await sql`update member set active = true where id = ${acme.grace.member}`.execute(
      acme.storage.db<never>(),
    )
    await expect(
      acme.create('note', { title: 'x', about: { object: 'company', id: person } }),
    ).rejects.toMatchObject(
      refused('invalid', { fields: { about: 'points to a company that does not exist' } }),
    )
  })

  it('with the version it read wins once: of two at the same time exactly one', async () => {
    const id = await acme.create('company', { name: 'Race' })
    const tries = await Promise.allSettled(
      ['left', 'right'].map((city) =>
        acme.submit({ do: 'update', object: 'company', id, version: 1, values: { city } }),
      ),
    )
    expect(tries.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(tries.find((one) => one.status === 'rejected')?.reason).toMatchObject(
      refused('conflict', { fields: { version: '2' } }),
    )
    expect((await read('company', id)).version).toBe(2)
  })

  it('without a version never loses another’s field: ten at once on ten fields all stay', async () => {
    const id = await acme.create('company', { name: 'Together' })
    const fields = { city: 'A', country: 'B', employees: 3, industry: 'other', linkedin: 'x.example' }
    await Promise.all(
      Object.entries(fields).map(([field, value]) => acme.update(id, 'company', { [field]: value })),
    )
    const record = await read('company', id)
    expect(record.fields).toMatchObject({ ...fields, linkedin: 'https://x.example' })
    expect(record.version).toBe(6)
  })

  it('that deletes hides the record everywhere but in its history', async () => {
    const id = await acme.create('company', { name: 'Leaving soon' })
    const person = await acme.create('person', { name: { first: 'Left' }, company: id })
    await acme.submit({ do: 'delete', object: 'company', id, version: 1 })
    await expect(read('company', id)).rejects.toMatchObject(refused('not_found'))
    await expect(acme.update(id, 'company', { city: 'x' })).rejects.toMatchObject(refused('not_found'))
    await expect(acme.submit({ do: 'delete', object: 'company', id })).rejects.toMatchObject(
      refused('not_found'),
    )
    expect(await acme.crm.search(acme.ada, 'Leaving soon')).toEqual([])
    expect((await read('person', person)).fields['company']).toBeNull()
    const { entries } = await acme.crm.changes.history(acme.ada, { object: 'company', id })
    expect(entries.map(({ changes }) => changes[0]?.verb)).toEqual(['delete', 'create'])
  })

  it('may touch a record once only', async () => {
    const id = await acme.create('company', { name: 'Twice' })
    await expect(
      acme.submit(
        { do: 'update', object: 'company', id, values: { city: 'x' } },
        { do: 'delete', object: 'company', id },
      ),
    ).rejects.toMatchObject(refused('invalid'))
  })

  it('leaves one audit entry with its actor, and one event with its ids', async () => {
    const heard: Record<string, string>[] = []
    const stop = acme.storage.events.subscribe('records.changed', (payload) => heard.push(payload))
    const id = await acme.create('company', { name: 'Audited' })
    await expect.poll(() => heard).toHaveLength(1)
    stop()
    expect(heard[0]).toMatchObject({ objects: 'company', ids: id })
    await expect
      .poll(async () => (await acme.audit.list({ limit: 1 }))[0])
      .toMatchObject({
        event: 'change_set.applied',
        outcome: 'ok',
        actor: { kind: 'member', id: acme.ada.member },
        subject: { kind: 'change_set', id: heard[0]?.['changeSet'] },
      })
  })
})

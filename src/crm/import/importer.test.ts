import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openAcme } from '../acme.fixture.ts'
import type { Acme } from '../acme.fixture.ts'
import { createImporter } from './create-importer.ts'
import type { ImportBatch, Importer } from './importer.ts'

let source = ''
const companies = (...records: ImportBatch['records']): ImportBatch => ({
  source,
  kind: 'company',
  object: 'company',
  records,
})
const people = (...records: ImportBatch['records']): ImportBatch => ({
  source,
  kind: 'person',
  object: 'person',
  records,
})

describe('an import', () => {
  let acme: Acme
  let importer: Importer
  let count = 0
  beforeAll(async () => {
    acme = await openAcme()
    importer = createImporter({ ...acme, name: 'Import from elsewhere' })
  })
  afterAll(() => acme.close())
  beforeEach(() => {
    source = `elsewhere ${count++}`
  })
  afterEach(async () => {
    for (const object of ['person', 'company']) {
      const { records } = await acme.crm.records.find(acme.ada, object, {})
      if (records.length > 0)
        await acme.submit(...records.map(({ id }) => ({ do: 'delete' as const, object, id })))
    }
  })
  const names = async (object = 'company') =>
    (await acme.crm.records.find(acme.ada, object, {})).records.map(({ label }) => label).toSorted()
  const company = async (id: string) => {
    const found = await importer.find(source, 'company', id)
    return acme.crm.records.get(acme.ada, 'company', found?.id ?? '')
  }

  it('brings records once, then only what changed there', async () => {
    const first = companies(
      { id: 'a', values: { name: 'Initech', city: 'Austin' } },
      { id: 'b', values: { name: 'Globex' } },
    )
    expect(await importer.write(first)).toMatchObject({ created: 2, updated: 0, unchanged: 0 })
    expect(await importer.write(first)).toMatchObject({ created: 0, updated: 0, unchanged: 2 })
    const later = companies({ id: 'a', values: { name: 'Initech', city: 'Dallas' } })
    expect(await importer.write(later)).toMatchObject({ created: 0, updated: 1 })
    expect(await names()).toEqual(['Globex', 'Initech'])
    expect((await company('a')).fields['city']).toBe('Dallas')
  })

  it('leaves what somebody changed here, and says so', async () => {
    await importer.write(companies({ id: 'a', values: { name: 'Initech', city: 'Austin', employees: 5 } }))
    const { id } = await company('a')
    await acme.submit({ do: 'update', object: 'company', id, values: { city: 'Berlin' } })
    const result = await importer.write(
      companies({ id: 'a', values: { name: 'Initech', city: 'Dallas', employees: 6 } }),
    )
    expect(result).toMatchObject({ updated: 1, kept: [{ id: 'a', fields: ['city'] }] })
    expect((await company('a')).fields).toMatchObject({ city: 'Berlin', employees: 6 })
  })

  it('leaves it however often the source changes it again', async () => {
    await importer.write(companies({ id: 'a', values: { name: 'Initech', city: 'Austin', employees: 5 } }))
    const { id } = await company('a')
    await acme.submit({ do: 'update', object: 'company', id, values: { city: 'Berlin' } })
    await importer.write(companies({ id: 'a', values: { name: 'Initech', city: 'Dallas', employees: 6 } }))
    const again = companies({ id: 'a', values: { name: 'Initech', city: 'Houston', employees: 7 } })
    expect(await importer.write(again)).toMatchObject({ kept: [{ id: 'a', fields: ['city'] }] })
    expect((await company('a')).fields).toMatchObject({ city: 'Berlin', employees: 7 })
  })

  it('leaves a reference that somebody filled in while its other end was missing', async () => {
    const name = { first: 'Ada', last: 'Byron' }
    const ref = { ref: { kind: 'company', id: 'late' } }
    await importer.write(people({ id: 'p', values: { name, company: ref } }))
    const { id } = (await importer.find(source, 'person', 'p')) ?? { id: '' }
    await importer.write(companies({ id: 'here', values: { name: 'Globex' } }))
    const globex = await importer.find(source, 'company', 'here')
    await acme.submit({ do: 'update', object: 'person', id, values: { company: globex?.id ?? '' } })
    await importer.write(companies({ id: 'late', values: { name: 'Initech' } }))
    expect(await importer.resolve(source)).toEqual({ resolved: 0, missing: 0 })
    const person = await acme.crm.records.get(acme.ada, 'person', id)
    expect(person.fields['company']).toMatchObject({ label: 'Globex' })
  })

  it('does not bring back what somebody deleted here', async () => {
    await importer.write(companies({ id: 'a', values: { name: 'Initech' } }))
    const { id } = await company('a')
    await acme.submit({ do: 'delete', object: 'company', id })
    const again = await importer.write(companies({ id: 'a', values: { name: 'Initech 2' } }))
    expect(again).toMatchObject({ created: 0, updated: 0, kept: [{ id: 'a' }] })
    expect(await names()).toEqual([])
  })

  it('joins references, whichever end comes first', async () => {
    const ada = { first: 'Ada', last: 'Byron' }
    const batch = people({ id: 'p', values: { name: ada, company: { ref: { kind: 'company', id: 'a' } } } })
    await importer.write(batch)
    await importer.write(companies({ id: 'a', values: { name: 'Initech' } }))
    expect(await importer.resolve(source)).toEqual({ resolved: 1, missing: 0 })
    const [person] = (await acme.crm.records.find(acme.ada, 'person', {})).records
    expect(person?.fields['company']).toMatchObject({ label: 'Initech' })
    expect(await importer.write(batch)).toMatchObject({ unchanged: 1 })
    await importer.write(
      people({ id: 'q', values: { name: ada, company: { ref: { kind: 'company', id: 'zz' } } } }),
    )
    expect(await importer.resolve(source)).toEqual({ resolved: 0, missing: 1 })
  })

  it('drops a value that doesn’t fit, keeps its record, and lets the others through', async () => {
    const result = await importer.write(
      companies(
        { id: 'a', values: { name: 'One', domain: 'https://acme.example' } },
        { id: 'b', values: { name: 'Two', domain: 'https://acme.example' } },
        { id: 'c', values: { city: 'Nowhere' } },
      ),
    )
    expect(result).toMatchObject({
      created: 2,
      dropped: [{ id: 'b', field: 'domain' }],
      refused: [{ id: 'c', why: expect.stringContaining('name') }],
    })
    expect(await names()).toEqual(['One', 'Two'])
  })

  it('that died between writing and remembering goes on without writing twice', async () => {
    const { crm } = acme
    let dies = true
    const dying = {
      ...crm,
      changes: {
        ...crm.changes,
        async submit(...given: Parameters<typeof crm.changes.submit>) {
          const set = await crm.changes.submit(...given)
          if (dies) throw new Error('the process died')
          return set
        },
      },
    }
    const mortal = createImporter({ ...acme, crm: dying, name: 'Import from elsewhere' })
    const batch = companies({ id: 'a', values: { name: 'Initech' } })
    await expect(mortal.write(batch)).rejects.toThrow('died')
    dies = false
    expect(await mortal.write(batch)).toMatchObject({ created: 0, unchanged: 1 })
    expect(await names()).toEqual(['Initech'])
  })

  it('that died before writing leaves what somebody changed until it goes on', async () => {
    await importer.write(companies({ id: 'a', values: { name: 'Initech', city: 'Austin', employees: 5 } }))
    const { crm } = acme
    const submit = async () => Promise.reject(new Error('the process died'))
    const dying = { ...crm, changes: { ...crm.changes, submit } }
    const mortal = createImporter({ ...acme, crm: dying, name: 'Import from elsewhere' })
    const batch = companies({ id: 'a', values: { name: 'Initech', city: 'Dallas', employees: 6 } })
    await expect(mortal.write(batch)).rejects.toThrow('died')
    const { id } = await company('a')
    await acme.submit({ do: 'update', object: 'company', id, values: { city: 'Berlin' } })
    expect(await importer.write(batch)).toMatchObject({ updated: 1, kept: [{ id: 'a', fields: ['city'] }] })
    expect((await company('a')).fields).toMatchObject({ city: 'Berlin', employees: 6 })
  })

  it('adds objects and fields that aren’t there, and says what stands in the way', async () => {
    const definition = {
      objects: [
        {
          name: 'rocket',
          label: 'Rocket',
          labelPlural: 'Rockets',
          fields: [{ name: 'name', label: 'Name', kind: 'text' as const }],
        },
      ],
      fields: [
        { object: 'company', name: 'city', label: 'City', kind: 'number' as const },
        { object: 'company', name: 'segment', label: 'Segment', kind: 'text' as const },
      ],
      options: [
        {
          object: 'opportunity',
          field: 'stage',
          add: [{ value: 'meeting', label: 'Meeting', color: 'blue' }],
        },
      ],
      targets: [{ object: 'note', field: 'about', add: ['rocket'] }],
    }
    expect(await importer.define(definition)).toEqual({
      added: ['rocket', 'company.segment'],
      clashes: ['company.city is a text here and a number there'],
    })
    expect(await importer.define(definition)).toMatchObject({ added: [] })
    const stage = (await acme.crm.objects.get(acme.ada, 'opportunity')).fields.find(
      ({ name }) => name === 'stage',
    )
    expect(JSON.stringify(stage?.settings)).toContain('"meeting"')
  })

  it('hangs a file on its record once', async () => {
    await importer.write(companies({ id: 'a', values: { name: 'Initech' } }))
    const place = (await importer.find(source, 'company', 'a')) ?? { object: '', id: '' }
    const from = { source, kind: 'attachment', id: 'f1' }
    const file = () => ({
      name: 'a.txt',
      type: 'text/plain',
      bytes: (async function* () {
        yield Buffer.from('hello')
      })(),
    })
    expect(await importer.attach(from, place, file())).toMatchObject({ name: 'a.txt', size: 5 })
    expect(await importer.attach(from, place, file())).toBeNull()
    expect(await acme.crm.files.list(acme.ada, place)).toHaveLength(1)
  })
})

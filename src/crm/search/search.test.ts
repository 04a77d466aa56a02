import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAcme } from '../acme.fixture.ts'
import type { Acme } from '../acme.fixture.ts'

describe('search', () => {
  let acme: Acme
  const ids: Record<string, string> = {}
  beforeAll(async () => {
    acme = await openAcme()
    ids['north'] = await acme.create('company', { name: 'Northwind Traders', domain: 'northwind.example' })
    ids['wind'] = await acme.create('company', { name: 'Big Wind Turbines', city: 'Northampton' })
    ids['lodz'] = await acme.create('company', { name: 'Zakład Łódź', city: 'Łódź' })
    ids['pat'] = await acme.create('person', {
      name: { first: 'Zoë', last: 'North' },
      emails: ['zoe@northwind.example'],
      job_title: 'Head of Wind',
    })
    ids['note'] = await acme.create('note', {
      title: 'Call',
      body: `${'Filler words. '.repeat(20)}They asked about turbine blades and pricing.`,
    })
  })
  afterAll(() => acme.close())
  const hits = async (text: string, options = {}) =>
    (await acme.crm.search(acme.ada, text, options)).map(
      ({ id }) => Object.entries(ids).find(([, known]) => known === id)?.[0],
    )

  it('puts names that begin so first, then records that hold the words', async () => {
    expect(await hits('north')).toEqual(['north', 'pat', 'wind'])
    expect((await hits('wind'))[0]).toBe('wind')
  })

  it('wants all words, in any order, the beginnings of them being enough', async () => {
    expect(await hits('trad north')).toEqual(['north'])
    expect(await hits('zoe@northwind.example')).toEqual(['pat'])
  })

  it('doesn’t mind case, accents, or letters with strokes', async () => {
    expect((await hits('ZOE'))[0]).toBe('pat')
    expect(await hits('lodz')).toEqual(['lodz'])
    expect(await hits('ŁÓDŹ')).toEqual(['lodz'])
  })

  it('forgives slips of the fingers', async () => {
    expect(await hits('Nortwind')).toContain('north')
    expect(await hits('Turbnes')).toContain('wind')
    expect(await hits('qqqqqq')).toEqual([])
  })

  it('shows where the word was found', async () => {
    const [hit] = await acme.crm.search(acme.ada, 'blades')
    expect(hit).toMatchObject({ id: ids['note'], label: 'Call' })
    expect(hit?.snippet).toMatch(/^….*turbine blades and pricing\.$/)
    expect(hit?.snippet?.length).toBeLessThan(150)
  })

  it('stays within the wanted objects and number', async () => {
    expect(await hits('north', { objects: ['person'] })).toEqual(['pat'])
    expect(await hits('north', { limit: 1 })).toEqual(['north'])
    expect(await acme.crm.search(acme.ada, '   ')).toEqual([])
    expect(await acme.crm.search(acme.ada, '%_\\')).toEqual([])
    expect(await acme.crm.search(acme.ada, ":* | ! & ' (")).toEqual([])
  })

  it('holds names and texts that grow when folded', async () => {
    const id = await acme.create('note', { title: 'ﷺ'.repeat(255), body: `${'ﷺ '.repeat(24_000)}end` })
    expect((await acme.crm.search(acme.ada, 'ﷺ')).map((hit) => hit.id)).toEqual([id])
  })

  it('finds a word that more records hold than are looked up by id', async () => {
    for (let i = 0; i < 11; i++) {
      await acme.submit(
        ...Array.from({ length: 100 }, (_, j) => ({
          do: 'create' as const,
          object: 'task',
          values: { title: `Common ${i * 100 + j}` },
        })),
      )
    }
    const page = await acme.crm.records.find(acme.ada, 'task', { search: 'common', count: true, limit: 3 })
    expect(page.count).toBe(1100)
    expect((await acme.crm.records.find(acme.ada, 'task', { search: 'common 1099' })).records).toHaveLength(1)
    expect(await acme.crm.search(acme.ada, 'common', { limit: 7 })).toHaveLength(7)
  })

  it('follows changes at once', async () => {
    const id = await acme.create('company', { name: 'Firstname', city: 'Ulm' })
    await acme.update(id, 'company', { name: 'Secondname' })
    expect((await acme.crm.search(acme.ada, 'Firstname')).map((hit) => hit.id)).not.toContain(id)
    expect(await acme.crm.search(acme.ada, 'Secondname')).toMatchObject([{ id, label: 'Secondname' }])
    const found = await acme.crm.records.find(acme.ada, 'company', { search: 'ulm second' })
    expect(found.records.map((record) => record.id)).toEqual([id])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fieldKinds } from '#contract'
import type { Filter } from '#contract'
import type { Acme } from '../acme.fixture.ts'
import { fieldTypes } from '../fields/registry.ts'
import { openZoo } from '../zoo.fixture.ts'

/** Three records: `ape` and `bee` have a value in every field, `cow` has none. The clock says 2026-11-21. */
type Case = [op: string, value: unknown, found: string]

describe('every operator of every kind finds what it says', () => {
  let acme: Acme
  const ids: Record<string, string> = {}
  const values = (own: { company: string; person: string }): Record<string, Record<string, unknown>> => ({
    ape: {
      a_text: 'Éclair 50%',
      a_long_text: 'One line\nand another_one',
      a_number: 10.5,
      a_currency: { amount: 100, currency: 'EUR' },
      a_date: '2026-11-21',
      a_date_time: '2026-11-20T23:30:00-01:00',
      a_boolean: true,
      a_select: 'large',
      a_emails: ['Ape@Zoo.example', 'second@zoo.example'],
      a_phones: ['+44 20 7946-0001'],
      a_url: 'Zoo.example',
      a_full_name: { first: 'Zoë', last: 'Ape' },
      a_relation: own.company,
      a_member: acme.ada.member,
      a_target: { object: 'company', id: own.company },
    },
    bee: {
      a_text: 'eclipse',
      a_long_text: 'Something else',
      a_number: -2,
      a_currency: { amount: 99.99, currency: 'USD' },
      a_date: '2026-10-02',
      a_date_time: '2026-11-22T00:00:00Z',
      a_boolean: false,
      a_select: 'small',
      a_emails: ['bee@hive.example'],
      a_phones: ['(030) 12 34'],
      a_url: 'http://hive.example/path?q=1',
      a_full_name: { first: 'Bea', last: '' },
      a_relation: own.person,
      a_member: acme.grace.member,
      a_target: { object: 'person', id: own.person },
    },
    cow: {},
  })

  beforeAll(async () => {
    acme = await openZoo()
    const acmeInc = await acme.create('company', { name: 'Acme' })
    const other = await acme.create('company', { name: 'Other' })
    const person = await acme.create('person', { name: { first: 'Pat' } })
    Object.assign(ids, { acmeInc, other, person })
    for (const [name, fields] of Object.entries(values({ company: acmeInc, person }))) {
      const given = name === 'bee' ? { ...fields, a_relation: other } : fields
      ids[name] = await acme.create('zoo', { name, ...given })
    }
  })
  afterAll(() => acme.close())

  const find = async (filter: Filter) => {
    const { records } = await acme.crm.records.find(acme.ada, 'zoo', { filter, sort: [{ field: 'name' }] })
    return records.map(({ label }) => label).join(' ')
  }
  const blankness: Case[] = [
    ['empty', undefined, 'cow'],
    ['not_empty', undefined, 'ape bee'],
  ]
  const cases: Record<string, () => Case[]> = {
    text: () => [
      ['eq', 'ECLAIR 50%', 'ape'],
      ['eq', null, 'cow'],
      ['ne', 'eclipse', 'ape cow'],
      ['ne', null, 'ape bee'],
      ['in', ['éclair 50%', 'nothing'], 'ape'],
      ['not_in', ['éclair 50%'], 'bee cow'],
      ['contains', 'CL', 'ape bee'],
      ['contains', '0%', 'ape'],
      ['contains', '_', ''],
      ['not_contains', 'clip', 'ape cow'],
      ['starts_with', 'ecl', 'ape bee'],
      ['starts_with', 'cl', ''],
      ...blankness,
    ],
    long_text: () => [
      ['contains', 'ANOTHER_ONE', 'ape'],
      ['contains', 'anotherXone', ''],
      ['not_contains', 'line', 'bee cow'],
      ...blankness,
    ],
    number: () => [
      ['eq', 10.5, 'ape'],
      ['ne', 10.5, 'bee cow'],
      ['in', [10.5, -2], 'ape bee'],
      ['not_in', [10.5], 'bee cow'],
      ['gt', -2, 'ape'],
      ['gte', -2, 'ape bee'],
      ['lt', 10.5, 'bee'],
      ['lte', 10.5, 'ape bee'],
      ...blankness,
    ],
    currency: () => [
      ['eq', 100, 'ape'],
      ['ne', 100, 'bee cow'],
      ['gt', 99.99, 'ape'],
      ['gte', 99.99, 'ape bee'],
      ['lt', 100, 'bee'],
      ['lte', 100, 'ape bee'],
      ...blankness,
    ],
    date: () => [
      ['eq', '2026-11-21', 'ape'],
      ['ne', '2026-11-21', 'bee cow'],
      ['gt', '2026-10-02', 'ape'],
      ['gte', '2026-10-02', 'ape bee'],
      ['lt', '2026-11-21', 'bee'],
      ['lte', '2026-11-21', 'ape bee'],
      ['within', 'today', 'ape'],
      ['within', 'last_month', 'bee'],
      ['within', 'past', 'bee'],
      ['within', 'this_quarter', 'ape bee'],
      ...blankness,
    ],
    date_time: () => [
      ['eq', '2026-11-21T00:30:00Z', 'ape'],
      ['ne', '2026-11-21T00:30:00Z', 'bee cow'],
      ['gt', '2026-11-21T23:59:59.999Z', 'bee'],
      ['gte', '2026-11-22', 'bee'],
      ['lt', '2026-11-22', 'ape'],
      ['lte', '2026-11-22T00:00:00Z', 'ape bee'],
      ['within', 'today', 'ape'],
      ['within', 'tomorrow', 'bee'],
      ['within', 'future', 'bee'],
      ...blankness,
    ],
    boolean: () => [['eq', true, 'ape'], ['ne', true, 'bee cow'], ...blankness],
    select: () => [
      ['eq', 'large', 'ape'],
      ['ne', 'large', 'bee cow'],
      ['in', ['large', 'small'], 'ape bee'],
      ['not_in', ['small'], 'ape cow'],
      ...blankness,
    ],
    emails: () => [
      ['eq', 'SECOND@zoo.example', 'ape'],
      ['ne', 'ape@zoo.example', 'bee cow'],
      ['in', ['bee@hive.example', 'x@y.example'], 'bee'],
      ['not_in', ['bee@hive.example'], 'ape cow'],
      ['contains', 'ZOO.', 'ape'],
      ['not_contains', 'zoo', 'bee cow'],
      ['starts_with', 'bee@', 'bee'],
      ...blankness,
    ],
    phones: () => [
      ['eq', '+44 (20) 7946 0001', 'ape'],
      ['ne', '+44 20 7946 0001', 'bee cow'],
      ['contains', '7946-0001', 'ape'],
      ['not_contains', '7946', 'bee cow'],
      ['starts_with', '+44', 'ape'],
      ...blankness,
    ],
    url: () => [
      ['eq', 'https://zoo.example/', 'ape'],
      ['ne', 'zoo.example', 'bee cow'],
      ['in', ['zoo.example', 'http://hive.example/path?q=1'], 'ape bee'],
      ['not_in', ['zoo.example'], 'bee cow'],
      ['contains', 'HIVE', 'bee'],
      ['not_contains', 'hive', 'ape cow'],
      ['starts_with', 'https://', 'ape'],
      ...blankness,
    ],
    full_name: () => [
      ['eq', 'zoe ape', 'ape'],
      ['ne', 'Zoë Ape', 'bee cow'],
      ['contains', 'APE', 'ape'],
      ['not_contains', 'be', 'ape cow'],
      ['starts_with', 'zoe', 'ape'],
      ...blankness,
    ],
    relation: () => [
      ['eq', ids['acmeInc'], 'ape'],
      ['ne', ids['acmeInc'], 'bee cow'],
      ['in', [ids['acmeInc'], ids['other']], 'ape bee'],
      ['not_in', [ids['other']], 'ape cow'],
      ...blankness,
    ],
    member: () => [
      ['eq', '$me', 'ape'],
      ['eq', acme.grace.member, 'bee'],
      ['ne', '$me', 'bee cow'],
      ['in', ['$me', acme.grace.member], 'ape bee'],
      ['not_in', ['$me'], 'bee cow'],
      ...blankness,
    ],
    target: () => [
      ['eq', ids['acmeInc'], 'ape'],
      ['ne', ids['acmeInc'], 'bee cow'],
      ['in', [ids['acmeInc'], ids['person']], 'ape bee'],
      ['not_in', [ids['person']], 'ape cow'],
      ...blankness,
    ],
  }

  for (const kind of fieldKinds.filter((name) => name !== 'actor')) {
    it(kind, async () => {
      for (const [op, value, found] of cases[kind]?.() ?? []) {
        const filter = { field: `a_${kind}`, op, ...(value === undefined ? {} : { value }) } as Filter
        expect(`${op} ${JSON.stringify(value)}: ${await find(filter)}`).toBe(
          `${op} ${JSON.stringify(value)}: ${found}`,
        )
      }
      expect([...new Set(cases[kind]?.().map(([op]) => op))].toSorted()).toEqual(
        Object.keys(fieldTypes[kind].filters).toSorted(),
      )
    })
  }

  it('actor: the person behind the change', async () => {
    expect(await find({ field: 'created_by', op: 'eq', value: '$me' })).toBe('ape bee cow')
    expect(await find({ field: 'created_by', op: 'ne', value: '$me' })).toBe('')
    expect(await find({ field: 'created_by', op: 'in', value: [acme.grace.member] })).toBe('')
    expect(await find({ field: 'created_by', op: 'not_in', value: [acme.grace.member] })).toBe('ape bee cow')
  })

  it('combines: and, or, and a "not" that finds what its condition does not', async () => {
    const ape: Filter = { field: 'a_text', op: 'contains', value: 'air' }
    const bee: Filter = { field: 'a_number', op: 'lt', value: 0 }
    expect(await find({ or: [ape, bee] })).toBe('ape bee')
    expect(await find({ and: [ape, bee] })).toBe('')
    expect(await find({ not: ape })).toBe('bee cow')
    expect(await find({ not: { not: bee } })).toBe('bee')
    expect(await find({ field: 'id', op: 'in', value: [ids['bee'] ?? ''] })).toBe('bee')
  })

  it('reads back what was written, in its one spelling', async () => {
    const { fields } = await acme.crm.records.get(acme.ada, 'zoo', ids['ape'] ?? '')
    expect(fields).toMatchObject({
      a_text: 'Éclair 50%',
      a_long_text: 'One line\nand another_one',
      a_number: 10.5,
      a_currency: { amount: 100, currency: 'EUR' },
      a_date: '2026-11-21',
      a_date_time: '2026-11-21T00:30:00.000Z',
      a_boolean: true,
      a_select: 'large',
      a_emails: ['ape@zoo.example', 'second@zoo.example'],
      a_phones: ['+44 20 7946 0001'],
      a_url: 'https://zoo.example',
      a_full_name: { first: 'Zoë', last: 'Ape' },
      a_relation: { object: 'company', id: ids['acmeInc'], label: 'Acme' },
      a_member: { id: acme.ada.member, name: 'Ada' },
      a_target: { object: 'company', id: ids['acmeInc'], label: 'Acme' },
      created_by: { kind: 'member', member: acme.ada.member, name: 'Ada' },
    })
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Query, RecordView } from '#contract'
import type { Acme } from '../acme.fixture.ts'
import { refused } from '../acme.fixture.ts'
import { openZoo } from '../zoo.fixture.ts'

describe('pages', () => {
  let acme: Acme
  const total = 60
  beforeAll(async () => {
    acme = await openZoo()
    // Many ties and blanks on purpose.
    const intents = Array.from({ length: total }, (_, i) => ({
      do: 'create' as const,
      object: 'zoo',
      values: {
        name: `Name ${i % 7}`,
        a_number: i % 3 === 0 ? null : i % 5,
        a_currency: i % 4 === 0 ? null : { amount: (i % 6) + 0.25, currency: 'EUR' },
        a_date: i % 2 === 0 ? null : `2026-01-0${(i % 9) + 1}`,
        a_date_time: i % 5 === 0 ? null : `2026-01-01T00:00:0${i % 10}.123Z`,
        a_boolean: [true, false, null][i % 3],
        a_select: [null, 'small', 'medium', 'large'][i % 4],
        a_emails: i % 2 ? [`m${i % 8}@x.example`] : null,
        a_url: i % 2 ? `x${i % 4}.example` : null,
        a_full_name: i % 6 ? { first: `F${i % 4}`, last: 'L' } : null,
      },
    }))
    await acme.submit(...intents)
  })
  afterAll(() => acme.close())

  const walk = async (query: Query, between: () => Promise<unknown> = async () => {}) => {
    const seen: RecordView[] = []
    let after: string | undefined
    for (let page = 0; page < 100; page++) {
      const asked = after === undefined ? query : { ...query, after }
      const { records, next } = await acme.crm.records.find(acme.ada, 'zoo', asked)
      seen.push(...records)
      if (next === null) return seen
      after = next
      await between()
    }
    throw new Error('pages never ended')
  }
  const sortable = [
    'id',
    'version',
    'created_at',
    'updated_at',
    'name',
    ...[
      'number',
      'currency',
      'date',
      'date_time',
      'boolean',
      'select',
      'emails',
      'url',
      'full_name',
      'text',
    ].map((kind) => `a_${kind}`),
  ]

  for (const dir of ['asc', 'desc'] as const) {
    it(`hold every record once and in order, by each sortable field, ${dir}`, async () => {
      for (const field of sortable) {
        const sort = [{ field, dir }]
        const whole = await acme.crm.records.find(acme.ada, 'zoo', { sort, limit: 200 })
        const pages = await walk({ sort, limit: 7 })
        expect(pages.map(({ id }) => id)).toEqual(whole.records.map(({ id }) => id))
        expect(new Set(pages.map(({ id }) => id)).size).toBe(total)
        const values = pages.map((record) => record.fields[field])
        const firstBlank = values.indexOf(null)
        if (firstBlank >= 0) expect(values.slice(firstBlank).every((value) => value === null)).toBe(true)
      }
    })
  }

  it('hold every record once by several keys in different directions', async () => {
    const sort = [
      { field: 'a_select', dir: 'desc' as const },
      { field: 'a_number', dir: 'asc' as const },
      { field: 'name', dir: 'desc' as const },
    ]
    const whole = await acme.crm.records.find(acme.ada, 'zoo', { sort, limit: 200 })
    const pages = await walk({ sort, limit: 4 })
    expect(pages.map(({ id }) => id)).toEqual(whole.records.map(({ id }) => id))
  })

  it('sort choices in the order of their list, blanks last', async () => {
    const { records } = await acme.crm.records.find(acme.ada, 'zoo', {
      sort: [{ field: 'a_select' }],
      limit: 200,
    })
    expect([...new Set(records.map((r) => r.fields['a_select']))]).toEqual(['small', 'medium', 'large', null])
  })

  it('lose and repeat none of the records that were there, while others are written', async () => {
    const before = (await walk({ limit: 200 })).map(({ id }) => id)
    let written = 0
    const made: string[] = []
    const seen = await walk({ sort: [{ field: 'name' }], limit: 9 }, async () => {
      made.push(await acme.create('zoo', { name: `Name ${written++ % 7}` }))
    })
    const ids = seen.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(before.filter((id) => !ids.includes(id))).toEqual([])
    await acme.submit(...made.map((id) => ({ do: 'delete' as const, object: 'zoo', id })))
  })

  it('count every match on any page, and none beyond', async () => {
    const filter = { field: 'a_boolean', op: 'eq' as const, value: true }
    const first = await acme.crm.records.find(acme.ada, 'zoo', { filter, limit: 5, count: true })
    expect(first.count).toBe(20)
    const second = await acme.crm.records.find(acme.ada, 'zoo', {
      filter,
      limit: 5,
      count: true,
      after: first.next ?? '',
    })
    expect(second.count).toBe(20)
    const none = await acme.crm.records.find(acme.ada, 'zoo', {
      filter: { field: 'name', op: 'eq', value: 'nobody' },
      count: true,
    })
    expect(none).toEqual({ records: [], next: null, count: 0 })
  })

  it('return the wanted fields only', async () => {
    const { records } = await acme.crm.records.find(acme.ada, 'zoo', {
      fields: ['a_number', 'name'],
      limit: 1,
    })
    expect(Object.keys(records[0]?.fields ?? {})).toEqual(['a_number', 'name'])
  })

  it('O2 refuse a page marker that was forged, cut, or made for another question', async () => {
    const by = (field: string, after: string) =>
      acme.crm.records.find(acme.ada, 'zoo', { sort: [{ field }], limit: 5, after })
    const { next } = await acme.crm.records.find(acme.ada, 'zoo', { sort: [{ field: 'a_date' }], limit: 5 })
    const forged = (at: unknown, of = 'zoo,a_date asc,id asc') =>
      Buffer.from(JSON.stringify({ of, at })).toString('base64url')
    await expect(by('a_date', next ?? '')).resolves.toBeTruthy()
    const bad = [
      '',
      'x',
      (next ?? '').slice(0, -9),
      forged(["'; drop table member; --", 'x']),
      forged(['2026-02-31', 'rec_x', 'more']),
      forged([1, 'x']),
      forged([['2026-01-01'], 'x']),
      forged(['2026-01-01', null]),
      forged(['2026-01-01', 'nul\u0000']),
      forged(['2026-01-01', '\ud800']),
      forged({ length: 2 }),
      forged(['2026-01-01', 'x'], 'company,a_date asc,id asc'),
    ]
    for (const after of bad)
      await expect(by('a_date', after), after).rejects.toMatchObject(refused('invalid'))
    await expect(by('a_number', next ?? '')).rejects.toMatchObject(refused('invalid'))
    // A day that passes as text but not in the calendar is refused by the database, as politely.
    await expect(by('a_date', forged(['2026-02-31', 'x']))).rejects.toMatchObject(refused('invalid'))
  })
})

import { describe, expect, it } from 'vitest'
import { parseView, queryOf } from './view.ts'

describe('the address of a table', () => {
  it('becomes the question it asks', () => {
    const view = parseView({
      filter: [
        { field: 'stage', op: 'in', value: ['won'] },
        { field: 'amount', op: 'gt', value: 10 },
      ],
      sort: [{ field: 'amount', dir: 'desc' }],
      q: 'acme',
    })
    expect(queryOf(view)).toEqual({
      filter: {
        and: [
          { field: 'stage', op: 'in', value: ['won'] },
          { field: 'amount', op: 'gt', value: 10 },
        ],
      },
      sort: [{ field: 'amount', dir: 'desc' }],
      search: 'acme',
    })
  })

  it('drops what it doesn’t understand instead of failing', () => {
    const view = parseView({
      filter: 'all',
      sort: [{ field: 'x', dir: 'up' }],
      q: {},
      record: 7,
      tab: 'secret',
    })
    expect(view).toEqual({})
  })

  it('a condition still without its value doesn’t narrow', () => {
    expect(queryOf({ filter: [{ field: 'stage', op: 'in' }] })).toEqual({})
    expect(queryOf({ filter: [{ field: 'stage', op: 'empty' }] })).toEqual({
      filter: { field: 'stage', op: 'empty' },
    })
  })
})

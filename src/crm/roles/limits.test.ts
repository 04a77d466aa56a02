import { describe, expect, it } from 'vitest'
import { parseLimits } from './limits.ts'

describe('limits read back from authorization details', () => {
  it('are those of the one entry of our type, alone or in RFC 9396’s array', () => {
    expect(parseLimits({ type: 'tandem_crm' })).toEqual({})
    expect(parseLimits({ type: 'tandem_crm', objects: ['person'] })).toEqual({ objects: ['person'] })
    expect(
      parseLimits([
        { type: 'other', objects: [1] },
        { type: 'tandem_crm', objects: ['note'] },
      ]),
    ).toEqual({
      objects: ['note'],
    })
  })

  it('reach nothing when they can’t be read', () => {
    const unreadable = [
      undefined,
      null,
      '',
      'tandem_crm',
      {},
      [],
      { objects: ['person'] },
      { type: 'tandem_crm', objects: 'person' },
      { type: 'tandem_crm', objects: [1] },
      { type: 'tandem_crm', objects: ['person'], fields: ['name'] },
      [{ type: 'tandem_crm' }, { type: 'tandem_crm', objects: ['person'] }],
      [[{ type: 'tandem_crm' }]],
    ]
    for (const value of unreadable) expect(parseLimits(value)).toEqual({ objects: [] })
  })
})

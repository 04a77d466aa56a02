import { describe, expect, it } from 'vitest'
import { fieldOf } from '../field.fixture.ts'
import { accepts, refuses } from '../refusals.fixture.ts'
import { fullName } from './full-name.ts'

describe('full name', () => {
  const field = fieldOf('full_name')

  it('has a first and a last part, one of which may be missing', () => {
    accepts(field, [
      { first: ' Ada ', last: 'Lovelace' },
      { first: 'Ada', last: 'Lovelace' },
    ])
    accepts(
      field,
      [{ last: 'Björk' }, { first: '', last: 'Björk' }],
      [{ first: '', last: ' ' }, null],
      [{}, null],
    )
    expect(fullName.text({ first: '', last: 'Björk' })).toBe('Björk')
  })

  it('has no other part', () => {
    refuses(field, 'Ada Lovelace', { first: 'Ada', middle: 'K' }, { first: 1 }, ['Ada'], {
      first: 'x'.repeat(101),
    })
  })
})

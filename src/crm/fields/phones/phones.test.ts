import { describe, it } from 'vitest'
import { fieldOf } from '../field.fixture.ts'
import { accepts, refuses } from '../refusals.fixture.ts'

describe('phones', () => {
  const field = fieldOf('phones')

  it('are kept in one spelling', () => {
    accepts(field, [
      ['+44 (0)20-7946.0001', '030/12 34'],
      ['+44 0 20 7946 0001', '030 12 34'],
    ])
    accepts(
      field,
      [
        ['555 0100 x12', '555 0100 ext 12'],
        ['555 0100 x12', '555 0100 ext 12'],
      ],
      [[], null],
    )
  })

  it('are made of digits', () => {
    refuses(
      field,
      ['call me'],
      ['12'],
      [''],
      ['+'],
      ['++44 20 7946 0001'],
      ['1'.repeat(22)],
      '+44 20 7946 0001',
      [442079460001],
    )
  })
})

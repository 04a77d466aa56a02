import { describe, it } from 'vitest'
import { fieldOf } from '../field.fixture.ts'
import { accepts, refuses } from '../refusals.fixture.ts'

describe('currency', () => {
  const field = fieldOf('currency')

  it('is an amount and an ISO 4217 code', () => {
    accepts(field, [
      { amount: 12.5, currency: 'EUR' },
      { amount: 12.5, currency: 'EUR' },
    ])
    accepts(field, [
      { currency: 'JPY', amount: 0 },
      { amount: 0, currency: 'JPY' },
    ])
  })

  it('is nothing less and nothing more', () => {
    refuses(field, 5, '5 EUR', {}, [], { amount: 5 }, { currency: 'EUR' }, { amount: '5', currency: 'EUR' })
    refuses(
      field,
      { amount: 5, currency: 'eur' },
      { amount: 5, currency: 'ZZQ' },
      { amount: NaN, currency: 'EUR' },
    )
    refuses(field, { amount: 0.00001, currency: 'EUR' }, { amount: 5, currency: 'EUR', micros: 1 })
    refuses(field, JSON.parse('{"amount": 5, "currency": "EUR", "__proto__": {}}'))
  })
})

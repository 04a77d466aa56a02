import { describe, expect, it } from 'vitest'
import { fieldOf } from '../field.fixture.ts'
import { accepts, refuses } from '../refusals.fixture.ts'
import { select } from './select.ts'

describe('select', () => {
  const options = ['small', 'large'].map((value) => ({ value, label: value.toUpperCase(), color: 'gray' }))
  const field = fieldOf('select', { settings: { options } })

  it('takes one of its values, not a label', () => {
    accepts(field, ['small', 'small'])
    refuses(field, 'SMALL', 'medium', '', ['small'], 'constructor')
  })

  it('tells agents what it takes', () => {
    expect(select.jsonSchema(field)).toEqual({ type: ['string', 'null'], enum: ['small', 'large', null] })
  })
})

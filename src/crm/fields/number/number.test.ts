import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fieldOf } from '../field.fixture.ts'
import { accepts, refuses } from '../refusals.fixture.ts'
import { decimalsOf, number } from './number.ts'

describe('number', () => {
  it('is kept as it is when a double can tell it apart', () => {
    accepts(
      fieldOf('number'),
      [0, 0],
      [-0, 0],
      [0.1, 0.1],
      [-12.5, -12.5],
      [123456789012345, 123456789012345],
    )
    accepts(fieldOf('number'), [1e-10, 1e-10], [1e14, 1e14])
  })

  it('is refused when it is none, or would come back as another', () => {
    refuses(fieldOf('number'), NaN, Infinity, -Infinity, '1', null, [1], 0.1 + 0.2, 1e15, 1e300, 5e-324)
    refuses(fieldOf('number'), 1234567890.1234567)
  })

  it('keeps to its decimals and bounds', () => {
    const field = fieldOf('number', { settings: { decimals: 2, min: -1, max: 10 } })
    accepts(field, [9.99, 9.99], [-1, -1], [1e1, 10])
    refuses(field, 1.001, -1.01, 10.01)
  })

  it('survives the way through text, as numeric columns go', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -999_999_999, max: 999_999_999 }),
        fc.integer({ min: 0, max: 6 }),
        (n, d) => {
          const value = Number(`${n}e-${d}`)
          const held = number.parse(fieldOf('number'), value)
          expect(number.load(fieldOf('number'), [String(held)])).toBe(value)
          expect(decimalsOf(value)).toBeLessThanOrEqual(d)
        },
      ),
    )
  })
})

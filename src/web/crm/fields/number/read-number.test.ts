import { describe, expect, it } from 'vitest'
import { readNumber } from './read-number.ts'

describe('reading a number as people write it', () => {
  it.each([
    ['1200', 1200],
    ['1,200', 1200],
    ['1 200', 1200],
    ['1,200.50', 1200.5],
    ['1.200,50', 1200.5],
    ['1.200.000', 1_200_000],
    ['0,5', 0.5],
    ['-3.25', -3.25],
    ['−7', -7],
  ])('takes %s for %d', (text, value) => expect(readNumber(text)).toBe(value))

  it.each(['', 'twelve', '1e9', '0x10', '--1', '.'])('refuses %j', (text) =>
    expect(readNumber(text)).toBeNull(),
  )
})

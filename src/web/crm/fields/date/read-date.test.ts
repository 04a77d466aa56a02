import { describe, expect, it } from 'vitest'
import { readDay } from './read-date.ts'

describe('reading a day as people write it', () => {
  const now = new Date(2026, 10, 30)
  it.each([
    ['2026-12-31', '2026-12-31'],
    ['2026/1/5', '2026-01-05'],
    ['31.12.2026', '2026-12-31'],
    ['31 Dec 2026', '2026-12-31'],
    ['2026-12-31T09:30:00Z', '2026-12-31'],
    ['today', '2026-11-30'],
    ['Tomorrow', '2026-12-01'],
  ])('takes %s for %s', (text, day) => expect(readDay(text, now)).toBe(day))

  it.each(['2026-02-30', '31.13.2026', 'soon', '12', 'may'])('refuses %j', (text) =>
    expect(readDay(text, now)).toBeNull(),
  )
})

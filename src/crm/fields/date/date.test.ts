import { describe, expect, it } from 'vitest'
import { relativeSpans } from '#contract'
import { fieldOf } from '../field.fixture.ts'
import { accepts, refuses } from '../refusals.fixture.ts'
import { spanOf } from './spans.ts'

describe('date', () => {
  it('is a day of the calendar', () => {
    accepts(
      fieldOf('date'),
      ['2024-02-29', '2024-02-29'],
      ['0001-01-01', '0001-01-01'],
      ['9999-12-31', '9999-12-31'],
    )
    refuses(
      fieldOf('date'),
      '2026-02-29',
      '2026-13-01',
      '2026-1-1',
      '26-01-01',
      '0000-01-01',
      '2026-01-01T00:00',
      '',
    )
    refuses(fieldOf('date'), 20260101, new Date(), 'infinity', 'today', "2026-01-01'")
  })
})

describe('a span relative to today', () => {
  const at = (text: string) => (span: string) => {
    const { from, until } = spanOf(span, new Date(text))
    return `${from ?? ''}..${until ?? ''}`
  }

  it('is counted in UTC, weeks from Monday', () => {
    const sunday = at('2026-11-22T23:59:59Z')
    expect(sunday('today')).toBe('2026-11-22..2026-11-23')
    expect(sunday('this_week')).toBe('2026-11-16..2026-11-23')
    expect(sunday('last_week')).toBe('2026-11-09..2026-11-16')
    expect(at('2026-11-23T00:00:00Z')('this_week')).toBe('2026-11-23..2026-11-30')
    expect(sunday('next_week')).toBe('2026-11-23..2026-11-30')
  })

  it('crosses months and years', () => {
    const newYear = at('2026-01-01T00:00:00Z')
    expect(newYear('yesterday')).toBe('2025-12-31..2026-01-01')
    expect(newYear('last_month')).toBe('2025-12-01..2026-01-01')
    expect(newYear('this_quarter')).toBe('2026-01-01..2026-04-01')
    expect(at('2026-12-31T12:00:00Z')('next_month')).toBe('2027-01-01..2027-02-01')
    expect(at('2026-12-31T12:00:00Z')('this_year')).toBe('2026-01-01..2027-01-01')
    expect(at('2028-02-29T12:00:00Z')('last_7_days')).toBe('2028-02-23..2028-03-01')
  })

  it('ends before today in the past, and begins after it in the future', () => {
    const noon = at('2026-11-21T12:00:00Z')
    expect([noon('past'), noon('future')]).toEqual(['..2026-11-21', '2026-11-22..'])
    expect([noon('next_7_days'), noon('next_30_days')]).toEqual([
      '2026-11-21..2026-11-28',
      '2026-11-21..2026-12-21',
    ])
  })

  it('is never empty', () => {
    for (const span of relativeSpans) {
      const { from, until } = spanOf(span, new Date('2026-11-21T12:00:00Z'))
      if (from !== null && until !== null) expect(from < until).toBe(true)
    }
    expect(() => spanOf('__proto__', new Date())).toThrow('takes one of')
  })
})

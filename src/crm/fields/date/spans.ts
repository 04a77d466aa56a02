import { relativeSpans } from '#contract'
import type { RelativeSpan } from '#contract'
import { FieldProblem } from '../field-type.ts'

/** Days as 'YYYY-MM-DD': from the first, included, up to the second, excluded. Null is unbounded. */
export type Span = { from: string | null; until: string | null }

const day = (at: Date) => at.toISOString().slice(0, 10)

/** What a relative span means now, in UTC. Weeks begin on Monday (ISO 8601). */
export function spanOf(value: unknown, now: Date): Span {
  const name = relativeSpans.find((span) => span === value)
  if (!name) throw new FieldProblem(`"within" takes one of: ${relativeSpans.join(', ')}`)
  const year = now.getUTCFullYear()
  const month = now.getUTCMonth()
  const date = now.getUTCDate()
  const weekday = (now.getUTCDay() + 6) % 7
  const days = (from: number, until: number): Span => ({
    from: day(new Date(Date.UTC(year, month, date + from))),
    until: day(new Date(Date.UTC(year, month, date + until))),
  })
  const months = (from: number, until: number): Span => ({
    from: day(new Date(Date.UTC(year, from, 1))),
    until: day(new Date(Date.UTC(year, until, 1))),
  })
  const quarter = month - (month % 3)
  const spans: Record<RelativeSpan, Span> = {
    today: days(0, 1),
    yesterday: days(-1, 0),
    tomorrow: days(1, 2),
    this_week: days(-weekday, 7 - weekday),
    last_week: days(-weekday - 7, -weekday),
    next_week: days(7 - weekday, 14 - weekday),
    this_month: months(month, month + 1),
    last_month: months(month - 1, month),
    next_month: months(month + 1, month + 2),
    this_quarter: months(quarter, quarter + 3),
    this_year: months(0, 12),
    last_7_days: days(-6, 1),
    last_30_days: days(-29, 1),
    last_90_days: days(-89, 1),
    next_7_days: days(0, 7),
    next_30_days: days(0, 30),
    past: { from: null, until: day(now) },
    future: { from: days(1, 2).from, until: null },
  }
  return spans[name]
}

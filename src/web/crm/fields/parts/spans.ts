import type { RelativeSpan } from '#contract'

/** Relative spans in words, in the order they are offered. */
export const spanWords: Record<RelativeSpan, string> = {
  today: 'today',
  yesterday: 'yesterday',
  tomorrow: 'tomorrow',
  this_week: 'this week',
  last_week: 'last week',
  next_week: 'next week',
  this_month: 'this month',
  last_month: 'last month',
  next_month: 'next month',
  this_quarter: 'this quarter',
  this_year: 'this year',
  last_7_days: 'the last 7 days',
  last_30_days: 'the last 30 days',
  last_90_days: 'the last 90 days',
  next_7_days: 'the next 7 days',
  next_30_days: 'the next 30 days',
  past: 'the past',
  future: 'the future',
}

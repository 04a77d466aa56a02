import { z } from 'zod'
import { sql } from '#storage'
import { defineField } from '../define.ts'
import { FieldProblem } from '../field-type.ts'
import type { Condition, Expression, Field } from '../field-type.ts'
import { cell, emptiness, equality, ordering } from '../filters.ts'
import { spanOf } from './spans.ts'

/** A day of the calendar that exists, years 1 to 9999. */
export function checkDate(input: unknown): string {
  if (typeof input !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(input) || input.startsWith('0000')) {
    throw new FieldProblem('must be a date such as "2026-03-31"')
  }
  const at = new Date(`${input}T00:00:00Z`)
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== input) {
    throw new FieldProblem('is not a day of the calendar')
  }
  return input
}

const column = (field: Field, table: string) => cell(field, table)
const parameter = (_field: Field, value: unknown) => sql`${checkDate(value)}::date`

/** Between two days, `type` being the column's. */
export function inSpan(left: Expression, value: unknown, now: Date, type: 'date' | 'timestamptz'): Condition {
  const { from, until } = spanOf(value, now)
  const edge = (day: string) =>
    type === 'date' ? sql`${day}::date` : sql`${`${day}T00:00:00Z`}::timestamptz`
  if (from === null) return until === null ? sql<boolean>`true` : sql<boolean>`${left} < ${edge(until)}`
  if (until === null) return sql<boolean>`${left} >= ${edge(from)}`
  return sql<boolean>`(${left} >= ${edge(from)} and ${left} < ${edge(until)})`
}

/** A day without a time zone. */
export const date = defineField({
  kind: 'date',
  settings: z.strictObject({}),
  columns: () => [{ suffix: '', type: 'date' }],
  parse: (_field, input) => checkDate(input),
  select: (field, table) => [sql`${cell(field, table)}::text`],
  filters: {
    ...equality(column, parameter),
    ...ordering(column, parameter),
    within: (field, table, value, { now }) => inSpan(cell(field, table), value, now, 'date'),
    ...emptiness(column),
  },
  sort: (field, table) => ({ expression: column(field, table), type: 'date', nullable: !field.required }),
  jsonSchema: () => ({ type: ['string', 'null'], format: 'date' }),
})

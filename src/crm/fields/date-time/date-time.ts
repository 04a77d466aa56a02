import { z } from 'zod'
import { sql } from '#storage'
import { defineField } from '../define.ts'
import { FieldProblem } from '../field-type.ts'
import type { Field } from '../field-type.ts'
import { cell, emptiness, equality, ordering } from '../filters.ts'
import { checkDate, inSpan } from '../date/date.ts'

const shape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/

/** An instant in ISO 8601 with its offset, to the millisecond, as UTC. */
function checkInstant(input: unknown): string {
  if (typeof input !== 'string' || !shape.test(input)) {
    throw new FieldProblem('must be a time such as "2026-03-31T09:30:00Z"')
  }
  checkDate(input.slice(0, 10))
  const at = new Date(input)
  if (Number.isNaN(at.getTime())) throw new FieldProblem('is not a time of the day')
  const iso = at.toISOString()
  // Offsets may carry the first or last hours of the calendar outside four-digit years.
  if (!/^(?!0000)\d{4}-/.test(iso)) throw new FieldProblem('is outside the years 1 to 9999')
  return iso
}

const column = (field: Field, table: string) => cell(field, table)
const parameter = (_field: Field, value: unknown) =>
  sql`${typeof value === 'string' && value.length === 10 ? `${checkDate(value)}T00:00:00.000Z` : checkInstant(value)}::timestamptz`

/** An instant. Filters take a bare day too, meaning its first moment in UTC. */
export const dateTime = defineField({
  kind: 'date_time',
  settings: z.strictObject({}),
  columns: () => [{ suffix: '', type: 'timestamptz' }],
  parse: (_field, input) => checkInstant(input),
  load(_field, [value]) {
    if (value === null || value === undefined) return null
    return (value instanceof Date ? value : new Date(String(value))).toISOString()
  },
  filters: {
    ...equality(column, parameter),
    ...ordering(column, parameter),
    within: (field, table, value, { now }) => inSpan(cell(field, table), value, now, 'timestamptz'),
    ...emptiness(column),
  },
  sort: (field, table) => ({
    expression: column(field, table),
    type: 'timestamptz',
    nullable: !field.required,
  }),
  jsonSchema: () => ({ type: ['string', 'null'], format: 'date-time' }),
})

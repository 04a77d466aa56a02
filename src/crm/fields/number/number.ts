import { z } from 'zod'
import { sql } from '#storage'
import { defineField, settingsBy } from '../define.ts'
import { FieldProblem } from '../field-type.ts'
import { cell, emptiness, equality, listOf, ordering } from '../filters.ts'
import type { Expression, Field } from '../field-type.ts'

/** A double tells numbers of up to this many digits apart (IEEE 754), so what was stored is what is read. */
const digits = 15

const settings = z.strictObject({
  /** Digits after the point; absent = as many as the number has. */
  decimals: z.int().min(0).max(10).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
})
const of = settingsBy(settings)

/** A number that survives the way to `numeric` and back. */
export function checkNumber(input: unknown): number {
  if (typeof input !== 'number' || !Number.isFinite(input)) throw new FieldProblem('must be a number')
  if (Math.abs(input) >= 1e15) throw new FieldProblem('is too large')
  if (input !== 0 && Math.abs(input) < 1e-10) throw new FieldProblem('is too small')
  if (Number(input.toPrecision(digits)) !== input) {
    throw new FieldProblem(`has more than ${digits} significant digits`)
  }
  return input === 0 ? 0 : input
}

/** Decimal places of a number that {@link checkNumber} passed. */
export function decimalsOf(value: number): number {
  const [mantissa = '', exponent = '0'] = value.toString().split('e')
  return Math.max(0, (mantissa.split('.')[1]?.length ?? 0) - Number(exponent))
}

/** A `numeric` column's text as a number. */
export function numberFrom(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value)
}

/** A filter's number as a parameter. */
export function numeric(value: unknown): Expression {
  return sql`${String(checkNumber(value))}::numeric`
}

const column = (field: Field, table: string) => cell(field, table)
const inList = (field: Field, table: string, value: unknown) =>
  sql<boolean>`${column(field, table)} = any(${listOf(value, (v) => String(checkNumber(v)))}::numeric[])`

/** A number, kept exactly. */
export const number = defineField({
  kind: 'number',
  settings,
  columns: () => [{ suffix: '', type: 'numeric' }],
  parse(field, input) {
    const value = checkNumber(input)
    const { decimals, min, max } = of(field)
    if (decimals !== undefined && decimalsOf(value) > decimals) {
      throw new FieldProblem(
        decimals === 0 ? 'must be a whole number' : `must have at most ${decimals} decimals`,
      )
    }
    if (min !== undefined && value < min) throw new FieldProblem(`must be at least ${min}`)
    if (max !== undefined && value > max) throw new FieldProblem(`must be at most ${max}`)
    return value
  },
  load: (_field, [value]) => numberFrom(value),
  filters: {
    ...equality(column, (_field, value) => numeric(value)),
    in: inList,
    not_in: (field, table, value) => sql<boolean>`(${inList(field, table, value)}) is not true`,
    ...ordering(column, (_field, value) => numeric(value)),
    ...emptiness(column),
  },
  sort: (field, table) => ({ expression: column(field, table), type: 'numeric', nullable: !field.required }),
  jsonSchema(field) {
    const { min, max, decimals } = of(field)
    return {
      type: [decimals === 0 ? 'integer' : 'number', 'null'],
      ...(min === undefined ? {} : { minimum: min }),
      ...(max === undefined ? {} : { maximum: max }),
    }
  },
})

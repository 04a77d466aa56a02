import type { Operator } from '#contract'
import { sql } from '#storage'
import { FieldProblem } from './field-type.ts'
import type { Expression, Field, Filter, Json } from './field-type.ts'
import { emptiness } from './filters.ts'
import { checkText, likeLiteral, shortText } from './text-rules.ts'

const most = 20

/** A list of texts without repetitions; an empty one is no value. */
export function parseList(input: unknown, check: (item: unknown) => string): string[] | null {
  if (!Array.isArray(input)) throw new FieldProblem('must be a list, the primary one first')
  if (input.length > most) throw new FieldProblem(`must have at most ${most} entries`)
  const list = [...new Set(input.map((item) => check(item)))].filter(Boolean)
  return list.length === 0 ? null : list
}

export function listText(value: Json): string {
  return Array.isArray(value) ? value.join(' ') : ''
}

/** Filters over an array column: any of its entries may match. `adapt` brings a fragment into the entries' form. */
export function listFilters(
  left: (field: Field, table: string) => Expression,
  check: (item: unknown) => string,
  adapt: (text: string) => string,
): Partial<Record<Operator, Filter>> {
  const has: Filter = (field, table, value) =>
    sql<boolean>`${left(field, table)} @> ${[check(value)]}::text[]`
  const like = (field: Field, table: string, pattern: string) =>
    sql<boolean>`exists (select from unnest(${left(field, table)}) entry where entry like ${pattern})`
  const fragment = (value: unknown) => likeLiteral(adapt(checkText(value, shortText)))
  return {
    eq: has,
    ne: (field, table, value, context) => sql<boolean>`(${has(field, table, value, context)}) is not true`,
    contains: (field, table, value) => like(field, table, `%${fragment(value)}%`),
    not_contains: (field, table, value) => sql<boolean>`not ${like(field, table, `%${fragment(value)}%`)}`,
    starts_with: (field, table, value) => like(field, table, `${fragment(value)}%`),
    ...emptiness(left),
  }
}

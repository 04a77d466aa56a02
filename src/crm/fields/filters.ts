import type { Operator } from '#contract'
import { sql } from '#storage'
import { FieldProblem } from './field-type.ts'
import type { Condition, Expression, Field, Filter, FilterContext } from './field-type.ts'

/** The column of a field under a table's alias. */
export function cell(field: Field, table: string, suffix = ''): Expression {
  return sql.ref(`${table}.${field.column}${suffix}`)
}

export function isNull(expression: Expression): Condition {
  return sql<boolean>`${expression} is null`
}

export function listOf<T>(value: unknown, parse: (item: unknown) => T): T[] {
  if (!Array.isArray(value) || value.length === 0) throw new FieldProblem('needs a list of values')
  return value.map((item) => parse(item))
}

type Filters = Partial<Record<Operator, Filter>>
type Left = (field: Field, table: string) => Expression
type Right = (field: Field, value: unknown, context: FilterContext) => Expression

/** `empty` and `not_empty`. */
export function emptiness(left: Left): Filters {
  return {
    empty: (field, table) => isNull(left(field, table)),
    not_empty: (field, table) => sql<boolean>`${left(field, table)} is not null`,
  }
}

/** `eq` and `ne`; a record without a value is "not equal". `null` asks for emptiness. */
export function equality(left: Left, right: Right): Filters {
  return {
    eq: (field, table, value, context) =>
      value === null
        ? isNull(left(field, table))
        : sql<boolean>`${left(field, table)} = ${right(field, value, context)}`,
    ne: (field, table, value, context) =>
      value === null
        ? sql<boolean>`${left(field, table)} is not null`
        : sql<boolean>`${left(field, table)} is distinct from ${right(field, value, context)}`,
  }
}

/** `in` and `not_in` on text columns; a record without a value is "not in". */
export function membership(
  left: Left,
  parse: (field: Field, item: unknown, context: FilterContext) => string,
): Filters {
  const any: Filter = (field, table, value, context) =>
    sql<boolean>`${left(field, table)} = any(${listOf(value, (item) => parse(field, item, context))}::text[])`
  return {
    in: any,
    not_in: (field, table, value, context) =>
      sql<boolean>`(${any(field, table, value, context)}) is not true`,
  }
}

/** `gt`, `gte`, `lt`, `lte`. */
export function ordering(left: Left, right: Right): Filters {
  return {
    gt: (field, table, value, context) =>
      sql<boolean>`${left(field, table)} > ${right(field, value, context)}`,
    gte: (field, table, value, context) =>
      sql<boolean>`${left(field, table)} >= ${right(field, value, context)}`,
    lt: (field, table, value, context) =>
      sql<boolean>`${left(field, table)} < ${right(field, value, context)}`,
    lte: (field, table, value, context) =>
      sql<boolean>`${left(field, table)} <= ${right(field, value, context)}`,
  }
}

/** `contains`, `not_contains` and `starts_with` by LIKE, on an expression whose case is already settled. */
export function matching(left: Left, pattern: (value: unknown) => string): Filters {
  return {
    contains: (field, table, value) => sql<boolean>`${left(field, table)} like ${`%${pattern(value)}%`}`,
    not_contains: (field, table, value) =>
      sql<boolean>`(${left(field, table)} like ${`%${pattern(value)}%`}) is not true`,
    starts_with: (field, table, value) => sql<boolean>`${left(field, table)} like ${`${pattern(value)}%`}`,
  }
}

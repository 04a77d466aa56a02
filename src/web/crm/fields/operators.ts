import type { FieldView, Operator } from '#contract'
import { fieldUi } from './registry.ts'

const words: Record<Operator, string> = {
  eq: 'is',
  ne: 'is not',
  in: 'is any of',
  not_in: 'is none of',
  contains: 'contains',
  not_contains: 'doesn’t contain',
  starts_with: 'starts with',
  gt: 'is more than',
  gte: 'is at least',
  lt: 'is less than',
  lte: 'is at most',
  within: 'is within',
  empty: 'is empty',
  not_empty: 'is not empty',
}

export function operatorWords(field: FieldView, op: Operator): string {
  return fieldUi(field).operatorWords?.[op] ?? words[op]
}

/** The operators a field offers, in the order of the contract; unknown ones from a newer server are left out. */
export function operatorsOf(field: FieldView): Operator[] {
  return (Object.keys(words) as Operator[]).filter((op) => field.operators.includes(op))
}

export function takesValue(op: Operator): boolean {
  return op !== 'empty' && op !== 'not_empty'
}

export function takesList(op: Operator): boolean {
  return op === 'in' || op === 'not_in'
}

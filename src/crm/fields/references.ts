import { isId } from '#foundation'
import { FieldProblem } from './field-type.ts'

/** Record tables stand apart from the other modules' tables by their prefix. */
export function recordTable(object: string): string {
  return `crm_${object}`
}

export function checkId(prefix: 'rec' | 'mem', value: unknown): string {
  if (!isId(prefix, value)) {
    throw new FieldProblem(`must be the id of a ${prefix === 'mem' ? 'member' : 'record'} (${prefix}_…)`)
  }
  return value
}

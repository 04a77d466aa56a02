import { filter as filterShape, maxFilterDepth } from '#contract'
import type { Condition as ContractCondition, Filter } from '#contract'
import { sql } from '#storage'
import { CrmError } from '../errors.ts'
import { FieldProblem } from '../fields/field-type.ts'
import type { Condition, FilterContext } from '../fields/field-type.ts'
import { typeOf } from '../fields/registry.ts'
import { isStorable } from '../fields/text-rules.ts'
import type { ReachableObject } from '../roles/access.ts'

/** Conditions in one filter, whatever its shape. */
const maxConditions = 200

/**
 * Refuses a filter that is nested too deep or too large, without recursing over it, and then one that
 * has the wrong shape. Throws `invalid`.
 */
export function checkFilter(input: unknown): Filter {
  let level: unknown[] = [input]
  let conditions = 0
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxFilterDepth) {
      throw new CrmError('invalid', `A filter may be nested ${maxFilterDepth} levels deep at most`)
    }
    conditions += level.length
    if (conditions > maxConditions) {
      throw new CrmError('invalid', `A filter may have ${maxConditions} parts at most`)
    }
    level = level.flatMap(childrenOf)
  }
  const parsed = filterShape.safeParse(input)
  if (!parsed.success) {
    throw new CrmError(
      'invalid',
      'A filter is {"field", "op", "value"} or {"and": [...]}, {"or": [...]}, {"not": ...}',
    )
  }
  return parsed.data
}

function childrenOf(node: unknown): unknown[] {
  if (typeof node !== 'object' || node === null) return []
  const lists = ['and' in node ? node.and : [], 'or' in node ? node.or : []]
  const list = lists.flatMap((children): unknown[] => (Array.isArray(children) ? children : []))
  return 'not' in node ? [...list, node.not] : list
}

/** A checked filter as one SQL condition. Identifiers come from the metadata, values are parameters. */
export function compileFilter(
  object: ReachableObject,
  table: string,
  node: Filter,
  context: FilterContext,
): Condition {
  const inner = (child: Filter) => compileFilter(object, table, child, context)
  if ('and' in node) return sql<boolean>`(${sql.join(node.and.map(inner), sql` and `)})`
  if ('or' in node) return sql<boolean>`(${sql.join(node.or.map(inner), sql` or `)})`
  // An unknown counts as "not so": what a condition doesn't find, its negation does.
  if ('not' in node) return sql<boolean>`((${inner(node.not)}) is not true)`
  return compileCondition(object, table, node, context)
}

function compileCondition(
  object: ReachableObject,
  table: string,
  { field: name, op, value }: ContractCondition,
  context: FilterContext,
): Condition {
  const field = object.fields.get(name)
  if (!field) throw unknownField(object, name)
  const { filters } = typeOf(field)
  const build = filters[op]
  if (!build) {
    throw invalidCondition(name, `has no operator "${op}". It has: ${Object.keys(filters).join(', ')}`)
  }
  const texts = Array.isArray(value) ? value : [value]
  if (texts.some((text) => typeof text === 'string' && !isStorable(text))) {
    throw invalidCondition(name, 'is compared with characters that are not text')
  }
  try {
    return build(field, table, value, context)
  } catch (error) {
    if (error instanceof FieldProblem) throw invalidCondition(name, `in the filter ${error.message}`)
    throw error
  }
}

export function unknownField(object: ReachableObject, name: string): CrmError {
  const known = [...object.fields.keys()].join(', ')
  return new CrmError('invalid', `${object.label} has no field "${shown(name)}". Fields: ${known}`, {
    fields: { [shown(name)]: 'is not a field' },
  })
}

function invalidCondition(name: string, message: string): CrmError {
  return new CrmError('invalid', `${name} ${message}`, { fields: { [name]: message } })
}

/** A stranger's name, short and printable enough to be repeated in a message. */
export function shown(name: string): string {
  return name.slice(0, 64).replace(/[^\p{L}\p{N}_.$-]/gu, '?')
}

import type { SortKey } from '#contract'
import { sql } from '#storage'
import { CrmError } from '../errors.ts'
import type { Expression, SortExpression } from '../fields/field-type.ts'
import { typeOf } from '../fields/registry.ts'
import type { ReachableObject } from '../roles/access.ts'
import { unknownField } from './filter.ts'

export type Order = SortExpression & { field: string; dir: 'asc' | 'desc' }

/** The keys in which records are ordered. The id comes last, so that no two records tie. */
export function orderOf(object: ReachableObject, table: string, keys: readonly SortKey[]): Order[] {
  const wanted = keys.length > 0 ? keys : [{ field: 'created_at', dir: 'desc' as const }]
  const orders = wanted.map(({ field: name, dir }): Order => {
    const field = object.fields.get(name)
    if (!field) throw unknownField(object, name)
    const { sort } = typeOf(field)
    if (!sort) {
      const sortable = [...object.fields.values()].filter((f) => typeOf(f).sort).map((f) => f.name)
      throw new CrmError('invalid', `${name} can not be sorted by. These can: ${sortable.join(', ')}`, {
        fields: { [name]: 'can not be sorted by' },
      })
    }
    return { field: name, dir, ...sort(field, table) }
  })
  const unique = orders.filter((order, i) => orders.findIndex(({ field }) => field === order.field) === i)
  if (unique.some(({ field }) => field === 'id')) return unique
  // In the first key's direction, so that an index on (key, id) serves the order in both.
  const dir = unique[0]?.dir ?? 'asc'
  return [...unique, { field: 'id', dir, expression: sql.ref(`${table}.id`), type: 'text', nullable: false }]
}

/** `order by`. Blank values come last whichever way; columns without blanks don't say so, for the index's sake. */
export function orderBy(orders: readonly Order[]): Expression {
  const parts = orders.map(({ expression, dir, nullable }) => {
    const way = dir === 'desc' ? sql` desc` : sql` asc`
    return nullable ? sql`${expression}${way} nulls last` : sql`${expression}${way}`
  })
  return sql`order by ${sql.join(parts)}`
}

import { sql } from '#storage'
import type { Transaction } from '#storage'
import { typeOf } from '../fields/registry.ts'
import type { Access } from '../roles/access.ts'
import type { Effect } from './effect.ts'

type Pointer = { object: string; id: string; effect: Effect; field: string }

/** Reports values that point to members or records which aren't there, were deleted, or are out of reach. One statement. */
export async function checkReferences(
  tx: Transaction<never>,
  access: Access,
  effects: readonly Effect[],
  report: (effect: Effect, field: string, message: string) => void,
): Promise<void> {
  const pointers = effects.flatMap(pointersOf)
  if (pointers.length === 0) return
  const byObject = Map.groupBy(pointers, ({ object }) => object)
  const parts = [...byObject].flatMap(([object, list]) => {
    const ids = [...new Set(list.map(({ id }) => id))]
    if (object === 'member') return [sql`select id from member where id = any(${ids}::text[]) and active`]
    const table = access.reach.tableOf(object)
    return table === null
      ? []
      : [sql`select id from ${sql.table(table)} where id = any(${ids}::text[]) and deleted_at is null`]
  })
  const { rows } =
    parts.length === 0
      ? { rows: [] }
      : await sql<{ id: string }>`${sql.join(parts, sql` union all `)}`.execute(tx)
  const there = new Set(rows.map(({ id }) => id))
  for (const { object, id, effect, field } of pointers) {
    if (!there.has(id)) report(effect, field, `points to a ${object} that does not exist`)
  }
}

function pointersOf(effect: Effect): Pointer[] {
  return [...effect.after].flatMap(([name, value]) => {
    const field = effect.object.fields.get(name)
    const pointer = field && typeOf(field).reference?.(field, value)
    return pointer ? [{ ...pointer, effect, field: name }] : []
  })
}

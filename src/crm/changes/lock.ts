import { sql } from '#storage'
import type { Transaction } from '#storage'
import type { RecordObject } from '../objects/record-object.ts'
import { ownFields, tableOf } from '../objects/record-object.ts'
import { selectHeld } from '../query/select.ts'
import type { Row } from '../query/select.ts'
import type { HeldRecord } from './effect.ts'

/**
 * Loads records, deleted ones too, and locks them until the transaction ends. Objects and ids are taken
 * in one order everywhere, so that two writers don't wait for each other.
 */
export async function lockRecords(
  tx: Transaction<never>,
  wanted: Iterable<{ object: RecordObject; id: string }>,
): Promise<Map<string, HeldRecord>> {
  const byObject = Map.groupBy(wanted, ({ object }) => object)
  const held = new Map<string, HeldRecord>()
  for (const [object, list] of [...byObject].sort(([a], [b]) => (a.name < b.name ? -1 : 1))) {
    const { expressions, read } = selectHeld(ownFields(object), 't')
    const { rows } = await sql<Row>`
      select t.id, t.version, t.label, t.deleted_at is not null as deleted, ${sql.join(expressions)}
      from ${sql.table(tableOf(object))} t where t.id = any(${list.map(({ id }) => id)}::text[])
      order by t.id for update`.execute(tx)
    for (const row of rows) {
      const id = String(row['id'])
      held.set(id, {
        id,
        version: Number(row['version']),
        label: String(row['label']),
        deleted: row['deleted'] === true,
        values: read(row),
      })
    }
  }
  return held
}

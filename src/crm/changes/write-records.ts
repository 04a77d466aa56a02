import { sql } from '#storage'
import type { Transaction } from '#storage'
import type { ActorView } from '#contract'
import { CrmError } from '../errors.ts'
import { typeOf } from '../fields/registry.ts'
import { uniqueIndex } from '../objects/ddl.ts'
import { ownFields, tableOf } from '../objects/record-object.ts'
import type { Metadata, RecordObject } from '../objects/record-object.ts'
import { sqlState } from '../refusal.ts'
import type { Effect } from './effect.ts'

/** Writes what effects say into the record tables: per object one insert and one update, however many records. */
export async function writeRecords(
  tx: Transaction<never>,
  effects: readonly Effect[],
  by: ActorView,
  at: Date,
): Promise<void> {
  for (const [object, list] of Map.groupBy(effects, ({ object }) => object)) {
    const created = list.filter(({ verb }) => verb === 'create')
    const changed = list.filter(({ verb }) => verb !== 'create')
    const table = sql.table(tableOf(object))
    const { names, definitions } = columnsOf(object)
    if (created.length > 0) {
      await sql`
        insert into ${table} (id, version, label, created_at, updated_at, created_by, ${sql.join(names)})
        select x.id, x.version, x.label, ${at}, ${at}, ${JSON.stringify(by)}::jsonb, ${sql.join(names.map((name) => sql`x.${name}`))}
        from ${rowsOf(created, definitions)}`.execute(tx)
    }
    if (changed.length > 0) {
      await sql`
        update ${table} t set version = x.version, label = x.label, updated_at = ${at},
          deleted_at = case when x.deleted then coalesce(t.deleted_at, ${at}) end,
          ${sql.join(names.map((name) => sql`${name} = x.${name}`))}
        from ${rowsOf(changed, definitions)} where t.id = x.id`.execute(tx)
    }
  }
}

function columnsOf(object: RecordObject) {
  const columns = ownFields(object).flatMap((field) =>
    typeOf(field)
      .columns(field)
      .map(({ suffix, type }) => ({ name: sql.id(`${field.column}${suffix}`), type })),
  )
  return {
    names: columns.map(({ name }) => name),
    definitions: columns.map(({ name, type }) => sql`${name} ${sql.raw(type)}`),
  }
}

/** Records as rows: one JSON parameter, so the statement's text doesn't depend on how many there are. */
function rowsOf(effects: readonly Effect[], definitions: ReturnType<typeof sql.raw>[]) {
  const rows = effects.map(({ object, record: { id, version, label, deleted, values } }) => ({
    id,
    version,
    label,
    deleted,
    ...Object.fromEntries(
      ownFields(object).flatMap((field) => {
        const type = typeOf(field)
        const cells = type.store(field, values.get(field.name) ?? null)
        return type.columns(field).map(({ suffix }, i) => [`${field.column}${suffix}`, cells[i] ?? null])
      }),
    ),
  }))
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
    as x(id text, version integer, label text, deleted boolean, ${sql.join(definitions)})`
}

/** Names the field when the database refuses a value because it is taken or points nowhere. */
export function writeRefusal(error: unknown, metadata: Metadata): unknown {
  const state = sqlState(error)
  if (state === '23503') {
    return new CrmError('invalid', 'A value points to something that does not exist', { cause: error })
  }
  if (state !== '23505' || !(error instanceof Error)) return error
  const index = 'constraint' in error ? error.constraint : undefined
  for (const object of metadata.objects.values()) {
    for (const field of object.fields.values()) {
      if (field.unique && uniqueIndex(object, field) === index) {
        return new CrmError(
          'conflict',
          `Another ${object.label.toLowerCase()} has this ${field.name} already`,
          {
            fields: { [field.name]: 'is taken' },
            cause: error,
          },
        )
      }
    }
  }
  return error
}

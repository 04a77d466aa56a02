import { z } from 'zod'
import { sql } from '#storage'
import { defineField, settingsBy } from '../define.ts'
import type { Field } from '../field-type.ts'
import { cell, emptiness, equality, membership } from '../filters.ts'
import { checkId, recordTable } from '../references.ts'

const settings = z.strictObject({
  /** The object it points to. */
  object: z.string().min(1).max(64),
})
const of = settingsBy(settings)
const column = (field: Field, table: string) => cell(field, table)
const parse = (_field: Field, value: unknown) => checkId('rec', value)

/** A record of another object. Written as its id; read with its label. */
export const relation = defineField({
  kind: 'relation',
  settings,
  columns: (field) => [{ suffix: '', type: 'text', references: recordTable(of(field).object) }],
  parse,
  label(field, table, reach) {
    const target = reach.tableOf(of(field).object)
    return target === null
      ? sql`null::text`
      : sql`(select target.label from ${sql.table(target)} target
          where target.id = ${column(field, table)} and target.deleted_at is null)`
  },
  // Without a label the target is deleted or out of the reader's reach: then there is nothing to see.
  format: (field, value, label) =>
    typeof value === 'string' && typeof label === 'string'
      ? { object: of(field).object, id: value, label }
      : null,
  reference: (field, value) => (typeof value === 'string' ? { object: of(field).object, id: value } : null),
  narrow: (field, reaches) => (reaches(of(field).object) ? field : null),
  filters: {
    ...equality(column, (field, value) => sql`${parse(field, value)}::text`),
    ...membership(column, parse),
    ...emptiness(column),
  },
  sort: null,
  text: () => '',
  jsonSchema: (field) => ({ type: ['string', 'null'], description: `id of a ${of(field).object}` }),
})

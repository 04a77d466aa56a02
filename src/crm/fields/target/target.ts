import { z } from 'zod'
import { sql } from '#storage'
import { defineField, settingsBy } from '../define.ts'
import { FieldProblem } from '../field-type.ts'
import type { Expression, Field, Json } from '../field-type.ts'
import { cell, listOf } from '../filters.ts'
import { checkId } from '../references.ts'

const settings = z.strictObject({
  /** The objects it may point to. */
  objects: z.array(z.string().min(1).max(64)).min(1).max(200),
})
const of = settingsBy(settings)
const object = (field: Field, table: string): Expression => cell(field, table, '__object')
const record = (field: Field, table: string): Expression => cell(field, table)

function pairOf(value: Json): { object: string; id: string } | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const { object, id } = value
  return typeof object === 'string' && typeof id === 'string' ? { object, id } : null
}

// `objects` holds only what the asker reaches: what points elsewhere is as good as empty.
const seen = (field: Field, table: string) =>
  sql<boolean>`coalesce(${object(field, table)} = any(${of(field).objects}::text[]), false)`
const among = (field: Field, table: string, ids: string[]) =>
  sql<boolean>`(${record(field, table)} = any(${ids}::text[]) and ${seen(field, table)})`
const id = (value: unknown) => checkId('rec', value)

/** A record of any of several objects: what a task or a note is about. */
export const target = defineField({
  kind: 'target',
  settings,
  columns: () => [
    { suffix: '', type: 'text' },
    { suffix: '__object', type: 'text collate "C"' },
  ],
  parse(field, input) {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      throw new FieldProblem('must be {"object": "company", "id": "rec_…"}')
    }
    if (Object.keys(input).some((key) => key !== 'object' && key !== 'id')) {
      throw new FieldProblem('has members other than object and id')
    }
    const name = 'object' in input ? input.object : undefined
    if (typeof name !== 'string' || !of(field).objects.includes(name)) {
      throw new FieldProblem(`must point to one of: ${of(field).objects.join(', ')}`)
    }
    return { object: name, id: id('id' in input ? input.id : undefined) }
  },
  store(_field, value) {
    const pair = pairOf(value)
    return pair ? [pair.id, pair.object] : [null, null]
  },
  load: (_field, [recordId, objectName]) =>
    typeof recordId === 'string' && typeof objectName === 'string'
      ? { object: objectName, id: recordId }
      : null,
  label(field, table, reach) {
    const cases = of(field).objects.flatMap((name) => {
      const tableName = reach.tableOf(name)
      if (tableName === null) return []
      return [
        sql`when ${name} then (select target.label from ${sql.table(tableName)} target
          where target.id = ${record(field, table)} and target.deleted_at is null)`,
      ]
    })
    return cases.length === 0
      ? sql`null::text`
      : sql`case ${object(field, table)} ${sql.join(cases, sql` `)} end`
  },
  format(_field, value, label) {
    const pair = pairOf(value)
    return pair && typeof label === 'string' ? { ...pair, label } : null
  },
  reference: (_field, value) => pairOf(value),
  narrow(field, reaches) {
    const { objects } = of(field)
    const left = objects.filter(reaches)
    if (left.length === objects.length) return field
    return left.length === 0 ? null : { ...field, settings: { objects: left } }
  },
  filters: {
    eq: (field, table, value) => among(field, table, [id(value)]),
    ne: (field, table, value) => sql<boolean>`not ${among(field, table, [id(value)])}`,
    in: (field, table, value) => among(field, table, listOf(value, id)),
    not_in: (field, table, value) => sql<boolean>`not ${among(field, table, listOf(value, id))}`,
    empty: (field, table) => sql<boolean>`not ${seen(field, table)}`,
    not_empty: (field, table) => seen(field, table),
  },
  sort: null,
  text: () => '',
  jsonSchema: (field) => ({
    type: ['object', 'null'],
    properties: { object: { type: 'string', enum: of(field).objects }, id: { type: 'string' } },
    required: ['object', 'id'],
    additionalProperties: false,
  }),
})

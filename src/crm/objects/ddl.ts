import { hashSecret } from '#foundation'
import type { Column, Field } from '../fields/field-type.ts'
import { typeOf } from '../fields/registry.ts'
import { ownFields, tableOf } from './record-object.ts'
import type { RecordObject } from './record-object.ts'

const identifier = /^[a-z][a-z0-9_]{0,62}$/

/** Every name that becomes SQL passes here, and only names of the metadata come. */
function name(text: string): string {
  if (!identifier.test(text)) throw new Error(`Not a name for SQL: ${text}`)
  return `"${text}"`
}

function columnName(field: Field, { suffix }: Column): string {
  return name(`${field.column}${suffix}`)
}

function columnLines(field: Field): string[] {
  return typeOf(field)
    .columns(field)
    .map((column) => {
      const rule = field.required ? ' not null' : ''
      const key = column.references ? ` references ${name(column.references)} (id) on delete set null` : ''
      return `${columnName(field, column)} ${column.type}${rule}${key}`
    })
}

/** The statements that make an object's table: the same for those that ship and for those people add. */
export function createTable(object: RecordObject): string[] {
  const table = tableOf(object)
  const lines = [
    'id text primary key',
    'version integer not null',
    'label text not null',
    'created_at timestamptz not null',
    'updated_at timestamptz not null',
    'created_by jsonb not null',
    'deleted_at timestamptz',
    ...ownFields(object).flatMap(columnLines),
  ]
  return [
    `create table ${name(table)} (\n  ${lines.join(',\n  ')}\n)`,
    `create index ${name(`${table}_created`)} on ${name(table)} (created_at, id) where deleted_at is null`,
    `create index ${name(`${table}_updated`)} on ${name(table)} (updated_at, id) where deleted_at is null`,
    ...ownFields(object).flatMap((field) => indexes(object, field)),
  ]
}

/** The statements that give an object's table a field that it hadn't. */
export function addColumns(object: RecordObject, field: Field): string[] {
  return [
    ...columnLines(field).map((line) => `alter table ${name(tableOf(object))} add column ${line}`),
    ...indexes(object, field),
  ]
}

/** The unique index whose violation names this field. */
export function uniqueIndex(object: Pick<RecordObject, 'name'>, field: Field): string {
  return indexName(object, field, 'unique')
}

/** PostgreSQL cuts names at 63 bytes, and two that are cut alike would be one. */
function indexName(object: Pick<RecordObject, 'name'>, field: Field, suffix: string): string {
  const full = `${tableOf(object)}_${field.column}_${suffix}`
  return full.length <= 63
    ? full
    : `crm_${hashSecret(full)
        .replace(/[^A-Za-z0-9]/g, '')
        .toLowerCase()}_${suffix}`
}

function indexes(object: RecordObject, field: Field): string[] {
  const table = tableOf(object)
  const all = typeOf(field).columns(field)
  const keys = all.some((column) => column.key) ? all.filter((column) => column.key) : all
  const names = (columns: Column[]) => columns.map((column) => columnName(field, column)).join(', ')
  const index = (suffix: string, what: string, kind = 'index', method = '') =>
    `create ${kind} ${name(indexName(object, field, suffix))} on ${name(table)} ${method}(${what}) where deleted_at is null`
  const statements: string[] = []
  // A deleted record gives its unique values free; restoring it takes them back or says that it can't.
  if (field.unique) statements.push(index('unique', names(keys), 'unique index'))
  if (field.name === object.labelField) statements.push(index('sort', `${names(keys)}, id`))
  if (typeOf(field).reference) statements.push(index('reference', names(all)))
  const lists = all.filter((column) => column.entries)
  if (lists.length > 0) statements.push(index('entries', names(lists), 'index', 'using gin '))
  return statements
}

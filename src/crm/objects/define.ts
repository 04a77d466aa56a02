import type { Audit, AuditEntry } from '#audit'
import { newId } from '#foundation'
import type { Actor } from '#identity'
import { auditActor } from '#identity'
import { sql } from '#storage'
import type { Kysely, Storage } from '#storage'
import { CrmError } from '../errors.ts'
import type { Field } from '../fields/field-type.ts'
import { fieldTypes } from '../fields/registry.ts'
import { refusal, sqlState } from '../refusal.ts'
import { addColumns, createTable } from './ddl.ts'
import { schemaDefinition } from './definition.ts'
import type { NewField, SchemaDefinition } from './definition.ts'
import { metadataChanged } from './metadata.ts'
import type { Metadata, RecordObject } from './record-object.ts'
import { invalid, newOptions, newTargets, pointedAt, widen } from './widen.ts'
import { reservedNames, reservedObjects } from './system-fields.ts'

type Desk = { storage: Storage; audit: Audit; metadata: Metadata }
/** More columns than this and a table gets slow; PostgreSQL's own limit is 1,600, dropped ones included. */
const mostFields = 400
const mostObjects = 300

/** Adds what the definition says: rows of the metadata, tables and columns in one transaction (design §5). */
export async function define(desk: Desk, actor: Actor, asked: SchemaDefinition): Promise<void> {
  requireSchemaRight(actor)
  const parsed = schemaDefinition.safeParse(asked)
  if (!parsed.success) {
    const fields = Object.fromEntries(
      parsed.error.issues.map((issue) => [issue.path.join('.'), issue.message]),
    )
    throw new CrmError('invalid', 'The definition isn’t one', { fields })
  }
  const { objects, fields, targets, options } = parsed.data
  const known = new Map(desk.metadata.objects)
  if (known.size + objects.length > mostObjects)
    throw new CrmError('too_large', `There can be ${mostObjects} objects at most`)
  // Objects first, without fields, so that those of one definition may point to each other.
  for (const { name } of objects) {
    if (reservedObjects.includes(name)) throw invalid(name, 'this name is the engine’s own')
    if (known.has(name)) throw new CrmError('conflict', `There is an object called ${name} already`)
    known.set(name, bare(name))
  }
  const made = objects.map((object): RecordObject => {
    const own = object.fields.map((field) => fieldFrom(object.name, field, known))
    const [first] = own
    if (!first || !['text', 'full_name'].includes(first.kind))
      throw invalid(object.name, 'the first field names the records: a text or a full name')
    refuseTwice(object.name, own)
    return {
      ...bare(object.name),
      label: object.label,
      labelPlural: object.labelPlural,
      icon: object.icon,
      labelField: first.name,
      fields: new Map(own.map((field) => [field.name, field])),
    }
  })
  const added = fields.map(({ object: name, ...field }) => {
    const object = desk.metadata.objects.get(name)
    if (!object) throw new CrmError('not_found', `There is no object ${name}`)
    if (object.fields.has(field.name))
      throw new CrmError('conflict', `${object.label} has a field called ${field.name} already`)
    // Records that are there have no value for it.
    if (field.required)
      throw invalid(`${name}.${field.name}`, 'a field can’t be required of records that are there')
    return { object, field: fieldFrom(name, field, known) }
  })
  for (const object of new Set(added.map((one) => one.object))) {
    const mine = added.filter((one) => one.object === object).map(({ field }) => field)
    refuseTwice(object.name, mine)
    if (object.fields.size + mine.length > mostFields)
      throw new CrmError('too_large', `${object.label} can have ${mostFields} fields at most`)
  }
  const widened = [
    ...targets.map((target) => newTargets(desk.metadata, known, target)),
    ...options.map((option) => newOptions(desk.metadata, option)),
  ]
  try {
    await refusal(
      desk.storage.transaction<never, void>(async (tx) => {
        const { rows } = await sql<{
          next: number
        }>`select coalesce(max(position), 0) + 1 as next from object`.execute(tx)
        for (const [index, object] of made.entries()) {
          await insertObject(tx, object, (rows[0]?.next ?? 0) + index)
          // Columns come when every table is there: objects may point to each other, and to themselves.
          await run(tx, createTable({ ...object, fields: new Map() }))
        }
        for (const object of made)
          for (const field of object.fields.values()) await run(tx, addColumns(object, field))
        for (const { object, field } of added) {
          await insertField(tx, object.id, field)
          await run(tx, addColumns(object, field))
        }
        for (const one of widened) await widen(tx, one)
        await desk.audit.record(tx, entryOf(actor, made, added))
        await desk.storage.publish(tx, metadataChanged, {})
      }),
    )
  } catch (cause) {
    // Somebody else defined the same a moment ago: unique names, duplicate table or column.
    if (['23505', '42P07', '42701'].includes(sqlState(cause)))
      throw new CrmError('conflict', 'An object or field of that name was just added. Look again', { cause })
    throw cause
  }
}

function requireSchemaRight(actor: Actor): void {
  if (actor.kind === 'system') return
  if (actor.kind === 'member' && actor.role === 'administrator') return
  throw new CrmError('forbidden', 'Only an administrator can change objects and fields')
}

function bare(name: string): RecordObject {
  return {
    id: newId('obj'),
    name,
    label: name,
    labelPlural: name,
    icon: 'box',
    standard: false,
    labelField: 'name',
    fields: new Map(),
  }
}

function fieldFrom(object: string, given: NewField, known: ReadonlyMap<string, RecordObject>): Field {
  const where = `${object}.${given.name}`
  if (reservedNames.includes(given.name)) throw invalid(where, 'this name is the engine’s own')
  const settings = fieldTypes[given.kind].settings.safeParse(given.settings)
  if (!settings.success)
    throw invalid(where, settings.error.issues[0]?.message ?? 'its settings don’t fit its kind')
  for (const target of pointedAt(settings.data))
    if (!known.has(target)) throw invalid(where, `it points to ${target}, which isn’t there`)
  return {
    id: newId('fld'),
    object,
    name: given.name,
    label: given.label,
    description: given.description,
    kind: given.kind,
    settings: settings.data,
    required: given.required,
    unique: given.unique,
    readOnly: 'no',
    defaultValue: null,
    pattern: null,
    standard: false,
    system: false,
    // Design §5: apart from the columns that ship, now and in any later release.
    column: `c_${given.name}`,
  }
}

function refuseTwice(object: string, fields: readonly Field[]): void {
  const names = fields.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw invalid(`${object}.${twice}`, 'there are two of that name')
}

async function run(tx: Kysely<never>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(tx)
}

async function insertObject(tx: Kysely<never>, object: RecordObject, position: number): Promise<void> {
  await sql`insert into object (id, name, label, label_plural, icon, label_field, standard, position)
    values (${object.id}, ${object.name}, ${object.label}, ${object.labelPlural}, ${object.icon},
      ${object.labelField}, false, ${position})`.execute(tx)
  for (const field of object.fields.values()) await insertField(tx, object.id, field)
}

async function insertField(tx: Kysely<never>, object: string, field: Field): Promise<void> {
  await sql`insert into field (id, object_id, name, label, description, kind, settings, required, is_unique, read_only,
      default_value, pattern, standard, column_name, position)
    select ${field.id}, ${object}, ${field.name}, ${field.label}, ${field.description}, ${field.kind},
      cast(${JSON.stringify(field.settings)} as jsonb), ${field.required}, ${field.unique}, 'no', null, null, false,
      ${field.column}, (select coalesce(max(position), 0) + 1 from field where object_id = ${object})`.execute(
    tx,
  )
}

function entryOf(
  actor: Actor,
  objects: readonly RecordObject[],
  fields: readonly { object: RecordObject; field: Field }[],
): AuditEntry {
  return {
    event: 'schema.changed',
    outcome: 'ok',
    actor: auditActor(actor),
    detail: {
      objects: objects
        .map(({ name }) => name)
        .join(' ')
        .slice(0, 1000),
      fields: fields
        .map(({ object, field }) => `${object.name}.${field.name}`)
        .join(' ')
        .slice(0, 1000),
    },
  }
}

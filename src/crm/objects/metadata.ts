import { z } from 'zod'
import { fieldKinds } from '#contract'
import { sql } from '#storage'
import type { Storage } from '#storage'
import type { Field } from '../fields/field-type.ts'
import { asJson } from '../fields/define.ts'
import { fieldTypes } from '../fields/registry.ts'
import type { Metadata, RecordObject } from './record-object.ts'
import { systemFields } from './system-fields.ts'

/** Published with every change of objects or fields: replicas drop what they remember. */
export const metadataChanged = 'metadata.changed'

const objectRow = z.object({
  id: z.string(),
  name: z.string(),
  label: z.string(),
  label_plural: z.string(),
  icon: z.string(),
  label_field: z.string(),
  standard: z.boolean(),
})
const fieldRow = z.object({
  id: z.string(),
  object_id: z.string(),
  name: z.string(),
  label: z.string(),
  description: z.string().nullable(),
  kind: z.enum(fieldKinds),
  settings: z.unknown(),
  required: z.boolean(),
  is_unique: z.boolean(),
  read_only: z.enum(['no', 'always', 'after_create']),
  default_value: z.unknown(),
  pattern: z.string().nullable(),
  standard: z.boolean(),
  column_name: z.string(),
})

/** The objects and fields, remembered until somebody changes them. */
export interface MetadataCache {
  /** Never call it inside a transaction: it may ask the database. */
  current(): Promise<Metadata>
}

export function createMetadataCache(storage: Storage): MetadataCache {
  let known: Promise<Metadata> | null = null
  let revision = 0
  const forget = () => void (known = null)
  storage.events.subscribe(metadataChanged, forget)
  storage.events.onGap(forget)
  return {
    current() {
      if (known) return known
      const loading = load(storage, ++revision)
      known = loading
      // A failed load is not remembered: the next one asks again.
      loading.catch(() => {
        if (known === loading) known = null
      })
      return loading
    },
  }
}

async function load(storage: Storage, revision: number): Promise<Metadata> {
  const db = storage.db<never>()
  const objects = await sql<unknown>`select * from object order by position, name`.execute(db)
  const fields = await sql<unknown>`select * from field order by position, name`.execute(db)
  const byObject = Map.groupBy(z.array(fieldRow).parse(fields.rows), (field) => field.object_id)
  const list = z
    .array(objectRow)
    .parse(objects.rows)
    .map((row): RecordObject => {
      const own = (byObject.get(row.id) ?? []).map((field) => fieldOf(row.name, field))
      return {
        id: row.id,
        name: row.name,
        label: row.label,
        labelPlural: row.label_plural,
        icon: row.icon,
        standard: row.standard,
        labelField: row.label_field,
        fields: new Map([...systemFields(row.name), ...own].map((field) => [field.name, field])),
      }
    })
  return { revision, objects: new Map(list.map((object) => [object.name, object])) }
}

function fieldOf(object: string, row: z.infer<typeof fieldRow>): Field {
  return {
    id: row.id,
    object,
    name: row.name,
    label: row.label,
    description: row.description,
    kind: row.kind,
    settings: fieldTypes[row.kind].settings.parse(row.settings),
    required: row.required,
    unique: row.is_unique,
    readOnly: row.read_only,
    defaultValue: asJson(row.default_value),
    pattern: row.pattern,
    standard: row.standard,
    system: false,
    column: row.column_name,
  }
}

import { z } from 'zod'

export const fieldKinds = [
  'text',
  'long_text',
  'number',
  'currency',
  'date',
  'date_time',
  'boolean',
  'select',
  'emails',
  'phones',
  'url',
  'full_name',
  'relation',
  'member',
  'target',
  'actor',
] as const
export type FieldKind = (typeof fieldKinds)[number]

/** A choice of a select field. `color` is one of the web app's tokens. */
export type SelectOption = { value: string; label: string; color: string }

export type FieldView = {
  id: string
  /** The API name: what queries, changes and tools use. */
  name: string
  label: string
  description: string | null
  kind: FieldKind
  /** Read by the field type of that kind and nobody else. */
  settings: Record<string, unknown>
  required: boolean
  unique: boolean
  readOnly: boolean
  standard: boolean
  /** System fields (id, version, created_at…) are kept by the engine. */
  system: boolean
  operators: readonly string[]
  sortable: boolean
  /** JSON Schema of what a change writes here; null clears it. */
  schema: Record<string, unknown>
}
export type ObjectView = {
  id: string
  /** The API name, singular: `company`. */
  name: string
  label: string
  labelPlural: string
  icon: string
  standard: boolean
  /** The field whose value names a record. */
  labelField: string
  fields: FieldView[]
  /** What the asking actor may do with records of this object. */
  can: { read: boolean; create: boolean; update: boolean; delete: boolean }
}

/** A record as the outside sees it: system fields by name, then each field's wire value. */
export type RecordView = {
  id: string
  object: string
  version: number
  label: string
  fields: Record<string, unknown>
}
export type RecordPage = { records: RecordView[]; next: string | null; count?: number }

export type Reference = { object: string; id: string; label: string }

const values = z.record(z.string().min(1).max(64), z.unknown())
const objectName = z.string().min(1).max(64)
const recordId = z.string().min(1).max(64)

/** One thing a writer wants. `version` is the one it read: a newer record refuses (409) instead of being overwritten. */
export const intent = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('create'), object: objectName, values }),
  z.strictObject({
    do: z.literal('update'),
    object: objectName,
    id: recordId,
    version: z.int().min(1).optional(),
    values,
  }),
  z.strictObject({
    do: z.literal('delete'),
    object: objectName,
    id: recordId,
    version: z.int().min(1).optional(),
  }),
])
export type Intent = z.infer<typeof intent>

export const submission = z.strictObject({
  intents: z.array(intent).min(1).max(100),
  /** Why, in the writer's words; shown in history. */
  reason: z.string().max(500).optional(),
  /** The same key again returns the first answer instead of writing twice. */
  idempotencyKey: z.string().min(1).max(200).optional(),
})
export type Submission = z.infer<typeof submission>

/** Who did it, as timelines show it: an agent always with the person it worked for. */
export type ActorView =
  | { kind: 'member'; member: string; name: string }
  | { kind: 'agent'; member: string; name: string; client: string; clientName: string; grant: string }
  | { kind: 'system'; name: string }

export type ChangeView = {
  id: string
  object: string
  recordId: string
  label: string
  verb: 'create' | 'update' | 'delete' | 'restore'
  /** Wire values by field, before and after. Only fields that changed. */
  before: Record<string, unknown>
  after: Record<string, unknown>
}
export type ChangeSetView = {
  id: string
  actor: ActorView
  at: string
  reason: string | null
  status: 'applied' | 'undone'
  /** The change set that this one takes back, and the one that took this one back. */
  undoes: string | null
  undoneBy: string | null
  changes: ChangeView[]
}
export type HistoryPage = { entries: ChangeSetView[]; next: string | null }

/** A field somebody changed again after the change set that is being undone. Its newer value stays. */
export type UndoConflict = {
  object: string
  recordId: string
  label: string
  field: string
  current: unknown
  wouldRestore: unknown
}
export type UndoResult = { changeSet: ChangeSetView | null; conflicts: UndoConflict[] }

export type SearchHit = { object: string; id: string; label: string; snippet: string | null }

import type { FieldKind } from '#contract'
import type { Field } from '../fields/field-type.ts'

const kept = (
  object: string,
  name: string,
  label: string,
  kind: FieldKind,
  settings: unknown = {},
): Field => ({
  id: `fld_${object}_${name}`,
  object,
  name,
  label,
  description: null,
  kind,
  settings,
  required: true,
  unique: false,
  readOnly: 'always',
  defaultValue: null,
  pattern: null,
  standard: true,
  system: true,
  column: name,
})

/** What the engine keeps for each record. They are filtered, sorted and read like any field. */
export function systemFields(object: string): Field[] {
  return [
    kept(object, 'id', 'Id', 'text', { exact: true }),
    kept(object, 'version', 'Version', 'number', { decimals: 0 }),
    kept(object, 'created_at', 'Created', 'date_time'),
    kept(object, 'updated_at', 'Updated', 'date_time'),
    kept(object, 'created_by', 'Created by', 'actor'),
  ]
}

/** Names no field may have: system columns and what every record view carries. */
export const reservedNames: readonly string[] = [
  'id',
  'object',
  'version',
  'label',
  'created_at',
  'updated_at',
  'created_by',
  'deleted_at',
]

/** Names no object may have: their tables are there, and are none of an object's. */
export const reservedObjects: readonly string[] = ['demo']

import type { Field } from '../fields/field-type.ts'
import { recordTable } from '../fields/references.ts'

/** One object of the metadata, with its fields by name: the system's first, then in their order. */
export type RecordObject = {
  id: string
  name: string
  label: string
  labelPlural: string
  icon: string
  standard: boolean
  labelField: string
  fields: ReadonlyMap<string, Field>
}

/** All objects by name. `revision` differs between any two states of the metadata this process saw. */
export type Metadata = { revision: number; objects: ReadonlyMap<string, RecordObject> }

export function tableOf(object: Pick<RecordObject, 'name'>): string {
  return recordTable(object.name)
}

/** The fields that people and agents may fill: all but the system's. */
export function ownFields(object: RecordObject): Field[] {
  return [...object.fields.values()].filter((field) => !field.system)
}

import type { ChangeView } from '#contract'
import { newId } from '#foundation'
import type { Json } from '../fields/field-type.ts'
import { typeOf } from '../fields/registry.ts'
import { ownFields } from '../objects/record-object.ts'
import type { RecordObject } from '../objects/record-object.ts'

export type Values = Map<string, Json>
export type Verb = ChangeView['verb']

/** A record as it stands, locked for the transaction. */
export type HeldRecord = { id: string; version: number; label: string; deleted: boolean; values: Values }

/** What one change does to one record: the values that differ, and the record as it will be. */
export type Effect = {
  id: string
  object: RecordObject
  verb: Verb
  before: Values
  after: Values
  record: HeldRecord
}

export function creation(object: RecordObject, given: Values): Effect {
  const values: Values = new Map(ownFields(object).map(({ name }) => [name, given.get(name) ?? null]))
  const id = newId('rec')
  const record = { id, version: 1, label: labelOf(object, values, id), deleted: false, values }
  return effect(object, 'create', new Map(), withoutBlanks(values), record)
}

/** Null when nothing would differ. */
export function revision(object: RecordObject, current: HeldRecord, wanted: Values): Effect | null {
  const changed = [...wanted].filter(
    ([name, value]) => !sameValue(object, name, value, current.values.get(name) ?? null),
  )
  if (changed.length === 0) return null
  const values = new Map([...current.values, ...changed])
  const before = new Map(changed.map(([name]) => [name, current.values.get(name) ?? null]))
  const label = labelOf(object, values, current.id)
  return effect(object, 'update', before, new Map(changed), {
    ...current,
    version: current.version + 1,
    label,
    values,
  })
}

export function deletion(object: RecordObject, current: HeldRecord): Effect {
  const record = { ...current, version: current.version + 1, deleted: true }
  return effect(object, 'delete', withoutBlanks(current.values), new Map(), record)
}

export function restoration(object: RecordObject, current: HeldRecord): Effect {
  const record = { ...current, version: current.version + 1, deleted: false }
  return effect(object, 'restore', new Map(), withoutBlanks(current.values), record)
}

export function sameValue(object: RecordObject, name: string, a: Json, b: Json): boolean {
  const field = object.fields.get(name)
  if (a === null || b === null || !field) return a === b
  return typeOf(field).equal(a, b)
}

function effect(object: RecordObject, verb: Verb, before: Values, after: Values, record: HeldRecord): Effect {
  return { id: newId('chg'), object, verb, before, after, record }
}

function withoutBlanks(values: Values): Values {
  return new Map([...values].filter(([, value]) => value !== null))
}

function labelOf(object: RecordObject, values: Values, id: string): string {
  const field = object.fields.get(object.labelField)
  const text = field ? typeOf(field).text(values.get(field.name) ?? null) : ''
  return text.slice(0, 255).toWellFormed() || id
}

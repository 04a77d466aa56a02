import { CrmError } from '../errors.ts'
import { FieldProblem } from '../fields/field-type.ts'
import type { Field, Json } from '../fields/field-type.ts'
import { typeOf } from '../fields/registry.ts'
import { shown } from '../query/filter.ts'
import type { ReachableObject } from '../roles/access.ts'
import type { HeldRecord, Values } from './effect.ts'
import { sameValue } from './effect.ts'

/** What is wrong, by the place where it is: a field's name, or `intents.3.name` when there are several. */
export class Problems {
  // A map: an object would already have a `constructor` that is in order.
  readonly #found = new Map<string, string>()
  readonly #several: boolean
  constructor(several: boolean) {
    this.#several = several
  }
  add(intent: number, field: string, message: string): void {
    const name = shown(field)
    const place = this.#several ? `intents.${intent}.${name}` : name
    if (!this.#found.has(place)) this.#found.set(place, message)
  }
  /** Throws `invalid` with all of them, when there are any. */
  throwIfAny(): void {
    const list = [...this.#found]
    if (list.length === 0) return
    const told = list.slice(0, 5).map(([place, message]) => `${place} ${message}`)
    const more = list.length > told.length ? `; and ${list.length - told.length} more` : ''
    throw new CrmError('invalid', `${told.join('; ')}${more}`, { fields: Object.fromEntries(list) })
  }
}

/** Wire values → held values, for a new record: defaults filled in, required ones demanded. */
export function valuesToCreate(
  object: ReachableObject,
  wire: Record<string, unknown>,
  report: (field: string, message: string) => void,
): Values {
  const values = parseValues(object, wire, report)
  for (const field of object.fields.values()) {
    if (field.system || Object.hasOwn(wire, field.name)) continue
    if (field.defaultValue !== null) values.set(field.name, field.defaultValue)
    else if (field.required) report(field.name, 'is required')
  }
  return values
}

/** Wire values → held values, for an existing record. */
export function valuesToUpdate(
  object: ReachableObject,
  wire: Record<string, unknown>,
  report: (field: string, message: string) => void,
): Values {
  return parseValues(object, wire, report)
}

/** Fields that may be given once only. Giving the same value again is no change. */
export function checkFixedFields(
  object: ReachableObject,
  current: HeldRecord,
  wanted: Values,
  report: (field: string, message: string) => void,
): void {
  for (const [name, value] of wanted) {
    const fixed = object.fields.get(name)?.readOnly === 'after_create'
    if (fixed && !sameValue(object, name, value, current.values.get(name) ?? null)) {
      report(name, 'can not be changed after creation')
    }
  }
}

function parseValues(
  object: ReachableObject,
  wire: Record<string, unknown>,
  report: (field: string, message: string) => void,
): Values {
  const values: Values = new Map()
  for (const [name, input] of Object.entries(wire)) {
    const field = object.fields.get(name)
    if (!field) {
      report(name, `is not a field of ${object.label}`)
    } else if (field.system || field.readOnly === 'always') {
      report(name, 'is read-only')
    } else if (!object.writable.has(name)) {
      report(name, 'may not be written by your role')
    } else {
      try {
        values.set(name, parseValue(field, input))
      } catch (error) {
        if (!(error instanceof FieldProblem)) throw error
        report(name, error.message)
      }
    }
  }
  return values
}

function parseValue(field: Field, input: unknown): Json {
  const type = typeOf(field)
  const value = input === null || input === undefined ? null : type.parse(field, input)
  if (value === null) {
    if (field.required) throw new FieldProblem('is required')
    return null
  }
  if (field.pattern !== null && !new RegExp(`^(?:${field.pattern})$`, 'u').test(type.text(value))) {
    throw new FieldProblem('does not have the form this field asks for')
  }
  return value
}

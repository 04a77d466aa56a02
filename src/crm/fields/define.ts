import { isDeepStrictEqual } from 'node:util'
import type { z } from 'zod'
import type { FieldKind } from '#contract'
import { cell } from './filters.ts'
import type { Field, FieldType, Json } from './field-type.ts'

type Required = 'kind' | 'columns' | 'parse' | 'filters' | 'sort' | 'jsonSchema'
type Definition = Pick<FieldType, Required> &
  Partial<Omit<FieldType, Required>> & { kind: FieldKind; settings: z.ZodType }

/** A field type with the usual answers filled in: one column holding the value as it is. */
export function defineField(definition: Definition): FieldType {
  return {
    store: (_field, value) => [value],
    select: (field, table) => definition.columns(field).map(({ suffix }) => cell(field, table, suffix)),
    load: (_field, [first]) => asJson(first),
    format: (_field, value) => value,
    text: (value) => (typeof value === 'string' ? value : ''),
    equal: (a, b) => isDeepStrictEqual(a, b),
    ...definition,
  }
}

/** A driver's value that is JSON already. Anything else means that a type forgot its `load`. */
export function asJson(value: unknown): Json {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value)) return value.map(asJson)
  if (typeof value === 'object' && !(value instanceof Date)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asJson(item)]))
  }
  throw new TypeError(`Not a JSON value: ${typeof value}`)
}

/** Reads a field's settings by its type's schema, once per field. */
export function settingsBy<T>(schema: z.ZodType<T>): (field: Field) => T {
  const seen = new WeakMap<Field, T>()
  return (field) => {
    const known = seen.get(field)
    if (known !== undefined) return known
    const parsed = schema.parse(field.settings)
    seen.set(field, parsed)
    return parsed
  }
}

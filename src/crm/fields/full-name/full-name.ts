import { z } from 'zod'
import { sql } from '#storage'
import { defineField } from '../define.ts'
import { FieldProblem } from '../field-type.ts'
import type { Field, Json } from '../field-type.ts'
import { cell, emptiness, equality, matching } from '../filters.ts'
import { checkText, fold, likeLiteral, shortText, sortKey } from '../text-rules.ts'

type Name = { first: string; last: string }

function nameOf(value: Json): Name | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const { first, last } = value
  return typeof first === 'string' && typeof last === 'string' ? { first, last } : null
}

const display = (value: Json) => {
  const name = nameOf(value)
  return name ? `${name.first} ${name.last}`.trim() : ''
}
const key = (field: Field, table: string) => cell(field, table, '__fold')
const present = (field: Field, table: string) => cell(field, table)

/** A person's name. Sorts and compares as it is spoken: first, then last. */
export const fullName = defineField({
  kind: 'full_name',
  settings: z.strictObject({}),
  columns: () => [
    { suffix: '', type: 'text' },
    { suffix: '__last', type: 'text' },
    { suffix: '__fold', type: 'text collate "C"', key: true },
  ],
  parse(_field, input) {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      throw new FieldProblem('must be {"first": "Ada", "last": "Lovelace"}')
    }
    if (Object.keys(input).some((member) => member !== 'first' && member !== 'last')) {
      throw new FieldProblem('has members other than first and last')
    }
    const part = (value: unknown) => (value === undefined || value === null ? '' : checkText(value, 100))
    const first = part('first' in input ? input.first : undefined)
    const last = part('last' in input ? input.last : undefined)
    return first || last ? { first, last } : null
  },
  store(_field, value) {
    const name = nameOf(value)
    return name ? [name.first, name.last, sortKey(display(value))] : [null, null, null]
  },
  select: (field, table) => [cell(field, table), cell(field, table, '__last')],
  load: (_field, [first, last]) =>
    typeof first === 'string' ? { first, last: typeof last === 'string' ? last : '' } : null,
  filters: {
    ...equality(key, (_field, value) => sql`${sortKey(checkText(value, shortText))}::text`),
    ...matching(key, (value) => likeLiteral(fold(checkText(value, shortText)))),
    ...emptiness(present),
  },
  sort: (field, table) => ({ expression: key(field, table), type: 'text', nullable: !field.required }),
  text: display,
  jsonSchema: () => ({
    type: ['object', 'null'],
    properties: { first: { type: 'string', maxLength: 100 }, last: { type: 'string', maxLength: 100 } },
    additionalProperties: false,
  }),
})

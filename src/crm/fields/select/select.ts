import { z } from 'zod'
import { sql } from '#storage'
import { defineField, settingsBy } from '../define.ts'
import { FieldProblem } from '../field-type.ts'
import type { Field } from '../field-type.ts'
import { cell, emptiness, equality, membership } from '../filters.ts'
import { checkText, shortText } from '../text-rules.ts'

const settings = z.strictObject({
  options: z
    .array(
      z.strictObject({
        value: z.string().regex(/^[a-z0-9_]{1,64}$/),
        label: z.string().min(1).max(100),
        color: z.string().min(1).max(32),
      }),
    )
    .min(1)
    .max(200),
})
const of = settingsBy(settings)
const valuesOf = (field: Field) => of(field).options.map(({ value }) => value)

function checkOption(field: Field, input: unknown): string {
  const value = checkText(input, shortText)
  if (!valuesOf(field).includes(value)) {
    throw new FieldProblem(`must be one of: ${valuesOf(field).join(', ')}`)
  }
  return value
}

const column = (field: Field, table: string) => cell(field, table)

/** One of a list of choices. Sorts in the order of the list, not of the alphabet. */
export const select = defineField({
  kind: 'select',
  settings,
  columns: () => [{ suffix: '', type: 'text collate "C"' }],
  parse: (field, input) => checkOption(field, input),
  filters: {
    ...equality(column, (field, value) => sql`${checkOption(field, value)}::text`),
    ...membership(column, checkOption),
    ...emptiness(column),
  },
  sort: (field, table) => ({
    expression: sql`array_position(${valuesOf(field)}::text[], ${column(field, table)})`,
    type: 'integer',
    nullable: true,
  }),
  text: () => '',
  jsonSchema: (field) => ({ type: ['string', 'null'], enum: [...valuesOf(field), null] }),
})

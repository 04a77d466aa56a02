import { z } from 'zod'
import { sql } from '#storage'
import { defineField } from '../define.ts'
import { FieldProblem } from '../field-type.ts'
import type { Field } from '../field-type.ts'
import { cell, emptiness, equality } from '../filters.ts'

function checkBoolean(input: unknown): boolean {
  if (typeof input !== 'boolean') throw new FieldProblem('must be true or false')
  return input
}

const column = (field: Field, table: string) => cell(field, table)

/** Yes, no, or not said. */
export const boolean = defineField({
  kind: 'boolean',
  settings: z.strictObject({}),
  columns: () => [{ suffix: '', type: 'boolean' }],
  parse: (_field, input) => checkBoolean(input),
  filters: {
    ...equality(column, (_field, value) => sql`${checkBoolean(value)}::boolean`),
    ...emptiness(column),
  },
  sort: (field, table) => ({ expression: column(field, table), type: 'boolean', nullable: !field.required }),
  jsonSchema: () => ({ type: ['boolean', 'null'] }),
})

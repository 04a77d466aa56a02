import { z } from 'zod'
import { sql } from '#storage'
import { defineField } from '../define.ts'
import { FieldProblem } from '../field-type.ts'
import type { Field, FilterContext } from '../field-type.ts'
import { cell, emptiness, equality, membership } from '../filters.ts'
import { checkId } from '../references.ts'

const column = (field: Field, table: string) => cell(field, table)

/** A member's id in a filter, where `$me` is whoever asks. */
export function memberOf(value: unknown, { me }: FilterContext): string {
  if (value !== '$me') return checkId('mem', value)
  if (me === null) throw new FieldProblem('"$me" means nobody here')
  return me
}

/** A member of the workspace. Written as an id, read with the name. */
export const member = defineField({
  kind: 'member',
  settings: z.strictObject({}),
  columns: () => [{ suffix: '', type: 'text', references: 'member' }],
  parse: (_field, input) => checkId('mem', input),
  label: (field, table) => sql`(select m.name from member m where m.id = ${column(field, table)})`,
  format: (_field, value, label) =>
    typeof value === 'string' ? { id: value, name: typeof label === 'string' ? label : '' } : null,
  reference: (_field, value) => (typeof value === 'string' ? { object: 'member', id: value } : null),
  filters: {
    ...equality(column, (_field, value, context) => sql`${memberOf(value, context)}::text`),
    ...membership(column, (_field, value, context) => memberOf(value, context)),
    ...emptiness(column),
  },
  sort: null,
  text: () => '',
  jsonSchema: () => ({ type: ['string', 'null'], description: 'id of a member' }),
})

import { z } from 'zod'
import { sql } from '#storage'
import { asJson, defineField } from '../define.ts'
import { FieldProblem } from '../field-type.ts'
import type { Field } from '../field-type.ts'
import { cell, equality, membership } from '../filters.ts'
import { memberOf } from '../member/member.ts'

const person = (field: Field, table: string) => sql`${cell(field, table)} ->> 'member'`

/** Who did it. Kept by the engine; filters look at the person, agents count as the person they work for. */
export const actor = defineField({
  kind: 'actor',
  settings: z.strictObject({}),
  columns: () => [{ suffix: '', type: 'jsonb' }],
  parse() {
    throw new FieldProblem('is kept by Tandem and can not be written')
  },
  load: (_field, [value]) => asJson(value),
  filters: {
    ...equality(person, (_field, value, context) => sql`${memberOf(value, context)}::text`),
    ...membership(person, (_field, value, context) => memberOf(value, context)),
  },
  sort: null,
  text: () => '',
  jsonSchema: () => ({ type: 'object', readOnly: true }),
})

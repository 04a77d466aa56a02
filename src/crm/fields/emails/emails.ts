import { z } from 'zod'
import { sql } from '#storage'
import { asJson, defineField } from '../define.ts'
import { FieldProblem } from '../field-type.ts'
import type { Field } from '../field-type.ts'
import { cell, listOf } from '../filters.ts'
import { listFilters, listText, parseList } from '../string-list.ts'
import { checkText } from '../text-rules.ts'

/** RFC 5321 §4.5.3.1: 254 octets are what a path leaves for an address. */
const longest = 254
const shape = z.email()

function checkEmail(input: unknown): string {
  const value = checkText(input, longest).toLowerCase()
  if (!shape.safeParse(value).success)
    throw new FieldProblem('must be e-mail addresses such as "ada@acme.example"')
  return value
}

const column = (field: Field, table: string) => cell(field, table)
const among = (field: Field, table: string, value: unknown) =>
  sql<boolean>`${column(field, table)} && ${listOf(value, checkEmail)}::text[]`

/** E-mail addresses in lower case; the first is the primary one. */
export const emails = defineField({
  kind: 'emails',
  settings: z.strictObject({}),
  columns: () => [{ suffix: '', type: 'text[]', entries: true }],
  parse: (_field, input) => parseList(input, checkEmail),
  load: (_field, [value]) => asJson(value),
  filters: {
    ...listFilters(column, checkEmail, (text) => text.toLowerCase()),
    in: among,
    not_in: (field, table, value) => sql<boolean>`(${among(field, table, value)}) is not true`,
  },
  sort: (field, table) => ({ expression: sql`(${column(field, table)})[1]`, type: 'text', nullable: true }),
  text: listText,
  jsonSchema: () => ({ type: ['array', 'null'], items: { type: 'string', format: 'email' }, maxItems: 20 }),
})

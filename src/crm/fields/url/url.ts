import { z } from 'zod'
import { sql } from '#storage'
import { defineField } from '../define.ts'
import { FieldProblem } from '../field-type.ts'
import type { Field } from '../field-type.ts'
import { cell, emptiness, equality, matching, membership } from '../filters.ts'
import { checkText, likeLiteral, shortText } from '../text-rules.ts'

/** An http(s) address in one spelling. `acme.example` is taken as `https://acme.example`. */
function checkUrl(input: unknown): string {
  const text = checkText(input, 2000)
  if (text === '') return ''
  // Another scheme (javascript:, data:) must not become a host by having https:// put before it.
  const full = /^[a-z][a-z0-9+.-]*:(?!\d+(\/|$))/i.test(text) ? text : `https://${text}`
  const url = URL.canParse(full) ? new URL(full) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol) || !url.hostname.includes('.')) {
    throw new FieldProblem('must be a web address such as "https://acme.example"')
  }
  if (url.username || url.password) throw new FieldProblem('must not hold a user name or password')
  const normal = url.pathname === '/' && !url.search && !url.hash ? url.origin : url.href
  if (normal.length > 2000) throw new FieldProblem('must be at most 2000 characters long')
  return normal
}

const column = (field: Field, table: string) => cell(field, table)
const pattern = (value: unknown) => likeLiteral(checkText(value, shortText).toLowerCase())

/** A web address. */
export const url = defineField({
  kind: 'url',
  settings: z.strictObject({}),
  columns: () => [{ suffix: '', type: 'text collate "C"' }],
  parse: (_field, input) => checkUrl(input) || null,
  filters: {
    ...equality(column, (_field, value) => sql`${checkUrl(value)}::text`),
    ...membership(column, (_field, value) => checkUrl(value)),
    ...matching((field, table) => sql`lower(${column(field, table)})`, pattern),
    ...emptiness(column),
  },
  sort: (field, table) => ({
    // Long addresses would not fit a page's cursor; what they tie on, ids decide.
    expression: sql`left(${column(field, table)}, 250)`,
    type: 'text',
    nullable: !field.required,
  }),
  jsonSchema: () => ({ type: ['string', 'null'], format: 'uri', maxLength: 2000 }),
})

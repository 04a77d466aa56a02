import { z } from 'zod'
import { asJson, defineField } from '../define.ts'
import { FieldProblem } from '../field-type.ts'
import type { Field } from '../field-type.ts'
import { cell } from '../filters.ts'
import { listFilters, listText, parseList } from '../string-list.ts'
import { checkText } from '../text-rules.ts'

/** A telephone number as people write it, in one spelling: digits grouped by single spaces. */
function checkPhone(input: unknown): string {
  const value = checkText(input, 40)
    .replace(/[\s./()-]+/g, ' ')
    .trim()
  const digits = value.replace(/\D/g, '')
  // ITU-T E.164 §6.2.1: at most 15 digits.
  if (!/^\+?[\d ]+( ?(x|ext) ?\d{1,6})?$/i.test(value) || digits.length < 3 || digits.length > 21) {
    throw new FieldProblem('must be telephone numbers such as "+44 20 7946 0000"')
  }
  return value
}

const column = (field: Field, table: string) => cell(field, table)

/** Telephone numbers; the first is the primary one. */
export const phones = defineField({
  kind: 'phones',
  settings: z.strictObject({}),
  columns: () => [{ suffix: '', type: 'text[]', entries: true }],
  parse: (_field, input) => parseList(input, checkPhone),
  load: (_field, [value]) => asJson(value),
  filters: listFilters(column, checkPhone, (text) => text.replace(/[\s./()-]+/g, ' ')),
  sort: null,
  text: listText,
  jsonSchema: () => ({ type: ['array', 'null'], items: { type: 'string', maxLength: 40 }, maxItems: 20 }),
})

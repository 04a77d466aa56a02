import { z } from 'zod'
import { sql } from '#storage'
import { defineField, settingsBy } from '../define.ts'
import { cell, emptiness, equality, matching, membership } from '../filters.ts'
import type { Expression, Field } from '../field-type.ts'
import { checkText, fold, likeLiteral, shortText, sortKey } from '../text-rules.ts'

const settings = z.strictObject({
  maxLength: z.int().min(1).max(shortText).default(shortText),
  /** Compared letter by letter: codes and ids, not names. */
  exact: z.boolean().default(false),
})
const of = settingsBy(settings)

// Names are compared without case and accents through a second column that holds their fold.
const key = (field: Field, table: string): Expression => cell(field, table, of(field).exact ? '' : '__fold')
const comparable = (field: Field, value: unknown) => {
  const text = checkText(value, shortText)
  return of(field).exact ? text : sortKey(text)
}
const pattern = (value: unknown) => likeLiteral(fold(checkText(value, shortText)))

/** One line of text: a name, a title, a city. */
export const text = defineField({
  kind: 'text',
  settings,
  columns: (field) => [
    { suffix: '', type: 'text' },
    ...(of(field).exact ? [] : [{ suffix: '__fold', type: 'text collate "C"', key: true }]),
  ],
  parse: (field, input) => checkText(input, of(field).maxLength) || null,
  store: (field, value) =>
    of(field).exact ? [value] : [value, typeof value === 'string' ? sortKey(value) : null],
  select: (field, table) => [cell(field, table)],
  filters: {
    ...equality(key, (field, value) => sql`${comparable(field, value)}::text`),
    ...membership(key, comparable),
    ...matching(key, pattern),
    ...emptiness((field, table) => cell(field, table)),
  },
  sort: (field, table) => ({ expression: key(field, table), type: 'text', nullable: !field.required }),
  jsonSchema: (field) => ({ type: ['string', 'null'], maxLength: of(field).maxLength }),
})

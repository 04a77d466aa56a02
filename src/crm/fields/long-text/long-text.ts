import { z } from 'zod'
import { sql } from '#storage'
import { defineField, settingsBy } from '../define.ts'
import { cell, emptiness } from '../filters.ts'
import { checkText, likeLiteral, shortText } from '../text-rules.ts'

const settings = z.strictObject({ maxLength: z.int().min(1).max(100_000).default(50_000) })
const of = settingsBy(settings)
const pattern = (value: unknown) => `%${likeLiteral(checkText(value, shortText))}%`

/** Text of several lines: the body of a note. */
export const longText = defineField({
  kind: 'long_text',
  settings,
  columns: () => [{ suffix: '', type: 'text' }],
  parse: (field, input) => checkText(input, of(field).maxLength, 'many') || null,
  filters: {
    contains: (field, table, value) => sql<boolean>`${cell(field, table)} ilike ${pattern(value)}`,
    not_contains: (field, table, value) =>
      sql<boolean>`(${cell(field, table)} ilike ${pattern(value)}) is not true`,
    ...emptiness((field, table) => cell(field, table)),
  },
  sort: null,
  jsonSchema: (field) => ({ type: ['string', 'null'], maxLength: of(field).maxLength }),
})

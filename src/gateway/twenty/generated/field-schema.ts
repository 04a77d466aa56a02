import { z } from 'zod'
import { isWebAddress } from '../tools/arguments.ts'
import type { TwentyField } from '../workspace.ts'

const text = z.string().max(20_000)
const composite = (parts: Record<string, z.ZodType>) =>
  z.strictObject(Object.fromEntries(Object.entries(parts).map(([name, schema]) => [name, schema.optional()])))

/** What a field of each type takes, as Twenty's OpenAPI description has it; absent: it can't be set. */
const byType: Readonly<Record<string, (field: TwentyField) => z.ZodType>> = {
  UUID: () => z.guid(),
  TEXT: () => text,
  RICH_TEXT: () => text,
  RICH_TEXT_V2: () => composite({ markdown: text }),
  NUMBER: () => z.number(),
  NUMERIC: () => z.number(),
  BOOLEAN: () => z.boolean(),
  DATE: () => z.iso.date(),
  DATE_TIME: () => z.iso.datetime({ offset: true }),
  SELECT: ({ options }) => choice(options),
  RATING: ({ options }) => choice(options),
  MULTI_SELECT: ({ options }) => z.array(choice(options)).max(100),
  ARRAY: () => z.array(z.string().max(1000)).max(100),
  RAW_JSON: () => z.looseObject({}),
  CURRENCY: () => composite({ amountMicros: z.int(), currencyCode: z.string().regex(/^[A-Z]{3}$/) }),
  FULL_NAME: () => composite({ firstName: text, lastName: text }),
  EMAILS: () => composite({ primaryEmail: z.email(), additionalEmails: z.array(z.email()).max(20) }),
  PHONES: () =>
    composite({ primaryPhoneNumber: text, primaryPhoneCountryCode: text, primaryPhoneCallingCode: text }),
  LINKS: () =>
    composite({
      primaryLinkUrl: text.refine((value) => value === '' || isWebAddress(value), 'is no web address'),
      primaryLinkLabel: text,
    }),
  ADDRESS: () =>
    composite({
      addressStreet1: text,
      addressStreet2: text,
      addressCity: text,
      addressPostcode: text,
      addressState: text,
      addressCountry: text,
    }),
}

function choice(options: TwentyField['options']): z.ZodType {
  const [first, ...rest] = options.map(({ value }) => value).slice(0, 200)
  return first === undefined ? text : z.enum([first, ...rest])
}

/** Twenty sets these itself. */
const own = new Set(['id', 'createdAt', 'updatedAt', 'deletedAt', 'createdBy', 'updatedBy', 'position'])
const maxFields = 80

/** Arguments by name: fields, and ids of the records that relations name. All optional. */
export function settable(fields: readonly TwentyField[]): Record<string, z.ZodType> {
  const shape: Record<string, z.ZodType> = {}
  for (const field of fields) {
    if (Object.keys(shape).length >= maxFields) break
    if (own.has(field.name) || field.isSystem || !field.isActive) continue
    const schema = field.column === null ? byType[field.type]?.(field) : z.guid()
    if (!schema) continue
    const name = field.column ?? field.name
    const told = [plainText(field.label, 60), plainText(field.description ?? '', 120)].filter(Boolean)
    shape[name] = schema.nullable().optional().describe(told.join(': '))
  }
  return shape
}

/** Words of the workspace, as one line: they become part of what models read. */
export function plainText(words: string, most: number): string {
  return words
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, most)
}

import { z } from 'zod'
import { defineField } from '../define.ts'
import { FieldProblem } from '../field-type.ts'
import { cell, emptiness, equality, ordering } from '../filters.ts'
import type { Field } from '../field-type.ts'
import { checkNumber, decimalsOf, numberFrom, numeric } from '../number/number.ts'

const settings = z.strictObject({
  /** ISO 4217 code offered first. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('EUR'),
})
const codes = new Set(Intl.supportedValuesOf('currency'))
const amount = (field: Field, table: string) => cell(field, table)

/** Money: an amount and its ISO 4217 currency. Filters and order look at the amount alone. */
export const currency = defineField({
  kind: 'currency',
  settings,
  columns: () => [
    { suffix: '', type: 'numeric' },
    { suffix: '__currency', type: 'text collate "C"' },
  ],
  parse(_field, input) {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      throw new FieldProblem('must be {"amount": number, "currency": "EUR"}')
    }
    const extra = Object.keys(input).find((key) => key !== 'amount' && key !== 'currency')
    if (extra !== undefined) throw new FieldProblem('has members other than amount and currency')
    const value = checkNumber('amount' in input ? input.amount : undefined)
    if (decimalsOf(value) > 4) throw new FieldProblem('must have at most 4 decimals')
    const code = 'currency' in input ? input.currency : undefined
    if (typeof code !== 'string' || !codes.has(code)) {
      throw new FieldProblem('needs a currency as an ISO 4217 code such as "EUR"')
    }
    return { amount: value, currency: code }
  },
  store: (_field, value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? [value['amount'] ?? null, value['currency'] ?? null]
      : [null, null],
  load(_field, [value, code]) {
    const read = numberFrom(value)
    return read === null || typeof code !== 'string' ? null : { amount: read, currency: code }
  },
  filters: {
    ...equality(amount, (_field, value) => numeric(value)),
    ...ordering(amount, (_field, value) => numeric(value)),
    ...emptiness(amount),
  },
  sort: (field, table) => ({ expression: amount(field, table), type: 'numeric', nullable: !field.required }),
  jsonSchema: () => ({
    type: ['object', 'null'],
    properties: { amount: { type: 'number' }, currency: { type: 'string', pattern: '^[A-Z]{3}$' } },
    required: ['amount', 'currency'],
    additionalProperties: false,
  }),
})

import type { FieldView } from '#contract'
import { Banknote } from 'lucide-react'
import {
  nothing,
  plain,
  type EditorProps,
  type FieldUi,
  type FilterInputProps,
  type Parsed,
} from '../field-ui.ts'
import { NumberFilter, PlainFilterWords, TextFilter } from '../parts/filters.tsx'
import { LineEditor } from '../parts/line-editor.tsx'
import { readNumber } from '../number/read-number.ts'

type Money = { amount: number; currency: string }

function read(value: unknown): Money | null {
  if (typeof value !== 'object' || value === null || !('amount' in value) || !('currency' in value))
    return null
  const { amount, currency } = value
  return typeof amount === 'number' && typeof currency === 'string' ? { amount, currency } : null
}

function shown(value: unknown): string {
  const money = read(value)
  if (!money) return ''
  const whole = Number.isInteger(money.amount)
  try {
    return new Intl.NumberFormat(undefined, {
      style: 'currency',
      currency: money.currency,
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: whole ? 0 : 2,
      maximumFractionDigits: 4,
    }).format(money.amount)
  } catch {
    return `${money.amount} ${money.currency}`
  }
}

const symbols: Record<string, string> = { '€': 'EUR', $: 'USD', '£': 'GBP', '¥': 'JPY' }

/** `12 000`, `12000 EUR`, `$12,000`. Without a currency it keeps the one that was there, else the field's. */
function parse(text: string, field: FieldView, current: unknown): Parsed {
  if (text.trim() === '') return nothing
  const code = /[A-Za-z]{3}/.exec(text)?.[0].toUpperCase()
  const symbol = Object.keys(symbols).find((mark) => text.includes(mark))
  const amount = readNumber(text.replace(/[A-Za-z]{3}|[€$£¥]/g, ''))
  if (amount === null) return { problem: 'Write an amount, like 12000 EUR' }
  const usual = typeof field.settings['currency'] === 'string' ? field.settings['currency'] : 'EUR'
  const currency = code ?? (symbol && symbols[symbol]) ?? read(current)?.currency ?? usual
  return plain({ amount, currency })
}

function raw(value: unknown): string {
  const money = read(value)
  return money ? `${money.amount} ${money.currency}` : ''
}

function CurrencyFilter(props: FilterInputProps) {
  return props.op === 'in' || props.op === 'not_in' ? <TextFilter {...props} /> : <NumberFilter {...props} />
}

export const currencyField: FieldUi = {
  icon: Banknote,
  align: 'end',
  width: 130,
  Display: ({ value }) => shown(value),
  Editor: (props: EditorProps) => (
    <LineEditor
      {...props}
      start={raw(props.value)}
      parse={(text) => parse(text, props.field, props.value)}
      inputMode="text"
      align="end"
    />
  ),
  text: raw,
  parse,
  FilterInput: CurrencyFilter,
  FilterWords: PlainFilterWords,
  operatorWords: { in: 'is in currency' },
}

import type { NewField } from '#crm'
import { isObject } from '#foundation'
import type { TwentyField } from '#gateway/twenty'

/** How one of Twenty's fields becomes one of ours. Undefined values are left out, null clears. */
export type FieldMap = {
  field: Omit<NewField, 'name' | 'label' | 'description' | 'unique' | 'required'>
  read: Read
}
export type Read = (value: unknown) => unknown

/** Our colours for choices, in turn: Twenty's REST answers don't name theirs everywhere. */
const colors = ['gray', 'blue', 'purple', 'green', 'orange', 'pink', 'teal', 'amber', 'indigo', 'red']
const longestText = 255

const plain = (kind: NewField['kind'], read: Read, settings: Record<string, unknown> = {}): FieldMap => ({
  field: { kind, settings },
  read: (value) => (value === null || value === undefined ? null : read(value)),
})

/** What the field becomes; null for what has no place here. Relations are mapped by whoever knows the objects. */
export function mapField(field: TwentyField): FieldMap | null {
  switch (field.type) {
    case 'TEXT':
    case 'UUID':
    case 'RICH_TEXT':
    case 'RICH_TEXT_V2':
      return plain('long_text', markdownOf)
    case 'NUMBER':
    case 'NUMERIC':
      return plain('number', Number)
    case 'RATING':
      return plain('number', (value) => Number(/(\d+)$/.exec(String(value))?.[1] ?? Number.NaN), {
        decimals: 0,
      })
    case 'BOOLEAN':
      return plain('boolean', Boolean)
    case 'DATE':
      return plain('date', dayOf)
    case 'DATE_TIME':
      return plain('date_time', (value) => new Date(String(value)).toISOString())
    case 'SELECT':
      return field.options.length === 0
        ? plain('long_text', String)
        : plain('select', optionValue, { options: optionsOf(field) })
    case 'MULTI_SELECT':
      return plain('long_text', (value) => labelsOf(field, value))
    case 'ARRAY':
      return plain('long_text', (value) => (Array.isArray(value) ? value.map(String).join('\n') : null))
    case 'RAW_JSON':
      return plain('long_text', (value) => JSON.stringify(value, null, 2))
    case 'CURRENCY':
      return plain('currency', moneyOf)
    case 'EMAILS':
      return plain('emails', (value) => listOf(value, 'primaryEmail', 'additionalEmails'))
    case 'PHONES':
      return plain('phones', phonesOf)
    case 'LINKS':
      return plain('url', (value) => partOf(value, 'primaryLinkUrl'))
    case 'FULL_NAME':
      return plain('full_name', fullNameOf)
    case 'ADDRESS':
      return plain('long_text', addressOf)
    default:
      return null
  }
}

export function optionsOf({ options }: TwentyField): { value: string; label: string; color: string }[] {
  const seen = new Set<string>()
  return options.flatMap(({ value, label }, index) => {
    const ours = optionValue(value)
    if (seen.has(ours)) return []
    seen.add(ours)
    return [
      { value: ours, label: label.slice(0, 100) || ours, color: colors[index % colors.length] ?? 'gray' },
    ]
  })
}

/** `MY_OPTION` → `my_option`. */
export function optionValue(value: unknown): string {
  return apiName(String(value)).slice(0, 64) || 'none'
}

/** `launchedAt` → `launched_at`: our names are lower case with underscores. */
export function apiName(text: string): string {
  return text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^[_0-9]+|_+$/g, '')
}

/** A name of one line. */
export function lineOf(value: unknown): string {
  const text = String(value ?? '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text
}

export function markdownOf(value: unknown): string | null {
  if (isObject(value)) return typeof value['markdown'] === 'string' ? value['markdown'] : null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function dayOf(value: unknown): string {
  return String(value).slice(0, 10)
}

export function moneyOf(value: unknown): { amount: number; currency: string } | null {
  if (!isObject(value) || value['amountMicros'] === null || value['amountMicros'] === undefined) return null
  const amount = Number(value['amountMicros']) / 1_000_000
  const currency = value['currencyCode']
  return {
    amount: Math.round(amount * 10_000) / 10_000,
    currency: typeof currency === 'string' && currency ? currency : 'USD',
  }
}

export function fullNameOf(value: unknown): { first: string; last: string } | null {
  const [first, last] = [partOf(value, 'firstName'), partOf(value, 'lastName')]
  return first === null && last === null ? null : { first: first ?? '', last: last ?? '' }
}

export function partOf(value: unknown, part: string): string | null {
  if (!isObject(value)) return null
  const text = value[part]
  return typeof text === 'string' && text.trim() !== '' ? text.trim() : null
}

export function phonesOf(value: unknown): string[] | null {
  if (!isObject(value)) return null
  const numberOf = (one: unknown, number: string, code: string) => {
    const [digits, calling] = [partOf(one, number), partOf(one, code)]
    return digits === null
      ? []
      : [digits.startsWith('+') || calling === null ? digits : `${calling} ${digits}`]
  }
  const more = Array.isArray(value['additionalPhones']) ? value['additionalPhones'] : []
  const all = [
    ...numberOf(value, 'primaryPhoneNumber', 'primaryPhoneCallingCode'),
    ...more.flatMap((one: unknown) => numberOf(one, 'number', 'callingCode')),
  ]
  return all.length > 0 ? all : null
}

export function listOf(value: unknown, first: string, others: string): string[] | null {
  if (!isObject(value)) return null
  const more = Array.isArray(value[others]) ? value[others].filter((one) => typeof one === 'string') : []
  const all = [partOf(value, first), ...more].filter((one) => one !== null && one !== '')
  return all.length > 0 ? [...new Set(all)].filter((one) => one !== null) : null
}

function labelsOf({ options }: TwentyField, value: unknown): string | null {
  if (!Array.isArray(value) || value.length === 0) return null
  return value.map((one) => options.find((option) => option.value === one)?.label ?? String(one)).join(', ')
}

function addressOf(value: unknown): string | null {
  const lines = [
    partOf(value, 'addressStreet1'),
    partOf(value, 'addressStreet2'),
    [partOf(value, 'addressPostcode'), partOf(value, 'addressCity')].filter((one) => one !== null).join(' '),
    partOf(value, 'addressState'),
    partOf(value, 'addressCountry'),
  ].filter((one) => one !== null && one !== '')
  return lines.length > 0 ? lines.join('\n') : null
}

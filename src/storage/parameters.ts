/** What travels to the database: text, or bytes for bytea. */
export type Parameter = string | Uint8Array | null

/**
 * A JavaScript value as a statement's parameter, the same for both drivers: arrays become array
 * literals, dates UTC instants, other objects JSON. For a `jsonb` array pass `JSON.stringify(array)`.
 */
export function toParameter(value: unknown): Parameter {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return value
  if (value instanceof Date) return instant(value)
  if (Array.isArray(value)) return arrayLiteral(value)
  if (typeof value === 'object') return JSON.stringify(value)
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return `${value}`
  throw new TypeError(`A ${typeof value} can't be a parameter`)
}

function instant(date: Date): string {
  if (Number.isNaN(date.getTime())) throw new TypeError("An invalid date can't be a parameter")
  return date.toISOString()
}

function arrayLiteral(values: unknown[]): string {
  return `{${values.map(element).join(',')}}`
}

function element(value: unknown): string {
  if (Array.isArray(value)) return arrayLiteral(value)
  const item = toParameter(value)
  if (item === null) return 'NULL'
  const text = typeof item === 'string' ? item : `\\x${Buffer.from(item).toString('hex')}`
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

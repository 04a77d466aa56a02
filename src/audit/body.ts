import type { AuditEntry } from './audit.ts'

const maxText = 500
// Line breaks, escapes and bidirectional overrides let one entry pass for two, or read as another (attacks O9).
// eslint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** One line of printable, well-formed text of bounded length. PostgreSQL's jsonb refuses NUL and lone surrogates. */
function line(text: string): string {
  return text.slice(0, maxText).toWellFormed().replace(unprintable, '\uFFFD')
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return line(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[line(key), clean(item)]])),
  )
}

// A backslash is JSON's escape of a quote, a control character or half a surrogate pair; the rest is left as it is.
// eslint-disable-next-line no-control-regex
const suspect = /[\\\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]/

/** The entry as JSON that is stored, safe to show in a terminal. */
export function bodyOf(entry: AuditEntry): string {
  const text = JSON.stringify(entry)
  // Nearly every entry is clean as it is: looking once is cheaper than rewriting every text in it.
  return text.length <= maxText && !suspect.test(text) ? text : JSON.stringify(clean(entry))
}

/** JSON with sorted members: the same text for the same value, whatever order the database gives back. */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`
}

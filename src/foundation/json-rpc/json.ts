/** The largest request body that is read, in bytes. */
export const maxBodyBytes = 1024 * 1024
/** Arguments are a few levels deep; recursion over something deeper would be an attack. */
const maxDepth = 32

export type ParsedJson = { ok: true; value: unknown } | { ok: false; why: string }

/**
 * Parses a body and refuses what no store and no log takes: NUL and lone surrogates (RFC 8259 §8.2),
 * nesting beyond reason, and the key `__proto__`.
 */
export function parseJson(text: string): ParsedJson {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, why: 'The body is not valid JSON' }
  }
  if (isPlainText(text)) return { ok: true, value }
  const why = faultOf(value, 0)
  return why === undefined ? { ok: true, value } : { ok: false, why }
}

/**
 * True when the text itself shows that nothing in it can be wrong, as nearly always: walking the value costs several
 * times the parsing. NUL stands in JSON as an escape only (RFC 8259 §7), and nesting needs as many brackets.
 */
function isPlainText(text: string): boolean {
  if (text.includes('\\u') || text.includes('__proto__') || !text.isWellFormed()) return false
  let opened = 0
  for (let at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at + 1))
    if (++opened >= maxDepth) return false
  for (let at = text.indexOf('['); at >= 0; at = text.indexOf('[', at + 1))
    if (++opened >= maxDepth) return false
  return true
}

function faultOf(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return faultOfText(value)
  if (typeof value !== 'object' || value === null) return undefined
  if (depth >= maxDepth) return `The body is nested deeper than ${maxDepth} levels`
  if (Array.isArray(value)) {
    for (const item of value) {
      const why = faultOf(item, depth + 1)
      if (why !== undefined) return why
    }
    return undefined
  }
  for (const [key, item] of Object.entries(value)) {
    const why = key === '__proto__' ? 'The body has a key named __proto__' : faultOfText(key)
    const fault = why ?? faultOf(item, depth + 1)
    if (fault !== undefined) return fault
  }
  return undefined
}

function faultOfText(text: string): string | undefined {
  if (text.includes('\u0000')) return 'The body has a text with a NUL character'
  return text.isWellFormed() ? undefined : 'The body has a text with half of a surrogate pair'
}

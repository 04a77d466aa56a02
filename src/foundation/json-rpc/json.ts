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
  const why = faultOf(value, 0)
  return why === undefined ? { ok: true, value } : { ok: false, why }
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

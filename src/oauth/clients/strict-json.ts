import { OAuthError } from '../errors.ts'

const deepest = 8

/**
 * Reads a stranger's JSON object. Refuses what parsers read in different ways or what is there to hurt:
 * a byte order mark, duplicate names (RFC 8259 §4), `__proto__`, deep nesting, NUL and lone surrogates.
 * Throws invalid_client_metadata.
 */
export function parseStrictJson(text: string): Record<string, unknown> {
  checkShape(text)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refuse('is not valid JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('is not a JSON object')
  return { ...value }
}

/** One pass over the tokens; the grammar itself is JSON.parse's to check. */
function checkShape(text: string): void {
  const open: (Set<string> | null)[] = []
  const token = /"(?:[^"\\]|\\[^])*"(\s*:)?|[{}[\]]/g
  for (const [found, colon] of text.matchAll(token)) {
    if (found === '{' || found === '[') {
      open.push(found === '{' ? new Set() : null)
      if (open.length > deepest) throw refuse(`is nested deeper than ${deepest} levels`)
    } else if (found === '}' || found === ']') open.pop()
    else {
      const content = readString(colon === undefined ? found : found.slice(0, -colon.length))
      if (colon !== undefined) checkName(content, open.at(-1))
    }
  }
}

function readString(literal: string): string {
  let content: unknown
  try {
    content = JSON.parse(literal)
  } catch {
    throw refuse('is not valid JSON')
  }
  if (typeof content !== 'string' || content.includes('\0') || !content.isWellFormed()) {
    throw refuse('holds NUL or half a character')
  }
  return content
}

function checkName(name: string, names: Set<string> | null | undefined): void {
  if (name === '__proto__') throw refuse('may not set __proto__')
  if (names?.has(name)) throw refuse(`names ${name.slice(0, 40)} twice`)
  names?.add(name)
}

function refuse(what: string): OAuthError {
  return new OAuthError('invalid_client_metadata', `The metadata ${what}`)
}

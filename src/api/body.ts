import { readBody } from '#guard'
import type { z } from 'zod'
import { ApiFailure } from './errors.ts'

const maxBytes = 1024 * 1024
const maxDepth = 32

/** Reads a JSON body: its size, depth and text are checked before a schema sees it. */
export async function readJson(request: Request): Promise<unknown> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new ApiFailure('unsupported_media_type', 'Send JSON, with Content-Type: application/json')
  }
  const text = await readBody(request, maxBytes)
  if (text === null) throw new ApiFailure('too_large', 'A request may be 1 MiB at most')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ApiFailure('bad_request', 'The body is not valid JSON')
  }
  checkTree(value, 0)
  return value
}

/** Refuses what PostgreSQL can't store (NUL, lone surrogates), what a stack can't carry, and `__proto__` (attacks O7). */
function checkTree(value: unknown, depth: number): void {
  if (typeof value === 'string') return checkText(value)
  if (typeof value !== 'object' || value === null) return
  if (depth >= maxDepth)
    throw new ApiFailure('bad_request', `JSON may be nested ${maxDepth} levels deep at most`)
  if (Array.isArray(value)) {
    for (const item of value) checkTree(item, depth + 1)
    return
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw new ApiFailure('bad_request', 'No member may be called __proto__')
    checkText(key)
    checkTree((value as Record<string, unknown>)[key], depth + 1)
  }
}

function checkText(text: string): void {
  if (text.includes('\0')) throw new ApiFailure('bad_request', 'Text may not hold the NUL character')
  if (!text.isWellFormed()) throw new ApiFailure('bad_request', 'Text must be well-formed Unicode')
}

/** The query string as one flat object. A parameter given twice is refused: which one counts would be a guess. */
export function readQuery(url: URL): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of url.searchParams) {
    if (Object.hasOwn(found, name))
      throw new ApiFailure('bad_request', `The parameter ${name} is given twice`)
    checkText(name)
    checkText(value)
    Object.defineProperty(found, name, { value, enumerable: true })
  }
  return found
}

/** Parses with a schema; refusals name each field with a sentence. */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const fields: Record<string, string> = {}
  for (const { path, message } of parsed.error.issues.slice(0, 20)) {
    const name = path.map(String).join('.').slice(0, 100) || 'body'
    fields[name] ??= message.slice(0, 200)
  }
  const [first] = parsed.error.issues
  const where = first?.path.map(String).join('.').slice(0, 100)
  throw new ApiFailure(
    'invalid',
    `${where ? `${where}: ` : ''}${(first?.message ?? 'Invalid').slice(0, 200)}`,
    {
      fields,
    },
  )
}

/** Drops the members that are there but undefined, which zod leaves and exact types refuse. */
export function given<T extends Record<string, unknown>>(
  value: T,
): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}

/** Where a value stands in a text: `text.slice(from, to)`. */
export type Span = { from: number; to: number }
export type Scanned = {
  members: ReadonlyMap<string, Span>
  /** The members of the member that was asked for, when it is an object. */
  inner: ReadonlyMap<string, Span> | null
  /** False when a name is there twice or is written with escapes: readers may differ about what it says. */
  plain: boolean
}

const quote = 0x22
const backslash = 0x5c
const open = 0x7b
const close = 0x7d

/**
 * Finds the members of a JSON object and of one object in it without reading the rest: a message is passed on as it
 * was written, large numbers and all, and long texts in it cost next to nothing. Null for what isn't an object. It is
 * no check of the JSON: whoever reads the message makes that.
 */
export function scanMessage(text: string, into: string): Scanned | null {
  const start = afterSpace(text, 0)
  if (text.charCodeAt(start) !== open) return null
  let plain = true
  const membersAt = (at: number): { members: Map<string, Span>; end: number } | null => {
    const members = new Map<string, Span>()
    let i = afterSpace(text, at + 1)
    if (text.charCodeAt(i) === close) return { members, end: i + 1 }
    for (;;) {
      if (text.charCodeAt(i) !== quote) return null
      const nameEnd = afterString(text, i)
      const name = text.slice(i + 1, nameEnd - 1)
      if (name.includes('\\') || members.has(name)) plain = false
      i = afterSpace(text, nameEnd)
      if (text[i] !== ':') return null
      const from = afterSpace(text, i + 1)
      const to = afterValue(text, from)
      if (to <= from) return null
      members.set(name, { from, to })
      i = afterSpace(text, to)
      if (text.charCodeAt(i) === close) return { members, end: i + 1 }
      if (text[i] !== ',') return null
      i = afterSpace(text, i + 1)
    }
  }
  const outer = membersAt(start)
  if (!outer || afterSpace(text, outer.end) !== text.length) return null
  const { members } = outer
  const span = members.get(into)
  const inner = span && text.charCodeAt(span.from) === open ? membersAt(span.from) : null
  if (span && text.charCodeAt(span.from) === open && !inner) return null
  return { members, inner: inner?.members ?? null, plain }
}

function afterSpace(text: string, at: number): number {
  let i = at
  for (;;) {
    const code = text.charCodeAt(i)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return i
    i++
  }
}

/** `at` is an opening quote. The text's length for a string that doesn't end. */
function afterString(text: string, at: number): number {
  let i = at
  for (;;) {
    i = text.indexOf('"', i + 1)
    if (i < 0) return text.length
    let escapes = 0
    while (text.charCodeAt(i - 1 - escapes) === backslash) escapes++
    if (escapes % 2 === 0) return i + 1
  }
}

function afterValue(text: string, at: number): number {
  const first = text[at]
  if (first === '"') return afterString(text, at)
  if (first !== '{' && first !== '[') return afterScalar(text, at)
  let depth = 0
  for (let i = at; i < text.length;) {
    const code = text.charCodeAt(i)
    if (code === quote) {
      i = afterString(text, i)
      continue
    }
    // { and [ differ from } and ] by two.
    if (code === open || code === 0x5b) depth++
    else if ((code === close || code === 0x5d) && --depth === 0) return i + 1
    i++
  }
  return at
}

function afterScalar(text: string, at: number): number {
  let i = at
  while (i < text.length && !',}] \n\r\t'.includes(text[i] ?? '')) i++
  return i
}

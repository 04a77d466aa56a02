import { FieldProblem } from './field-type.ts'

/** Longest text a list column holds, in UTF-16 code units. */
export const shortText = 255
/** Sort keys longer than this tie; then ids decide. */
const sortKeyLength = 250

/** A string that PostgreSQL can hold and that has not been smuggled: no NUL, no lone surrogate, no other control characters. */
export function checkText(input: unknown, max: number, lines: 'one' | 'many' = 'one'): string {
  if (typeof input !== 'string') throw new FieldProblem('must be text')
  if (input.length > max) throw new FieldProblem(`must be at most ${max} characters long`)
  if (!isStorable(input))
    throw new FieldProblem('has characters that are not text (NUL or a broken surrogate)')
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const control = lines === 'one' ? /[\u0000-\u001f\u007f]/ : /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/
  if (control.test(input.trim())) {
    throw new FieldProblem(
      lines === 'one' ? 'must be one line without control characters' : 'has control characters',
    )
  }
  return input.trim()
}

/** True when PostgreSQL's UTF-8 can hold the text. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed()
}

// Letters that Unicode doesn't take apart into a base and an accent.
const plainLetters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
}

/** Text without case and accents: equal on every database whatever its collation, so that both drivers sort alike. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[ßæœøłđðþı]/g, (letter) => plainLetters[letter] ?? letter)
}

/** The fold of a name, short enough for an index row. */
export function sortKey(text: string): string {
  return fold(text).slice(0, sortKeyLength).toWellFormed()
}

/** The words of a text, folded. Search index and search question are cut alike. */
export function words(text: string): string[] {
  return fold(text).match(/[\p{L}\p{N}]+/gu) ?? []
}

/** A LIKE pattern that means the text itself. */
export function likeLiteral(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

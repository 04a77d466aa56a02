import { words } from '../fields/text-rules.ts'

/** The words somebody typed as a tsquery: all of them, the beginning of a word is enough. Null when there are none. */
export function wordQuery(text: string): string | null {
  const list = [...new Set(words(text))].slice(0, 12)
  return list.length === 0 ? null : list.map((word) => `${word.slice(0, 60).toWellFormed()}:*`).join(' & ')
}

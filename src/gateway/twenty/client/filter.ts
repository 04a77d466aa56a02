import { TwentyRefusal } from './answers.ts'

/**
 * Twenty's filter language: `field[comparator]:value`, joined by commas in `and(…)`, `or(…)`, `not(…)`. It has no
 * escapes: brackets, parentheses and quotes count even inside a quoted value. What people type goes in only after
 * those became LIKE's one-character wildcard; everything else is checked to be what it must be. Otherwise words of a
 * search could write conditions of their own.
 */
export type Filter = string

const unsafe = /[\\"'()[\],]/g
const maxWords = 6
const maxWordLength = 60

/**
 * Records in which each word of `text` is in one of the fields; undefined when there is no word.
 * @throws TwentyRefusal when nothing of it can be searched for: brackets alone would find everything.
 */
export function hasWords(fields: readonly string[], text: string): Filter | undefined {
  const words = text
    .normalize('NFC')
    .split(/[\s\p{Cc}]+/u)
    .filter((word) => word !== '')
  const searchable = words.filter((word) => word.replaceAll(unsafe, '') !== '').slice(0, maxWords)
  if (words.length > 0 && searchable.length === 0)
    throw new TwentyRefusal(
      400,
      'Twenty can’t search for brackets and quotes alone: give a word with letters',
    )
  return all(searchable.map((word) => any(fields.map((field) => `${field}[ilike]:"%${pattern(word)}%"`))))
}

function pattern(word: string): string {
  return word.slice(0, maxWordLength).replaceAll(unsafe, '_').replaceAll(/%/g, '\\%')
}

/** `value` is a UUID, a name of an option, a number or an ISO date: anything else is a mistake of ours. */
export function compare(field: string, comparator: 'eq' | 'gte' | 'lte', value: string | number): Filter {
  const text = String(value)
  if (!/^[A-Za-z0-9_.:+-]{1,64}$/.test(text)) throw new Error(`not a value for a filter: ${field}`)
  return `${field}[${comparator}]:"${text}"`
}

export function oneOf(field: string, values: readonly string[]): Filter {
  for (const value of values)
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(value)) throw new Error(`not a value for a filter: ${field}`)
  return `${field}[in]:[${values.map((value) => `"${value}"`).join(',')}]`
}

export function isNull(field: string): Filter {
  return `${field}[is]:NULL`
}

/** All of them; undefined when there is none. */
export function all(filters: readonly (Filter | undefined)[]): Filter | undefined {
  return joined('and', filters)
}

export function any(filters: readonly (Filter | undefined)[]): Filter | undefined {
  return joined('or', filters)
}

function joined(word: 'and' | 'or', filters: readonly (Filter | undefined)[]): Filter | undefined {
  const given = filters.filter((filter) => filter !== undefined)
  return given.length < 2 ? given[0] : `${word}(${given.join(',')})`
}

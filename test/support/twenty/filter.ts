import { BadRequest } from './bad-request.ts'
import { isComposite } from './record-shape.ts'
import type { ObjectModel } from './data-model.ts'

export type Test = (record: Record<string, unknown>) => boolean
const comparators = [
  'eq',
  'neq',
  'in',
  'containsAny',
  'is',
  'gt',
  'gte',
  'lt',
  'lte',
  'startsWith',
  'endsWith',
  'like',
  'ilike',
]

/**
 * The filter language as Twenty reads it, with its limits: there is no escaping, brackets and quotes count wherever they
 * stand, parentheses even inside quotes.
 */
export function parseFilter(text: string, object: ObjectModel): Test {
  const opened = text.split('(').length - text.split(')').length
  if (opened !== 0) throw new BadRequest(`'filter' invalid. ${Math.abs(opened)} bracket missing in the query`)
  return node(/^(?:and|or|not)\(/.test(text) ? text : `and(${text})`, object)
}

function node(text: string, object: ObjectModel): Test {
  const [, word, inner] = /^(and|or|not)\((.+)\)$/.exec(text) ?? []
  if (word === undefined || inner === undefined) return comparison(text, object)
  const tests = split(inner).map((part) => node(part, object))
  if (word === 'not') {
    const [only] = tests
    if (tests.length !== 1 || !only)
      throw new BadRequest(`'filter' invalid. 'not' conjunction should contain only 1 condition`)
    return (record) => !only(record)
  }
  return word === 'and'
    ? (record) => tests.every((test) => test(record))
    : (record) => tests.some((test) => test(record))
}

function split(text: string): string[] {
  const parts: string[] = ['']
  let [depth, bracket, double, single] = [0, false, false, false]
  for (const character of text) {
    if (character === '(') depth++
    if (character === ')') depth--
    if (character === '[' || character === ']') bracket = !bracket
    if (character === '"') double = !double
    if (character === "'") single = !single
    if (character === ',' && depth === 0 && !bracket && !double && !single) parts.push('')
    else parts[parts.length - 1] += character
  }
  return parts
}

function comparison(text: string, object: ObjectModel): Test {
  const [, path, comparator, given] = /^([^[]+)\[([^\]]+)\]:(.+)$/.exec(text) ?? []
  if (path === undefined || comparator === undefined || given === undefined)
    throw new BadRequest(`'filter' invalid for '${text}'. eg: price[gte]:10`)
  if (!comparators.includes(comparator))
    throw new BadRequest(
      `'filter' invalid for '${text}', comparator ${comparator} not in ${comparators.join(', ')}`,
    )
  const [name = '', part] = path.split('.')
  const field = object.fields.find((one) => one.name === name || one.settings?.joinColumnName === name)
  if (!field || (field.settings && field.name === name))
    throw new BadRequest(`Object ${object.nameSingular} doesn't have any "${name}" field.`)
  if (isComposite(field.type) !== (part !== undefined))
    throw new BadRequest(`field "${path}" can't be filtered on`)
  const valueOf = (record: Record<string, unknown>): unknown => {
    const value = record[name]
    if (part === undefined) return value
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part] : null
  }
  if (comparator === 'is') {
    if (given !== 'NULL' && given !== 'NOT_NULL') throw new BadRequest(`invalid value for 'is': ${given}`)
    return (record) => ((valueOf(record) ?? null) === null) === (given === 'NULL')
  }
  if (comparator === 'in' || comparator === 'containsAny') {
    const [, list] = /^\[(.*)\]$/.exec(given) ?? []
    if (list === undefined)
      throw new BadRequest(
        `'filter' invalid for '${comparator}' operator. Received '${given}' but array value expected`,
      )
    const values = list.split(',').map(unquoted)
    return (record) => {
      const value = valueOf(record)
      return Array.isArray(value)
        ? value.some((one) => values.includes(String(one)))
        : values.includes(String(value))
    }
  }
  return (record) => compares(comparator, valueOf(record), unquoted(given))
}

function unquoted(text: string): string {
  return /^(["']).*\1$/s.test(text) ? text.slice(1, -1) : text
}

function compares(comparator: string, value: unknown, given: string): boolean {
  if (value === null || value === undefined) return false
  const text = String(value)
  switch (comparator) {
    case 'eq':
      return order(value, given) === 0
    case 'neq':
      return order(value, given) !== 0
    case 'gt':
      return order(value, given) > 0
    case 'gte':
      return order(value, given) >= 0
    case 'lt':
      return order(value, given) < 0
    case 'lte':
      return order(value, given) <= 0
    case 'startsWith':
      return text.startsWith(given)
    case 'endsWith':
      return text.endsWith(given)
    default:
      return likeRegExp(given, comparator === 'ilike' ? 'isu' : 'su').test(text)
  }
}

/** PostgreSQL's LIKE: `%` any text, `_` one character, a backslash takes the next as it is. */
function likeRegExp(pattern: string, flags: string): RegExp {
  let source = ''
  const characters = [...pattern]
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ''
    if (character === '%') source += '.*'
    else if (character === '_') source += '.'
    else
      source += (character === '\\' ? (characters[++at] ?? '') : character).replaceAll(
        /[$()*+./?[\\\]^{|}]/g,
        '\\$&',
      )
  }
  return new RegExp(`^${source}$`, flags)
}

/** Numbers as numbers, moments as moments, all else as text. */
export function order(value: unknown, given: unknown): number {
  const [a, b] = [key(value), key(given)]
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0
  return String(a) < String(b) ? -1 : 1
}

function key(value: unknown): number | string {
  const text = String(value)
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return Date.parse(text)
  return text !== '' && !Number.isNaN(Number(text)) ? Number(text) : text
}

import { z } from 'zod'
import { sql } from '#storage'
import { CrmError } from '../errors.ts'
import type { Condition, Expression, SortExpression } from '../fields/field-type.ts'
import { isStorable } from '../fields/text-rules.ts'
import type { Order } from './sort.ts'

/** Where a page ended: the sort keys of its last record, as text. Opaque outside; believed for nothing but a place. */
const shape = z.strictObject({
  /** The object and order it belongs to. */
  of: z.string().max(400),
  at: z.array(z.string().max(2000).nullable()).min(1).max(6),
})

const spelling = (object: string, orders: readonly Order[]) =>
  [object, ...orders.map(({ field, dir }) => `${field} ${dir}`)].join(',')

export function writeCursor(object: string, orders: readonly Order[], at: (string | null)[]): string {
  return Buffer.from(JSON.stringify({ of: spelling(object, orders), at })).toString('base64url')
}

/** Throws `invalid` for a cursor that isn't one, or belongs to another question. */
export function readCursor(text: string, object: string, orders: readonly Order[]): (string | null)[] {
  const wrong = new CrmError(
    'invalid',
    'This page marker does not belong to this query. Start again without "after"',
    {
      fields: { after: 'is not a page marker of this query' },
    },
  )
  let parsed: z.infer<typeof shape>
  try {
    parsed = shape.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
  } catch {
    throw wrong
  }
  const fits =
    parsed.of === spelling(object, orders) &&
    parsed.at.length === orders.length &&
    orders.every(({ type, nullable }, i) => {
      const value = parsed.at[i]
      return value === null ? nullable : value !== undefined && spells[type](value)
    })
  if (!fits) throw wrong
  return parsed.at
}

const spells: Record<SortExpression['type'], (text: string) => boolean> = {
  text: isStorable,
  numeric: (text) => /^-?\d{1,30}(\.\d{1,30})?$/.test(text),
  integer: (text) => /^-?\d{1,9}$/.test(text),
  boolean: (text) => text === 'true' || text === 'false',
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)),
  timestamptz: (text) => /^-?\d{1,17}$/.test(text),
}

/** A sort key as a cursor carries it. Instants travel as microseconds: their text would depend on the session. */
export function keyText({ expression, type }: SortExpression): Expression {
  return type === 'timestamptz'
    ? sql`(extract(epoch from ${expression}) * 1000000)::bigint::text`
    : sql`(${expression})::text`
}

const casts: Record<SortExpression['type'], (text: string) => Expression> = {
  text: (text) => sql`${text}::text`,
  numeric: (text) => sql`${text}::numeric`,
  integer: (text) => sql`${text}::integer`,
  boolean: (text) => sql`${text}::boolean`,
  date: (text) => sql`${text}::date`,
  timestamptz: (text) => sql`('epoch'::timestamptz + ${text}::bigint * interval '1 microsecond')`,
}

/** "Comes after that place", in the order of `orders`. */
export function afterCursor(orders: readonly Order[], at: readonly (string | null)[]): Condition {
  const dir = orders[0]?.dir
  if (orders.every((order) => order.dir === dir && !order.nullable)) {
    // One row comparison, which an index on the same keys answers directly.
    const left = sql.join(orders.map(({ expression }) => expression))
    const right = sql.join(orders.map(({ type }, i) => casts[type](at[i] ?? '')))
    return dir === 'desc' ? sql<boolean>`(${left}) < (${right})` : sql<boolean>`(${left}) > (${right})`
  }
  const [first, ...rest] = orders
  if (!first) return sql<boolean>`false`
  const place = at[0] ?? null
  const beyond = rest.length === 0 ? sql<boolean>`false` : afterCursor(rest, at.slice(1))
  const { expression, type, nullable } = first
  if (place === null) return sql<boolean>`(${expression} is null and ${beyond})`
  const value = casts[type](place)
  const further = first.dir === 'desc' ? sql`${expression} < ${value}` : sql`${expression} > ${value}`
  const blanks = nullable ? sql` or ${expression} is null` : sql``
  return sql<boolean>`(${further}${blanks} or (${expression} = ${value} and ${beyond}))`
}

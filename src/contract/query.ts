import { z } from 'zod'

/** The operators a field type can answer. Each type declares which of them it has and what value they take. */
export const operators = [
  'eq',
  'ne',
  'in',
  'not_in',
  'contains',
  'not_contains',
  'starts_with',
  'gt',
  'gte',
  'lt',
  'lte',
  'within',
  'empty',
  'not_empty',
] as const
export type Operator = (typeof operators)[number]

/** Spans of time relative to today, for `within`. Weeks begin on Monday. */
export const relativeSpans = [
  'today',
  'yesterday',
  'tomorrow',
  'this_week',
  'last_week',
  'next_week',
  'this_month',
  'last_month',
  'next_month',
  'this_quarter',
  'this_year',
  'last_7_days',
  'last_30_days',
  'last_90_days',
  'next_7_days',
  'next_30_days',
  'past',
  'future',
] as const
export type RelativeSpan = (typeof relativeSpans)[number]

const scalar = z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()])
export const condition = z.strictObject({
  field: z.string().min(1).max(64),
  op: z.enum(operators),
  /** Member ids may be written `$me`. */
  value: z.union([scalar, z.array(scalar).max(500)]).optional(),
})
export type Condition = z.infer<typeof condition>
export type Filter = Condition | { and: Filter[] } | { or: Filter[] } | { not: Filter }

/** Nesting deeper than this is refused before anything recurses over it. */
export const maxFilterDepth = 8

export const filter: z.ZodType<Filter> = z.lazy(() =>
  z.union([
    condition,
    z.strictObject({ and: z.array(filter).min(1).max(50) }),
    z.strictObject({ or: z.array(filter).min(1).max(50) }),
    z.strictObject({ not: filter }),
  ]),
)

export const sortKey = z.strictObject({
  field: z.string().min(1).max(64),
  dir: z.enum(['asc', 'desc']).default('asc'),
})
export type SortKey = z.infer<typeof sortKey>

/** One question about one object's records: the same tree in views, REST, MCP and row rules (design §1). */
export const query = z.strictObject({
  filter: filter.optional(),
  /** Words to look for in the record's search text. */
  search: z.string().max(200).optional(),
  sort: z.array(sortKey).max(5).optional(),
  /** Fields to return, by name; absent = all the actor may read. */
  fields: z.array(z.string().min(1).max(64)).max(100).optional(),
  limit: z.int().min(1).max(200).default(50),
  /** The `next` of the page before. */
  after: z.string().max(6000).optional(),
  /** Also count every match. */
  count: z.boolean().optional(),
})
export type Query = z.input<typeof query>

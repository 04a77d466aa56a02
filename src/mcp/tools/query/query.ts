import { z } from 'zod'
import { filter, query as contractQuery } from '#contract'
import type { Filter } from '#contract'
import { outsiders, outsidersSchema } from '../../outsiders.ts'
import { defineTool } from '../../tool.ts'
import { recordOutput, toRecordOutput } from '../record-output.ts'

const { sort, search, fields, after, count } = contractQuery.shape
// The tree refers to itself; several clients can't read a JSON Schema that does, so they see an object and this sentence.
const filterInput = z
  .record(z.string(), z.unknown())
  .transform((tree, context): Filter => {
    const parsed = filter.safeParse(tree)
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    context.addIssue({
      code: 'custom',
      path: issue?.path ?? [],
      message: 'Not a filter: see its description',
    })
    return z.NEVER
  })
  .describe(
    '{field, op, value} or {and: […]} or {or: […]} or {not: …}. Operators are in describe; $me is you',
  )

/** One object's records by exact conditions, a page at a time. */
export const query = defineTool({
  name: 'query',
  title: 'Query records',
  description:
    'List records of one object by filter and sort, a page at a time. Name only the fields you need. Empty fields are left out.',
  kind: 'reads',
  repeatable: true,
  scopes: ['crm:read'],
  input: z.strictObject({
    object: z.string().min(1).max(64),
    filter: filterInput.optional(),
    search,
    sort,
    fields,
    limit: z.int().min(1).max(200).default(50),
    after: after.describe('`next` of the page before'),
    count: count.describe('Also count all matches'),
  }),
  output: z.object({
    object: z.string(),
    records: z.array(recordOutput),
    next: z.string().optional(),
    count: z.int().optional(),
    source: outsidersSchema,
  }),
  async run({ actor, crm }, { object, ...asked }) {
    const page = await crm.records.find(actor, object, asked)
    return {
      result: {
        object,
        records: page.records.map(toRecordOutput),
        ...(page.next === null ? {} : { next: page.next }),
        ...(page.count === undefined ? {} : { count: page.count }),
        source: outsiders,
      },
      audit: { object, count: page.records.length },
    }
  },
})

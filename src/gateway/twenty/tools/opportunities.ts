import { z } from 'zod'
import { all, compare, hasWords } from '../client/filter.ts'
import type { TwentyRecord } from '../client/twenty-client.ts'
import { opportunity } from '../objects.ts'
import { objectNamed } from '../workspace.ts'
import type { TwentyWorkspace } from '../workspace.ts'
import { currency, from, id, limit, line, money, offset, optionName, until, when } from './arguments.ts'
import { createFrom, readOne, updateFrom } from './crud.ts'
import { listFrom, readAll } from './pages.ts'
import { amount, fromTwenty, moment, plain, readAmount } from './record-map.ts'
import type { RecordMap } from './record-map.ts'
import { defineTool } from './tool.ts'
import type { TwentyTool } from './tool.ts'

export const opportunityMap: RecordMap = {
  object: 'opportunity',
  called: 'opportunity',
  ways: {
    name: plain('name'),
    amount,
    stage: plain('stage'),
    closeDate: moment('closeDate'),
    companyId: plain('companyId'),
    pointOfContactId: plain('pointOfContactId'),
  },
}

const details = {
  stage: optionName.optional().describe('An option of the field stage; get_object_schema has them'),
  closeDate: when.optional(),
  companyId: id('company').optional(),
  pointOfContactId: id('contact').optional(),
}
const millionths = (value: number) => Math.round(value * 1_000_000)
/** Read at most, for the view by stage. */
const mostInView = 600
const shownInStage = 25

export const opportunityTools: TwentyTool[] = [
  defineTool({
    name: 'create_opportunity',
    title: 'Create an opportunity',
    description: 'Add a deal.',
    kind: 'adds',
    input: z.strictObject({
      name: line,
      amount: z.strictObject({ value: money, currency: currency.default('USD') }).optional(),
      ...details,
    }),
    run: (context, input) => createFrom(context, opportunity, opportunityMap, input),
  }),
  defineTool({
    name: 'get_opportunity',
    title: 'Get an opportunity',
    description: 'Read one deal by id. Fields without an argument here are in `other`.',
    kind: 'reads',
    input: z.strictObject({ id: id('opportunity') }),
    run: (context, input) => readOne(context, opportunity, opportunityMap, input.id),
  }),
  defineTool({
    name: 'update_opportunity',
    title: 'Update an opportunity',
    description: 'Change a deal: only what is given changes.',
    kind: 'changes',
    input: z.strictObject({
      id: id('opportunity'),
      name: line.optional(),
      amount: z.strictObject({ value: money, currency }).optional(),
      ...details,
    }),
    run: (context, { id, ...given }) => updateFrom(context, opportunity, opportunityMap, id, given),
  }),
  defineTool({
    name: 'search_opportunities',
    title: 'Search opportunities',
    description: 'Find deals by words in the name, stage, amount, close date and company. Newest first.',
    kind: 'reads',
    input: z.strictObject({
      query: z.string().trim().max(200).optional(),
      stage: optionName.optional(),
      minAmount: money.optional(),
      maxAmount: money.optional(),
      startDate: when.optional().describe('Closes on this day or later'),
      endDate: when.optional().describe('Closes on this day or before'),
      companyId: id('company').optional(),
      limit,
      offset,
    }),
    async run({ client }, { query, stage, minAmount, maxAmount, startDate, endDate, companyId, ...page }) {
      const micros = 'amount.amountMicros'
      const [first, last] = [from(startDate), until(endDate)]
      const filter = all([
        query === undefined ? undefined : hasWords(['name'], query),
        stage === undefined ? undefined : compare('stage', 'eq', stage),
        minAmount === undefined ? undefined : compare(micros, 'gte', millionths(minAmount)),
        maxAmount === undefined ? undefined : compare(micros, 'lte', millionths(maxAmount)),
        first === undefined ? undefined : compare('closeDate', 'gte', first),
        last === undefined ? undefined : compare('closeDate', 'lte', last),
        companyId === undefined ? undefined : compare('companyId', 'eq', companyId),
      ])
      const question = { filter, orderBy: 'createdAt[DescNullsLast]' }
      const { records, ...rest } = await listFrom(client, opportunity, question, page)
      return { opportunities: records.map((record) => fromTwenty(opportunityMap, record)), ...rest }
    },
  }),
  defineTool({
    name: 'list_opportunities_by_stage',
    title: 'Opportunities by stage',
    description: `The pipeline: for each stage how many deals, their sums by currency, and the newest ${shownInStage}.`,
    kind: 'reads',
    input: z.strictObject({}),
    async run({ client, workspace }) {
      const question = { orderBy: 'createdAt[DescNullsLast]' }
      const { records, total, complete } = await readAll(client, opportunity, question, mostInView)
      return { stages: byStage(records, await workspace()), total, complete }
    },
  }),
]

/** In the order that the workspace gives the stages; deals without one come last. */
function byStage(records: readonly TwentyRecord[], workspace: TwentyWorkspace | null) {
  const field = objectNamed(workspace, 'opportunity')?.fields.find(({ name }) => name === 'stage')
  const stages = new Map<string, TwentyRecord[]>((field?.options ?? []).map(({ value }) => [value, []]))
  for (const record of records) {
    const stage = typeof record['stage'] === 'string' ? record['stage'] : ''
    stages.set(stage, [...(stages.get(stage) ?? []), record])
  }
  return [...stages]
    .sort(([a], [b]) => Number(a === '') - Number(b === ''))
    .map(([stage, all]) => ({
      stage: stage === '' ? null : stage,
      count: all.length,
      sums: sumsOf(all),
      opportunities: all.slice(0, shownInStage).map((record) => {
        const { id, name, amount, closeDate, companyId } = fromTwenty(opportunityMap, record)
        return { id, name, amount, closeDate, companyId }
      }),
    }))
}

/** One sum for each currency: francs and yen don't add up. */
export function sumsOf(records: readonly TwentyRecord[]): { currency: string; value: number }[] {
  const sums = new Map<string, number>()
  for (const record of records) {
    const amount = readAmount(record['amount'])
    if (amount) sums.set(amount.currency, (sums.get(amount.currency) ?? 0) + millionths(amount.value))
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, micros]) => ({ currency, value: micros / 1_000_000 }))
}

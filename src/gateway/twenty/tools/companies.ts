import { z } from 'zod'
import { hasWords } from '../client/filter.ts'
import { company } from '../objects.ts'
import { id, isWebAddress, limit, line, link, money, offset } from './arguments.ts'
import { createFrom, readOne, updateFrom } from './crud.ts'
import { listFrom } from './pages.ts'
import { bareAmount, fromTwenty, part, plain } from './record-map.ts'
import type { RecordMap } from './record-map.ts'
import { defineTool } from './tool.ts'
import type { TwentyTool } from './tool.ts'

export const companyMap: RecordMap = {
  object: 'company',
  called: 'company',
  ways: {
    name: plain('name'),
    domainName: part('domainName', 'primaryLinkUrl'),
    address: part('address', 'addressStreet1'),
    employees: plain('employees'),
    linkedinUrl: part('linkedinLink', 'primaryLinkUrl'),
    xUrl: part('xLink', 'primaryLinkUrl'),
    annualRecurringRevenue: bareAmount('annualRecurringRevenue', 'annualRevenue'),
    idealCustomerProfile: plain('idealCustomerProfile'),
  },
}

const details = {
  domainName: line
    .refine(isWebAddress, 'is no web address')
    .optional()
    .describe('Such as https://acme.example'),
  address: line.optional().describe('Street and number'),
  employees: z.int().min(0).max(10_000_000).optional(),
  linkedinUrl: link.optional(),
  xUrl: link.optional(),
  annualRecurringRevenue: money
    .optional()
    .describe('In whole units of the currency it has; of a new one: US dollars'),
  idealCustomerProfile: z.boolean().optional(),
}

export const companyTools: TwentyTool[] = [
  defineTool({
    name: 'create_company',
    title: 'Create a company',
    description: 'Add a company. Look with search_companies first whether it is there.',
    kind: 'adds',
    input: z.strictObject({ name: line, ...details }),
    run: (context, input) => createFrom(context, company, companyMap, input),
  }),
  defineTool({
    name: 'get_company',
    title: 'Get a company',
    description: 'Read one company by id. Fields without an argument here are in `other`.',
    kind: 'reads',
    input: z.strictObject({ id: id('company') }),
    run: (context, input) => readOne(context, company, companyMap, input.id),
  }),
  defineTool({
    name: 'update_company',
    title: 'Update a company',
    description: 'Change a company: only what is given changes.',
    kind: 'changes',
    input: z.strictObject({ id: id('company'), name: line.optional(), ...details }),
    run: (context, { id, ...given }) => updateFrom(context, company, companyMap, id, given),
  }),
  defineTool({
    name: 'search_companies',
    title: 'Search companies',
    description: 'Find companies whose name or domain has all the words. Newest first.',
    kind: 'reads',
    input: z.strictObject({ query: z.string().trim().min(1).max(200), limit, offset }),
    async run({ client }, { query, ...page }) {
      const filter = hasWords(['name', 'domainName.primaryLinkUrl'], query)
      const question = { filter, orderBy: 'createdAt[DescNullsLast]' }
      const { records, ...rest } = await listFrom(client, company, question, page)
      return { companies: records.map((record) => fromTwenty(companyMap, record)), ...rest }
    },
  }),
]

import { z } from 'zod'
import { all, any, compare, isNull, oneOf } from '../client/filter.ts'
import type { TwentyClient, TwentyRecord } from '../client/twenty-client.ts'
import { company, opportunity, person } from '../objects.ts'
import { id } from './arguments.ts'
import { companyMap } from './companies.ts'
import { contactMap } from './contacts.ts'
import { existing, updateFrom } from './crud.ts'
import { opportunityMap, sumsOf } from './opportunities.ts'
import { readAll } from './pages.ts'
import { fromTwenty } from './record-map.ts'
import { about } from './targets.ts'
import { defineTool, ToolRefusal } from './tool.ts'
import type { ToolContext, TwentyTool } from './tool.ts'

/** Read at most, of one kind. */
const most = 300
const newest = 'createdAt[DescNullsLast]'

export const relationshipTools: TwentyTool[] = [
  defineTool({
    name: 'get_company_contacts',
    title: 'Get a company’s contacts',
    description: `The people of one company, newest first, up to ${most}.`,
    kind: 'reads',
    input: z.strictObject({ companyId: id('company') }),
    async run({ client }, { companyId }) {
      const at = await existing(client.get(company, companyId), company, companyId)
      const filter = all([compare('companyId', 'eq', companyId)])
      const { records, ...rest } = await readAll(client, person, { filter, orderBy: newest }, most)
      const contacts = records.map((record) => fromTwenty(contactMap, record))
      return { company: brief(at), contacts, ...rest }
    },
  }),
  defineTool({
    name: 'get_person_opportunities',
    title: 'Get a contact’s opportunities',
    description: `The deals whose point of contact is this person, newest first, up to ${most}.`,
    kind: 'reads',
    input: z.strictObject({ personId: id('contact') }),
    async run({ client }, { personId }) {
      await existing(client.get(person, personId), person, personId)
      const filter = all([compare('pointOfContactId', 'eq', personId)])
      const { records, ...rest } = await readAll(client, opportunity, { filter, orderBy: newest }, most)
      return { opportunities: records.map((record) => fromTwenty(opportunityMap, record)), ...rest }
    },
  }),
  defineTool({
    name: 'link_opportunity_to_company',
    title: 'Link an opportunity',
    description: 'Set the company or the point of contact of a deal, or both.',
    kind: 'changes',
    input: z.strictObject({
      opportunityId: id('opportunity'),
      companyId: id('company').optional(),
      pointOfContactId: id('contact').optional(),
    }),
    async run(context, { opportunityId, companyId, pointOfContactId }) {
      const { client } = context
      if (companyId === undefined && pointOfContactId === undefined)
        throw new ToolRefusal('Give companyId or pointOfContactId, or both')
      if (companyId !== undefined) await existing(client.get(company, companyId), company, companyId)
      if (pointOfContactId !== undefined)
        await existing(client.get(person, pointOfContactId), person, pointOfContactId)
      const given = { companyId, pointOfContactId }
      return updateFrom(context, opportunity, opportunityMap, opportunityId, given)
    },
  }),
  defineTool({
    name: 'transfer_contact_to_company',
    title: 'Move a contact',
    description: 'Set a person’s company. With fromCompanyId only if that is where she is now.',
    kind: 'changes',
    input: z.strictObject({
      contactId: id('contact'),
      toCompanyId: id('company'),
      fromCompanyId: id('company').optional(),
    }),
    async run(context, { contactId, toCompanyId, fromCompanyId }) {
      const { client } = context
      const contact = await existing(client.get(person, contactId), person, contactId)
      const at = contact['companyId']
      if (fromCompanyId !== undefined && at !== fromCompanyId)
        throw new ToolRefusal(
          typeof at === 'string'
            ? `The contact is at the company ${at}, not at ${fromCompanyId}: nothing was changed`
            : 'The contact is at no company: nothing was changed',
        )
      await existing(client.get(company, toCompanyId), company, toCompanyId)
      const result = await updateFrom(context, person, contactMap, contactId, { companyId: toCompanyId })
      return { ...result, from: typeof at === 'string' ? at : null, to: toCompanyId }
    },
  }),
  defineTool({
    name: 'get_relationship_summary',
    title: 'Summarise relationships',
    description:
      'What hangs on a company or a person: how many contacts, deals, tasks and notes; sums of deals.',
    kind: 'reads',
    input: z.strictObject({ entityId: id('record'), entityType: z.enum(['company', 'person']) }),
    run: (context, { entityId, entityType }) =>
      entityType === 'company' ? companySummary(context, entityId) : personSummary(context, entityId),
  }),
  defineTool({
    name: 'find_orphaned_records',
    title: 'Find orphaned records',
    description:
      'Contacts and deals without a company, deals without a contact, and companies without a contact. Up to 60 of each.',
    kind: 'reads',
    input: z.strictObject({}),
    async run({ client }) {
      const opportunities = {
        filter: any([isNull('companyId'), isNull('pointOfContactId')]),
        orderBy: newest,
      }
      const contacts = await client.find(person, { filter: isNull('companyId'), orderBy: newest })
      const deals = await client.find(opportunity, opportunities)
      const lonely = await companiesWithoutContacts(client)
      return {
        contactsWithoutCompany: { total: contacts.total, records: contacts.records.map(brief) },
        opportunitiesWithoutCompanyOrContact: {
          total: deals.total,
          records: deals.records.map((deal) => ({
            ...brief(deal),
            companyId: deal['companyId'] ?? null,
            pointOfContactId: deal['pointOfContactId'] ?? null,
          })),
        },
        companiesWithoutContacts: lonely,
      }
    },
  }),
]

function brief(record: TwentyRecord): { id: string; name: string } {
  const { name } = record
  if (typeof name === 'string') return { id: record.id, name }
  const { firstName, lastName } = fromTwenty(contactMap, record)
  return { id: record.id, name: [firstName, lastName].filter((part) => typeof part === 'string').join(' ') }
}

async function deals(client: TwentyClient, filter: string) {
  const { records, total, complete } = await readAll(client, opportunity, { filter }, most)
  return { count: total ?? records.length, sums: sumsOf(records), ...(!complete && { sumsOfFirst: most }) }
}

async function hanging({ client, workspace }: ToolContext, entity: 'company' | 'person', id: string) {
  const model = await workspace()
  const notes = await about(client, model, { type: 'note', entity, id, most: 1 })
  const tasks = await about(client, model, { type: 'task', entity, id, most: 1 })
  return { notes: notes.total, tasks: tasks.total }
}

async function companySummary(context: ToolContext, id: string) {
  const { client } = context
  const record = await existing(client.get(company, id), company, id)
  const filter = compare('companyId', 'eq', id)
  const contacts = await client.find(person, { filter, limit: 1 })
  return {
    company: fromTwenty(companyMap, record),
    contacts: contacts.total,
    opportunities: await deals(client, filter),
    ...(await hanging(context, 'company', id)),
  }
}

async function personSummary(context: ToolContext, id: string) {
  const { client } = context
  const record = await existing(client.get(person, id), person, id)
  const at = typeof record['companyId'] === 'string' ? await client.get(company, record['companyId']) : null
  return {
    contact: fromTwenty(contactMap, record),
    company: at && brief(at),
    opportunities: await deals(client, compare('pointOfContactId', 'eq', id)),
    ...(await hanging(context, 'person', id)),
  }
}

const maxCompanyPages = 10
const maxQuestions = 30

/**
 * Twenty's filters can't ask for companies that nobody names. So for each page of companies, people of these are asked
 * for, and again for those that weren't found: each question finds one at least, or proves the rest alone.
 */
async function companiesWithoutContacts(client: TwentyClient) {
  const alone: { id: string; name: string }[] = []
  let [after, complete, asked]: [string | null, boolean, number] = [null, false, 0]
  for (let pages = 0; pages < maxCompanyPages && alone.length < 60 && asked < maxQuestions; pages++) {
    const page = await client.find(company, { orderBy: newest, after })
    const left = new Map(page.records.map((record) => [record.id, record]))
    while (left.size > 0 && asked < maxQuestions) {
      asked++
      const found = await client.find(person, { filter: oneOf('companyId', [...left.keys()]) })
      for (const { companyId } of found.records) if (typeof companyId === 'string') left.delete(companyId)
      if (found.next === null) {
        alone.push(...[...left.values()].map(brief))
        left.clear()
      }
    }
    after = page.next
    complete = after === null && left.size === 0
    if (after === null) break
  }
  return { records: alone.slice(0, 60), complete: complete && alone.length <= 60 }
}

import { z } from 'zod'
import { hasWords } from '../client/filter.ts'
import { person } from '../objects.ts'
import { id, limit, line, link, offset } from './arguments.ts'
import { createFrom, readOne, updateFrom } from './crud.ts'
import { listFrom } from './pages.ts'
import { fromTwenty, part, plain } from './record-map.ts'
import type { RecordMap } from './record-map.ts'
import { defineTool } from './tool.ts'
import type { TwentyTool } from './tool.ts'

export const contactMap: RecordMap = {
  object: 'person',
  called: 'contact',
  ways: {
    firstName: part('name', 'firstName'),
    lastName: part('name', 'lastName'),
    email: part('emails', 'primaryEmail'),
    phone: part('phones', 'primaryPhoneNumber'),
    companyId: plain('companyId'),
    jobTitle: plain('jobTitle'),
    linkedinUrl: part('linkedinLink', 'primaryLinkUrl'),
    city: plain('city'),
  },
}

const email = z.email().max(320)
const contact = {
  email: email.optional(),
  phone: z.string().trim().min(1).max(40).optional().describe('With the country: +41 44 668 18 00'),
  companyId: id('company').optional(),
  jobTitle: line.optional(),
  linkedinUrl: link.optional(),
  city: line.optional(),
}

export const contactTools: TwentyTool[] = [
  defineTool({
    name: 'create_contact',
    title: 'Create a contact',
    description: 'Add a person. Look with search_contacts first whether they are there.',
    kind: 'adds',
    input: z.strictObject({ firstName: line, lastName: line, ...contact }),
    run: (context, input) => createFrom(context, person, contactMap, input),
  }),
  defineTool({
    name: 'get_contact',
    title: 'Get a contact',
    description: 'Read one person by id. Fields without an argument here are in `other`.',
    kind: 'reads',
    input: z.strictObject({ id: id('contact') }),
    run: (context, input) => readOne(context, person, contactMap, input.id),
  }),
  defineTool({
    name: 'update_contact',
    title: 'Update a contact',
    description: 'Change a person: only what is given changes.',
    kind: 'changes',
    input: z.strictObject({
      id: id('contact'),
      firstName: line.optional(),
      lastName: line.optional(),
      ...contact,
    }),
    run: (context, { id, ...given }) => updateFrom(context, person, contactMap, id, given),
  }),
  defineTool({
    name: 'search_contacts',
    title: 'Search contacts',
    description: 'Find people whose name or email has all the words. Newest first.',
    kind: 'reads',
    input: z.strictObject({ query: z.string().trim().min(1).max(200), limit, offset }),
    async run({ client }, { query, ...page }) {
      const fields = ['name.firstName', 'name.lastName', 'emails.primaryEmail']
      const question = { filter: hasWords(fields, query), orderBy: 'createdAt[DescNullsLast]' }
      const { records, ...rest } = await listFrom(client, person, question, page)
      return { contacts: records.map((record) => fromTwenty(contactMap, record)), ...rest }
    },
  }),
]

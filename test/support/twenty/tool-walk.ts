import { expect } from 'vitest'

export type Answer = { isError: boolean; text: string; value: Record<string, unknown> }
/** Calls a tool, however the test reaches it. */
export type CallTool = (name: string, input: Record<string, unknown>) => Promise<Answer>

/** Reads a result as every client has it: text for all, the same structured for those who know. */
export function answerOf(result: object): Answer {
  const { content, structuredContent, isError } = result as {
    content: { type: string; text: string }[]
    structuredContent?: Record<string, unknown>
    isError?: boolean
  }
  const text = content.map((part) => part.text).join('')
  if (isError !== true) expect(JSON.parse(text)).toEqual(structuredContent)
  return { isError: isError === true, text, value: structuredContent ?? {} }
}

/**
 * Uses every one of the 29 tools in one story, and looks at what came of it. Works in any workspace: it finds its own
 * records by a word that nobody else uses. Resolves to the names of the tools that it called and the records it made.
 */
export async function walkAllTools(
  callTool: CallTool,
): Promise<{ called: Set<string>; made: [string, string][] }> {
  const called = new Set<string>()
  const made: [string, string][] = []
  const word = `walk${Math.random().toString(36).slice(2, 10)}`
  const call = async (name: string, input: Record<string, unknown> = {}) => {
    called.add(name)
    const { isError, text, value } = await callTool(name, input)
    if (isError) throw new Error(`${name}: ${text}`)
    return value
  }
  const create = async (name: string, plural: string, input: Record<string, unknown>) => {
    const { created } = (await call(name, input)) as { created: { id: string } & Record<string, unknown> }
    made.push([plural, created.id])
    return created
  }
  const ids = (list: unknown) => (list as { id: string }[]).map(({ id }) => id)

  const acme = await create('create_company', 'companies', {
    name: `Acme ${word}`,
    domainName: `https://${word}.example`,
    address: 'Seestrasse 1',
    employees: 12,
    annualRecurringRevenue: 1_500.5,
    idealCustomerProfile: true,
  })
  const other = await create('create_company', 'companies', { name: `Other ${word}` })
  expect(await call('get_company', { id: acme.id })).toMatchObject({
    company: {
      name: `Acme ${word}`,
      domainName: `https://${word}.example`,
      address: 'Seestrasse 1',
      annualRecurringRevenue: { value: 1_500.5, currency: 'USD' },
    },
  })
  expect(
    await call('update_company', {
      id: acme.id,
      employees: 13,
      linkedinUrl: 'https://linkedin.example/acme',
    }),
  ).toMatchObject({ updated: { employees: 13, idealCustomerProfile: true, address: 'Seestrasse 1' } })
  expect(ids((await call('search_companies', { query: `${word} acme` }))['companies'])).toEqual([acme.id])

  const ada = await create('create_contact', 'people', {
    firstName: 'Ada',
    lastName: word,
    email: `ada@${word}.example`,
    companyId: acme.id,
    jobTitle: 'Engineer',
    city: 'Zürich',
  })
  const updated = await call('update_contact', {
    id: ada.id,
    firstName: 'Adeline',
    phone: '+41446681800',
    linkedinUrl: 'https://linkedin.example/ada',
  })
  expect(updated).toMatchObject({
    updated: { firstName: 'Adeline', lastName: word, email: `ada@${word}.example`, city: 'Zürich' },
  })
  expect(await call('get_contact', { id: ada.id })).toMatchObject({
    contact: { firstName: 'Adeline', lastName: word, jobTitle: 'Engineer', companyId: acme.id },
  })
  const found = await call('search_contacts', { query: `adeline ${word}`, limit: 5, offset: 0 })
  expect(ids(found['contacts'])).toEqual([ada.id])

  const deal = await create('create_opportunity', 'opportunities', {
    name: `Deal ${word}`,
    amount: { value: 1000.5, currency: 'CHF' },
    stage: 'NEW',
    closeDate: '2026-12-31',
  })
  await call('update_opportunity', {
    id: deal.id,
    stage: 'MEETING',
    amount: { value: 2000, currency: 'CHF' },
  })
  expect(await call('get_opportunity', { id: deal.id })).toMatchObject({
    opportunity: { name: `Deal ${word}`, stage: 'MEETING', amount: { value: 2000, currency: 'CHF' } },
  })
  await call('link_opportunity_to_company', {
    opportunityId: deal.id,
    companyId: acme.id,
    pointOfContactId: ada.id,
  })
  const conditions = {
    query: word,
    stage: 'MEETING',
    minAmount: 1999,
    maxAmount: 2001,
    startDate: '2026-12-31',
    endDate: '2026-12-31',
    companyId: acme.id,
  }
  expect(ids((await call('search_opportunities', conditions))['opportunities'])).toEqual([deal.id])
  expect((await call('search_opportunities', { ...conditions, minAmount: 2001 }))['opportunities']).toEqual(
    [],
  )
  const { stages } = (await call('list_opportunities_by_stage')) as {
    stages: { stage: string; opportunities: { id: string }[] }[]
  }
  expect(ids(stages.find(({ stage }) => stage === 'MEETING')?.opportunities)).toContain(deal.id)
  expect(ids((await call('get_person_opportunities', { personId: ada.id }))['opportunities'])).toEqual([
    deal.id,
  ])

  const task = await create('create_task', 'tasks', {
    title: `Call ${word}`,
    body: '- ring',
    dueAt: '2026-12-01T10:00:00Z',
    status: 'IN_PROGRESS',
  })
  expect(ids((await call('get_tasks', { limit: 60 }))['tasks'])).toContain(task.id)
  const note = await create('create_note', 'notes', { title: `Note ${word}`, body: '**Bold** words' })
  const comment = await create('create_comment', 'notes', {
    body: `Nice people ${word}`,
    targetObjectId: acme.id,
    targetObjectType: 'company',
  })
  const activities = (await call('get_activities', { limit: 60 }))['activities']
  expect(ids(activities)).toEqual(expect.arrayContaining([task.id, note.id, comment.id]))
  const busy = await call('filter_activities', { status: ['IN_PROGRESS'], type: ['task'], limit: 60 })
  expect(ids(busy['activities'])).toContain(task.id)
  const on = { entityId: acme.id, entityType: 'company' }
  expect(await call('get_entity_activities', on)).toMatchObject({
    activities: [{ type: 'note', id: comment.id, body: `Nice people ${word}` }],
  })
  expect((await call('get_entity_activities', { ...on, includeComments: false }))['activities']).toEqual([])

  expect(ids((await call('get_company_contacts', { companyId: acme.id }))['contacts'])).toEqual([ada.id])
  expect(await call('get_relationship_summary', on)).toMatchObject({
    contacts: 1,
    notes: 1,
    tasks: 0,
    opportunities: { count: 1, sums: [{ currency: 'CHF', value: 2000 }] },
  })
  const moved = { contactId: ada.id, toCompanyId: other.id, fromCompanyId: acme.id }
  expect(await call('transfer_contact_to_company', moved)).toMatchObject({ from: acme.id, to: other.id })
  const { companiesWithoutContacts } = (await call('find_orphaned_records')) as {
    companiesWithoutContacts: { records: { id: string }[] }
  }
  expect(ids(companiesWithoutContacts.records)).toContain(acme.id)
  expect(ids(companiesWithoutContacts.records)).not.toContain(other.id)

  const { standard } = (await call('list_all_objects')) as { standard: { name: string }[] }
  expect(standard.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['company', 'opportunity', 'person']),
  )
  const { fields } = (await call('get_object_schema', { objectName: 'opportunities' })) as {
    fields: { name: string; options?: string[] }[]
  }
  expect(fields.find(({ name }) => name === 'stage')?.options).toContain('MEETING')
  const emails = (await call('get_field_metadata', { objectName: 'person', fieldType: 'EMAIL' }))['fields']
  expect(emails).toMatchObject([{ object: 'person', name: 'emails' }])
  return { called, made }
}

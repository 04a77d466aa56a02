import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { createOutwardClient, upstreamRule } from '#foundation'
import { createTwentyConnector } from '#gateway/twenty'
import { testClock } from '../support/clock.ts'
import { answerOf } from '../support/twenty/tool-walk.ts'
import { startTwenty } from '../support/twenty/twenty-double.ts'
import type { TwentyDouble, TwentyOptions } from '../support/twenty/twenty-double.ts'

const outward = createOutwardClient({ rule: upstreamRule([], true) })
const clock = testClock()
const running: TwentyDouble[] = []
let twenty: TwentyDouble
beforeEach(async () => {
  twenty = await open()
})
afterAll(async () => {
  await Promise.all(running.map((one) => one.close()))
  await outward.close()
})

async function open(options: TwentyOptions = {}): Promise<TwentyDouble> {
  const one = await startTwenty({ clock, ...options })
  running.push(one)
  return one
}
const sourceOf = (workspace = twenty) => {
  const connector = createTwentyConnector({ outward, clock })
  const access = { headers: { Authorization: `Bearer ${workspace.key}` }, secret: workspace.key }
  return connector.open(
    { baseUrl: `${workspace.url}/rest/`, ...access },
    { answerBytes: 4_000_000, timeoutSeconds: 20 },
  )
}
const signal = () => AbortSignal.timeout(20_000)
const call = async (name: string, input: Record<string, unknown> = {}, workspace = twenty) =>
  answerOf(await sourceOf(workspace).callTool({ name, arguments: input }, signal()))
const add = (object: string, body: Record<string, unknown>) => twenty.workspace.add(object, body).id
const stored = (plural: string, id: string) => {
  const object = twenty.workspace.named(plural)
  return object && twenty.workspace.get(object, id)
}

describe('a change', () => {
  it('of one part leaves the others, whatever this version of Twenty does with parts that aren’t sent', async () => {
    const id = add('person', {
      name: { firstName: 'Ada', lastName: 'Lovelace' },
      emails: { primaryEmail: 'ada@acme.example', additionalEmails: ['countess@acme.example'] },
      phones: {
        primaryPhoneNumber: '791234567',
        primaryPhoneCountryCode: 'GB',
        primaryPhoneCallingCode: '+44',
      },
      linkedinLink: { primaryLinkUrl: 'https://linkedin.example/ada', primaryLinkLabel: 'Ada' },
    })
    await call('update_contact', {
      id,
      firstName: 'Augusta',
      email: 'augusta@acme.example',
      phone: '+41446681800',
    })
    expect(stored('people', id)).toMatchObject({
      name: { firstName: 'Augusta', lastName: 'Lovelace' },
      emails: { primaryEmail: 'augusta@acme.example', additionalEmails: ['countess@acme.example'] },
      // A number with its country: what was said of the country before isn't kept beside it.
      phones: {
        primaryPhoneNumber: '+41446681800',
        primaryPhoneCountryCode: '',
        primaryPhoneCallingCode: '',
      },
      linkedinLink: { primaryLinkUrl: 'https://linkedin.example/ada', primaryLinkLabel: 'Ada' },
    })
    const company = add('company', { annualRecurringRevenue: { amountMicros: 1, currencyCode: 'CHF' } })
    await call('update_company', { id: company, annualRecurringRevenue: 0.1 })
    expect(stored('companies', company)).toMatchObject({
      annualRecurringRevenue: { amountMicros: 100_000, currencyCode: 'CHF' },
    })
  })

  it('of what isn’t there, of nothing, or of a field that this workspace lacks, says what to do', async () => {
    const nobody = '00000000-0000-4000-8000-000000000000'
    expect((await call('update_contact', { id: nobody, city: 'Bern' })).text).toContain(
      'Twenty refused the request',
    )
    expect((await call('update_contact', { id: nobody, email: 'x@acme.example' })).text).toContain(
      'There is no person',
    )
    expect((await call('update_contact', { id: nobody })).text).toContain('Say what to change')
    const object = twenty.workspace.objects.find(({ nameSingular }) => nameSingular === 'company')
    if (object) object.fields = object.fields.filter(({ name }) => name !== 'employees')
    expect((await call('create_company', { name: 'Acme', employees: 3 })).text).toContain(
      'no field employees on company',
    )
    expect((await call('create_company', { name: 'Acme' })).isError).toBe(false)
    const wrong = await call('create_opportunity', { name: 'Deal', stage: 'NO_STAGE' })
    expect([wrong.isError, wrong.text.includes('NO_STAGE')]).toEqual([true, true])
  })

  it('of a contact’s company is made only where it is said to be', async () => {
    const [from, to] = [add('company', { name: 'From' }), add('company', { name: 'To' })]
    const contactId = add('person', { companyId: to })
    expect(
      await call('transfer_contact_to_company', { contactId, toCompanyId: from, fromCompanyId: from }),
    ).toMatchObject({
      isError: true,
      text: expect.stringContaining('nothing was changed'),
    })
    expect(stored('people', contactId)).toMatchObject({ companyId: to })
  })
})

describe('a list', () => {
  it('goes on where the page before ended, through cursors that Twenty has and offsets that it hasn’t', async () => {
    for (let nr = 0; nr < 130; nr++) add('task', { title: `Task ${nr}` })
    const seen: unknown[] = []
    let offset: unknown = 0
    while (typeof offset === 'number') {
      const { value } = await call('get_tasks', { limit: 50, offset })
      seen.push(...(value['tasks'] as { title: string }[]).map(({ title }) => title))
      expect(value['total']).toBe(130)
      offset = value['nextOffset']
    }
    expect(seen).toEqual(Array.from({ length: 130 }, (_, nr) => `Task ${129 - nr}`))
    expect((await call('get_tasks', { offset: 600 })).value).toEqual({ tasks: [], total: 130 })
  })

  it('of two kinds is one list, and doesn’t lose what is between two pages', async () => {
    for (let nr = 0; nr < 9; nr++) add(nr % 3 === 0 ? 'note' : 'task', { title: `${nr}` })
    const titles = async (page: object) =>
      ((await call('get_activities', { ...page })).value['activities'] as { title: string }[]).map(
        ({ title }) => title,
      )
    expect([...(await titles({ limit: 5 })), ...(await titles({ limit: 5, offset: 5 }))]).toEqual([
      '8',
      '7',
      '6',
      '5',
      '4',
      '3',
      '2',
      '1',
      '0',
    ])
    expect(await titles({ type: ['note'], limit: 2 })).toEqual(['6', '3'])
  })

  it('that no model would read is cut, and says so', async () => {
    const markdown = 'word '.repeat(3000)
    for (let nr = 0; nr < 60; nr++) add('note', { title: `${nr}`, bodyV2: { markdown } })
    const { text, value } = await call('get_activities', { type: ['note'], limit: 60 })
    expect(text.length).toBeLessThan(100_001)
    expect(text).toContain('… (cut)')
    expect(value['shortened']).toContain('smaller limit')
  })

  it('of deals by stage keeps the workspace’s order and adds no francs to yen', async () => {
    const deal = (stage: string, value: number, currencyCode: string) =>
      add('opportunity', { name: stage, stage, amount: { amountMicros: value * 1e6, currencyCode } })
    deal('CUSTOMER', 5, 'CHF')
    deal('NEW', 0.1, 'CHF')
    deal('NEW', 0.2, 'CHF')
    deal('NEW', 7, 'JPY')
    expect((await call('list_opportunities_by_stage')).value).toMatchObject({
      total: 4,
      complete: true,
      stages: [
        {
          stage: 'NEW',
          count: 3,
          sums: [
            { currency: 'CHF', value: 0.3 },
            { currency: 'JPY', value: 7 },
          ],
        },
        { stage: 'SCREENING', count: 0 },
        { stage: 'MEETING', count: 0 },
        { stage: 'PROPOSAL', count: 0 },
        { stage: 'CUSTOMER', count: 1, sums: [{ currency: 'CHF', value: 5 }] },
      ],
    })
  })

  it('of orphans finds companies that nobody names among many', async () => {
    const companies = Array.from({ length: 150 }, (_, nr) => add('company', { name: `${nr}` }))
    for (const [nr, companyId] of companies.entries())
      if (nr % 50 !== 7) for (let people = 0; people < 3; people++) add('person', { companyId })
    const { value } = await call('find_orphaned_records')
    expect(value).toMatchObject({
      contactsWithoutCompany: { total: 0 },
      companiesWithoutContacts: { complete: true, records: [{ name: '107' }, { name: '57' }, { name: '7' }] },
    })
  })
})

describe('a comment', () => {
  it('goes where another note hangs, and nowhere when there is no such place', async () => {
    const company = add('company', { name: 'Acme' })
    const target = add('taskTarget', { taskId: add('task', { title: 'Call' }), targetCompanyId: company })
    expect((await call('create_comment', { body: 'Rang', activityTargetId: target })).value).toMatchObject({
      on: { type: 'company', id: company },
    })
    const before = twenty.calls.length
    const [nobody, half] = [
      await call('create_comment', { body: 'x', targetObjectId: target, targetObjectType: 'person' }),
      await call('create_comment', { body: 'x', targetObjectId: company }),
    ]
    expect([nobody.isError, half.isError]).toEqual([true, true])
    expect(twenty.calls.slice(before).filter(({ method }) => method === 'POST')).toEqual([])
    const hers = await call('create_comment', { body: 'x', authorId: company })
    expect(hers.value['notice']).toContain('whose key it is')
  })
})

describe('tools of custom objects', () => {
  it('never take the name of one of ours or of each other, and say what the workspace says as one line', async () => {
    const rocket = twenty.workspace.objects.find(({ nameSingular }) => nameSingular === 'rocket')
    if (!rocket) throw new Error('no rocket')
    const like = (singular: string, plural: string, nr: number) => ({
      ...rocket,
      id: `00000000-0000-4000-8000-00000000000${nr}`,
      nameSingular: singular,
      namePlural: plural,
      labelSingular: `Ship\n\nIGNORE ${'x'.repeat(500)}`,
    })
    twenty.workspace.objects.push(like('contact', 'allObjects', 1), like('rOcket', 'rOckets', 2))
    for (let nr = 0; nr < 40; nr++)
      twenty.workspace.objects.push({ ...like(`thing${nr}`, `things${nr}`, 3), id: rocket.id })
    const tools = await sourceOf().listTools(signal())
    const names = tools.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBe(29 + 25 * 4)
    expect(names).toContain('list_custom_contact_00000000')
    for (const { name, description = '', title = '' } of tools) {
      expect(name).toMatch(/^[a-z][a-z0-9_]{0,127}$/)
      expect(`${title}${description}`).not.toMatch(/\n/)
      expect(description.length).toBeLessThan(400)
    }
    // Called by its name, it is ours that answers.
    expect((await call('list_all_objects')).value).toHaveProperty('standard')
  })
})

describe('the limit of calls', () => {
  it('is kept by itself: the call that would meet a refusal isn’t made yet', async () => {
    const strict = await open({ callsPerMinute: 100 })
    const source = sourceOf(strict)
    const call = (until: AbortSignal) => source.callTool({ name: 'get_tasks', arguments: {} }, until)
    await Promise.all(Array.from({ length: 100 }, () => call(signal())))
    await expect(call(AbortSignal.timeout(200))).rejects.toBeDefined()
    expect(strict.calls).toHaveLength(100)
  })
})

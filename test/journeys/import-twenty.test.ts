import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCommandLine } from '../support/command-line.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { startTwenty } from '../support/twenty/twenty-double.ts'
import type { TwentyDouble } from '../support/twenty/twenty-double.ts'

const system = { kind: 'system' as const, name: 'test' }

describe('tandem import twenty', { timeout: 60_000 }, () => {
  let tandem: RunningTandem
  let twenty: TwentyDouble
  let ids: Record<string, string>
  beforeAll(async () => {
    ;[tandem, twenty] = await Promise.all([startTandem(), startTwenty()])
    ids = fill(twenty)
  })
  afterAll(async () => {
    await tandem?.close()
    await twenty?.close()
  })
  const bring = async (full = false) => {
    const { imports } = tandem.parts
    imports.begin({ url: twenty.url, key: twenty.key, full })
    while (imports.status().state === 'running') await new Promise((resolve) => setTimeout(resolve, 20))
    const { state, failure, report } = imports.status()
    expect(failure).toBeNull()
    expect(state).toBe('done')
    if (!report) throw new Error('no report')
    return report
  }
  const all = async (object: string) =>
    (await tandem.parts.crm.records.find(system, object, { limit: 200 })).records.toSorted((a, b) =>
      a.label < b.label ? -1 : 1,
    )
  const one = async (object: string, label: string) => {
    const found = (await all(object)).find((record) => record.label === label)
    if (!found) throw new Error(`no ${object} ${label}`)
    return found
  }

  it('brings objects, fields, records, relations, notes, tasks, files and views over, and reports', async () => {
    const report = await bring()
    expect(report.added).toContain('rocket')
    expect(report.objects).toMatchObject({
      company: { created: 2, refused: { count: 0 }, dropped: { count: 0 } },
      person: { created: 1 },
      opportunity: { created: 1 },
      note: { created: 1 },
      task: { created: 1 },
      rocket: { created: 1 },
    })
    expect(report.members).toEqual({ matched: 1, unknown: ['nobody@elsewhere.example'] })
    expect(report.files).toMatchObject({ brought: 1, failed: { count: 0 } })
    expect(report.references.missing).toBe(0)

    const acme = await one('company', 'Acme Rockets')
    expect(acme.fields).toMatchObject({
      domain: 'https://rockets.example',
      employees: 120,
      annual_revenue: { amount: 2_500_000.5, currency: 'USD' },
      city: 'Riga',
      owner: { name: 'Grace' },
    })
    expect((await one('person', 'Wernher Braun')).fields).toMatchObject({
      emails: ['wernher@rockets.example', 'w.braun@rockets.example'],
      company: { label: 'Acme Rockets' },
    })
    expect((await one('opportunity', 'Moon')).fields).toMatchObject({
      amount: { amount: 1000, currency: 'EUR' },
      close_date: '2026-12-24',
      company: { label: 'Acme Rockets' },
      contact: { label: 'Wernher Braun' },
    })
    expect((await one('rocket', 'Saturn')).fields).toMatchObject({
      thrust: 35,
      fuel: 'kerosene',
      missions: 'Moon, Mars',
      price: { amount: 1.5, currency: 'EUR' },
      reusable: false,
      builder: { label: 'Acme Rockets' },
    })
    expect((await one('note', 'First call')).fields).toMatchObject({
      about: { object: 'company', label: 'Acme Rockets' },
      body: expect.stringMatching(/^They want \*\*two\*\*[\s\S]*Also about: Wernher Braun$/),
    })
    expect((await one('task', 'Send offer')).fields).toMatchObject({
      status: 'in_progress',
      due_date: '2026-12-01',
      assignee: { name: 'Grace' },
      about: { object: 'person', label: 'Wernher Braun' },
    })
    const files = await tandem.parts.crm.files.list(system, acme)
    expect(files.map(({ name, size }) => [name, size])).toEqual([['offer.pdf', 5]])
    const views = await tandem.parts.crm.views.list(system, 'company')
    expect(views).toMatchObject([
      {
        name: 'Large ones',
        shared: true,
        filter: [{ field: 'employees', op: 'gte', value: 100 }],
        sort: [{ field: 'name', dir: 'desc' }],
        columns: { order: ['name', 'employees'] },
      },
    ])
    expect(report.views.left.some).toEqual([
      'Endless: it filters by more than a view can here',
      'Board: a kanban of companies',
    ])
  })

  it('brings only what changed when it runs again, and leaves what was changed here', async () => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    const { id } = await one('company', 'Globex')
    await tandem.parts.crm.changes.submit(system, {
      intents: [{ do: 'update', object: 'company', id, values: { city: 'Berlin' } }],
    })
    const company = twenty.workspace.named('companies')
    if (!company) throw new Error('no companies')
    twenty.workspace.update(company, ids['globex'] ?? '', {
      name: 'Globex Corporation',
      address: { addressCity: 'Springfield' },
    })
    const report = await bring()
    expect(report.objects['company']).toMatchObject({ created: 0, updated: 1, kept: { count: 1 } })
    expect(report.files).toMatchObject({ brought: 0, there: 1 })
    expect(report.views).toMatchObject({ brought: 0, there: 1 })
    expect((await one('company', 'Globex Corporation')).fields['city']).toBe('Berlin')
    expect(await all('company')).toHaveLength(2)
    expect(await all('note')).toHaveLength(1)
  })

  it('is a command: the key from the environment, a report in words and as a file', async () => {
    const line = await openCommandLine()
    try {
      const env = { TWENTY_API_KEY: twenty.key }
      const done = await line.run(['import', 'twenty', twenty.url, '--report', 'report.json'], env).done
      expect(done).toMatchObject({ code: 0, out: expect.stringContaining('2 new') })
      expect(done.out).toContain('Views left out')
      const report: unknown = JSON.parse(await readFile(join(line.folder, 'report.json'), 'utf8'))
      expect(report).toMatchObject({ objects: { company: { created: 2 } } })
      expect(done.out + done.err).not.toContain(twenty.key)
    } finally {
      line.close()
    }
  })

  it('goes on where it stopped when Twenty failed in between', async () => {
    for (let count = 0; count < 130; count++) twenty.workspace.add('company', { name: `Bulk ${count}` })
    const { imports } = tandem.parts
    const before = twenty.calls.length
    // The first pages come; then Twenty refuses for good.
    const original = twenty.calls.push.bind(twenty.calls)
    twenty.calls.push = (...calls) => {
      if (calls.some(({ path, query }) => path === '/rest/companies' && query.has('starting_after')))
        twenty.fail({ status: 403, body: { messages: ['Closed for today'] } })
      return original(...calls)
    }
    imports.begin({ url: twenty.url, key: twenty.key, full: true })
    while (imports.status().state === 'running') await new Promise((resolve) => setTimeout(resolve, 20))
    twenty.calls.push = original
    expect(imports.status()).toMatchObject({ state: 'failed', failure: expect.stringContaining('refuses') })
    expect(twenty.calls.length).toBeGreaterThan(before)
    const half = (await all('company')).length
    expect(half).toBeGreaterThan(2)
    expect(half).toBeLessThan(132)
    const asked = twenty.calls.length
    const report = await bring(true)
    const pages = twenty.calls.slice(asked).filter(({ path }) => path === '/rest/companies')
    expect(pages[0]?.query.get('starting_after')).not.toBeNull()
    expect(report.objects['company']?.created).toBe(130)
    expect(await all('company')).toHaveLength(132)
  })

  it('says what to do when the address or the key is no good', async () => {
    const { imports } = tandem.parts
    imports.begin({ url: twenty.url, key: 'not-a-key-of-this-workspace', full: false })
    while (imports.status().state === 'running') await new Promise((resolve) => setTimeout(resolve, 20))
    expect(imports.status().failure).toMatch(/^Twenty /)
    imports.begin({ url: 'http://10.1.2.3', key: 'x', full: false })
    while (imports.status().state === 'running') await new Promise((resolve) => setTimeout(resolve, 20))
    expect(imports.status().failure).toContain('TANDEM_UPSTREAM_HOSTS')
    expect(() => imports.begin({ url: 'rockets', key: 'x', full: false })).toThrow('is no address')
  })
})

/** A workspace with one of everything. */
function fill({ workspace, views, viewParts, files }: TwentyDouble): Record<string, string> {
  const grace = workspace.add('workspaceMember', {
    name: { firstName: 'Grace', lastName: 'Hopper' },
    userEmail: 'grace@acme.example',
  })
  workspace.add('workspaceMember', {
    name: { firstName: 'No', lastName: 'Body' },
    userEmail: 'nobody@elsewhere.example',
  })
  const acme = workspace.add('company', {
    name: 'Acme Rockets',
    domainName: { primaryLinkUrl: 'https://rockets.example' },
    employees: 120,
    annualRecurringRevenue: { amountMicros: 2_500_000_500_000, currencyCode: 'USD' },
    address: { addressCity: 'Riga' },
    accountOwnerId: grace.id,
  })
  const globex = workspace.add('company', { name: 'Globex' })
  const wernher = workspace.add('person', {
    name: { firstName: 'Wernher', lastName: 'Braun' },
    emails: { primaryEmail: 'wernher@rockets.example', additionalEmails: ['w.braun@rockets.example'] },
    companyId: acme.id,
  })
  workspace.add('opportunity', {
    name: 'Moon',
    amount: { amountMicros: 1_000_000_000, currencyCode: 'EUR' },
    closeDate: '2026-12-24T00:00:00.000Z',
    companyId: acme.id,
    pointOfContactId: wernher.id,
  })
  workspace.add('rocket', {
    name: 'Saturn',
    thrust: 35,
    fuel: 'KEROSENE',
    missions: ['MOON', 'MARS'],
    price: { amountMicros: 1_500_000, currencyCode: 'EUR' },
    reusable: false,
    builderId: acme.id,
  })
  const note = workspace.add('note', { title: 'First call', bodyV2: { markdown: 'They want **two**' } })
  workspace.add('noteTarget', { noteId: note.id, targetCompanyId: acme.id })
  workspace.add('noteTarget', { noteId: note.id, targetPersonId: wernher.id })
  const task = workspace.add('task', {
    title: 'Send offer',
    status: 'IN_PROGRESS',
    dueAt: '2026-12-01T09:00:00.000Z',
    assigneeId: grace.id,
  })
  workspace.add('taskTarget', { taskId: task.id, targetPersonId: wernher.id })
  files.set('attachment/offer.pdf', Buffer.from('offer'))
  workspace.add('attachment', {
    name: 'offer.pdf',
    fullPath: 'attachment/offer.pdf?token=signed',
    targetCompanyId: acme.id,
  })
  const company = workspace.named('companies')
  const field = (name: string) => company?.fields.find((one) => one.name === name)?.id
  const view = { id: '11111111-1111-4111-8111-111111111111', objectMetadataId: company?.id }
  views.push(
    { ...view, name: 'Large ones', type: 'TABLE', key: null },
    { ...view, id: '22222222-2222-4222-8222-222222222222', name: 'Board', type: 'KANBAN', key: null },
    { ...view, id: '33333333-3333-4333-8333-333333333333', name: 'All', type: 'TABLE', key: 'INDEX' },
    { ...view, id: '77777777-7777-4777-8777-777777777777', name: 'Endless', type: 'TABLE', key: null },
  )
  const filter = {
    id: '44444444-4444-4444-8444-444444444444',
    viewId: view.id,
    fieldMetadataId: field('employees'),
    operand: 'GREATER_THAN_OR_EQUAL',
    value: '100',
  }
  viewParts.viewFilters.push(filter)
  for (let nr = 0; nr < 21; nr++)
    viewParts.viewFilters.push({ ...filter, viewId: '77777777-7777-4777-8777-777777777777' })
  viewParts.viewSorts.push({
    id: '55555555-5555-4555-8555-555555555555',
    viewId: view.id,
    fieldMetadataId: field('name'),
    direction: 'DESC',
  })
  for (const [position, name] of ['name', 'employees'].entries())
    viewParts.viewFields.push({
      id: `6666666${position}-6666-4666-8666-666666666666`,
      viewId: view.id,
      fieldMetadataId: field(name),
      isVisible: true,
      position,
    })
  return { globex: globex.id }
}

import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOutwardClient, upstreamRule } from '#foundation'
import { createTwentyConnector } from '#gateway/twenty'
import { testClock } from '../support/clock.ts'
import { answerOf } from '../support/twenty/tool-walk.ts'
import { startTwenty } from '../support/twenty/twenty-double.ts'
import type { TwentyDouble, TwentyFault } from '../support/twenty/twenty-double.ts'

const outward = createOutwardClient({ rule: upstreamRule([], true) })
const clock = testClock()
const reader = 'key-of-a-reader-0123456789'
const limits = { answerBytes: 200_000, timeoutSeconds: 20 }
let twenty: TwentyDouble
let connector: ReturnType<typeof createTwentyConnector>
beforeAll(async () => {
  twenty = await startTwenty({
    clock,
    keys: { [reader]: { name: 'Reader', dataModel: false, hidden: ['opportunity'] } },
  })
  connector = createTwentyConnector({ outward, clock })
})
afterAll(async () => {
  await twenty.close()
  await outward.close()
})

const source = (key = twenty.key, given = limits) =>
  connector.open({ baseUrl: twenty.url, headers: { Authorization: `Bearer ${key}` }, secret: key }, given)
const call = async (name: string, input: Record<string, unknown> = {}, key = twenty.key, given = limits) =>
  answerOf(await source(key, given).callTool({ name, arguments: input }, AbortSignal.timeout(20_000)))
const ids = (list: unknown) => (list as { id: string }[]).map(({ id }) => id)

describe('G8 words of a search', () => {
  it('write no conditions of their own into Twenty’s filter, which has no escapes', async () => {
    const seen = twenty.workspace.add('company', { name: 'Plain' })
    const odd = twenty.workspace.add('company', { name: 'O\'Neill "&" Co, (Zürich) [AG] 50%_' })
    const hostile = [
      'x%",name[is]:NOT_NULL,name[ilike]:"%',
      '"),or(name[is]:NOT_NULL',
      ')),(or(name[like]:"%',
      "x',name[is]:NOT_NULL,name[ilike]:'",
      'x]:"y",id[neq]:"',
    ]
    for (const query of hostile) {
      const { isError, value } = await call('search_companies', { query })
      expect([query, isError, ids(value['companies'] ?? []).includes(seen.id)]).toEqual([query, false, false])
    }
    // Brackets alone would be wildcards alone.
    for (const query of ['[', '\\', '(( ]]'])
      expect([query, (await call('search_companies', { query })).isError]).toEqual([query, true])
    // And people whose names are like that are found by them.
    for (const query of ["o'neill", '"&"', '(zürich) [ag]', '50%_', 'co, (zürich)'])
      expect([query, ids((await call('search_companies', { query })).value['companies'])]).toEqual([
        query,
        [odd.id],
      ])
    expect(ids((await call('search_companies', { query: '%' })).value['companies'])).toEqual([odd.id])
  })

  it('nor do ids, stages, dates and names of objects reach a path or a filter unless they are such', async () => {
    const before = twenty.calls.length
    for (const [name, input] of [
      ['get_contact', { id: '../metadata/objects' }],
      ['get_contact', { id: '00000000-0000-4000-8000-000000000000/../..' }],
      ['search_opportunities', { stage: 'NEW",id[is]:NOT_NULL' }],
      ['search_opportunities', { startDate: '2026-01-01"),or(id[is]:NOT_NULL' }],
      ['search_opportunities', { companyId: '*' }],
      ['filter_activities', { status: ['DONE"]'] }],
      ['get_company_contacts', { companyId: { eq: 1 } }],
      ['search_contacts', { query: 'x', limit: 61 }],
      ['search_contacts', { query: 'x', offset: 1e9 }],
      ['create_contact', { firstName: 'A', lastName: 'B', createdBy: { name: 'Ada' } }],
    ] as const)
      expect([name, (await call(name, input)).isError]).toEqual([name, true])
    expect(twenty.calls.length).toBe(before)
  })
})

it('C7 a link is one to a web page, never a script that runs in Twenty', async () => {
  for (const domainName of [
    'javascript:alert(1)',
    ' JavaScript://x%0aalert(1)',
    'data:text/html,x',
    'ada@x.example',
  ])
    expect([domainName, (await call('create_company', { name: 'Trap', domainName })).isError]).toEqual([
      domainName,
      true,
    ])
  for (const domainName of ['acme.example', 'https://acme.example:8443/about?x=1', 'HTTP://zürich.example/'])
    expect((await call('create_company', { name: 'Plain', domainName })).isError).toBe(false)
})

it('one call of an agent uses up a small part of what Twenty takes in a minute, however far it skips', async () => {
  const { id } = twenty.workspace.add('person', { name: { firstName: 'Busy', lastName: 'Person' } })
  for (let nr = 0; nr < 400; nr++) {
    const note = twenty.workspace.add('note', { title: `Call ${nr}` })
    twenty.workspace.add('noteTarget', { noteId: note.id, targetPersonId: id })
  }
  clock.advance(120_000)
  const before = twenty.calls.length
  const asked = { entityId: id, entityType: 'person', limit: 10, offset: 380 }
  const { value } = await call('get_entity_activities', asked)
  expect(value).toMatchObject({ total: 400, nextOffset: 390 })
  expect((value['activities'] as { title: string }[])[0]?.title).toBe('Call 19')
  // The record, seven pages of notes, one of tasks, and the data model.
  expect(twenty.calls.length - before).toBeLessThanOrEqual(10)
})

describe('G11 an answer that leads elsewhere', () => {
  it('is not followed: the key goes to nobody else', async () => {
    const received: string[] = []
    const thief = createServer((request, response) => {
      received.push(request.headers.authorization ?? '')
      response.end('{}')
    })
    await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', () => resolve()))
    const address = thief.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    for (const status of [301, 302, 307, 308]) {
      twenty.fail({ status, headers: { location: `http://127.0.0.1:${port}/rest/people` } })
      await expect(call('search_contacts', { query: 'x' })).rejects.toMatchObject({ kind: 'unreachable' })
    }
    expect(received).toEqual([])
    await new Promise<void>((resolve) => thief.close(() => resolve()))
  })
})

describe('S4 and others: what nobody can use', () => {
  it.each<[string, TwentyFault, string]>([
    ['more than may pass', 'endless', 'too_large'],
    ['a connection that is cut', 'cut', 'unreachable'],
    ['its web app in the place of its API', { page: '<title>Twenty</title>' }, 'unreachable'],
    ['an error of the server', { status: 500 }, 'unreachable'],
    ['an error of what stands before it', { status: 502, body: { error: 'bad gateway' } }, 'unreachable'],
    ['a form that isn’t Twenty’s', { status: 200, body: { data: 'people' } }, 'unreachable'],
    ['nothing', { status: 200 }, 'unreachable'],
    ['that the key is wrong', { status: 401, body: { messages: ['Token invalid.'] } }, 'refused'],
    ['to wait longer than anybody does', { status: 429, headers: { 'retry-after': '3600' } }, 'busy'],
  ])('%s is trouble of its kind', async (_, fault, kind) => {
    twenty.fail(fault)
    await expect(call('search_contacts', { query: 'x' })).rejects.toMatchObject({
      name: 'UpstreamTrouble',
      kind,
    })
    clock.advance(2 * 3600_000)
  })

  it('no answer in time is late', async () => {
    twenty.fail('hang')
    const late = call('search_contacts', { query: 'x' }, twenty.key, { ...limits, timeoutSeconds: 1 })
    await expect(late).rejects.toMatchObject({ kind: 'late' })
  })

  it('G6 a key that Twenty echoes is neither in the log nor in the answer', async () => {
    twenty.fail({ status: 401, body: { messages: [`Token ${twenty.key} invalid`] } })
    await expect(call('search_contacts', { query: 'x' })).rejects.toMatchObject({
      why: 'status 401: Token … invalid',
    })
    twenty.fail({ status: 400, body: { error: 'BadRequest', messages: [`No ${twenty.key} here`] } })
    const { isError, text } = await call('search_contacts', { query: 'x' })
    expect([isError, text]).toEqual([true, 'Twenty refused the request (“No … here”)'])
  })

  it('a write is made once, whatever becomes of its answer; only the limit is met again', async () => {
    const made = () => twenty.calls.filter(({ method }) => method === 'POST').length
    const before = made()
    twenty.fail('cut')
    // The data model is read first: it is what is cut here.
    await call('create_note', { body: 'x' }).catch(() => undefined)
    clock.advance(120_000)
    await call('list_all_objects')
    twenty.fail('cut')
    await expect(call('create_note', { body: 'x' })).rejects.toMatchObject({ kind: 'unreachable' })
    twenty.fail({ status: 503 })
    await expect(call('create_note', { body: 'x' })).rejects.toMatchObject({ kind: 'unreachable' })
    const after = made()
    expect(after - before).toBeLessThanOrEqual(3)
    twenty.fail({ status: 429, headers: { 'retry-after': '0' } })
    expect((await call('create_note', { body: 'x' })).isError).toBe(false)
    expect(made() - after).toBe(2)
  })
})

describe('G5 what one key may see', () => {
  it('is not shown to another that may not, though both ask the same workspace', async () => {
    clock.advance(120_000)
    expect((await call('list_all_objects')).isError).toBe(false)
    expect(await call('list_all_objects', {}, reader)).toMatchObject({
      isError: true,
      text: expect.stringContaining('may not read the data model'),
    })
    const tools = (key: string) => source(key).listTools(AbortSignal.timeout(20_000))
    expect((await tools(twenty.key)).map(({ name }) => name)).toContain('list_rockets')
    expect((await tools(reader)).map(({ name }) => name)).not.toContain('list_rockets')
    expect(await call('list_rockets', {}, reader)).toMatchObject({ isError: true })
    expect(await call('search_opportunities', {}, reader)).toMatchObject({
      isError: true,
      text: expect.stringContaining('role of your key'),
    })
    // What needs no data model works.
    expect((await call('create_note', { body: 'From a reader' }, reader)).isError).toBe(false)
  })
})

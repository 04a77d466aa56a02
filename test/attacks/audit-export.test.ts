import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Browser, RunningTandem } from '../support/tandem.ts'
import { startTandem } from '../support/tandem.ts'

let tandem: RunningTandem
let ada: Browser
let grace: Browser
beforeAll(async () => {
  tandem = await startTandem()
  ada = await tandem.signIn('ada')
  grace = await tandem.signIn('grace')
})
afterAll(() => tandem?.close())

const take = async (browser: Browser, query: string) => {
  const response = await browser.fetch(`/api/audit/export?${query}`)
  return { status: response.status, headers: response.headers, text: await response.text() }
}
const note = (name: string) =>
  tandem.parts.audit.note({
    event: 'client.registered',
    outcome: 'ok',
    actor: { kind: 'client', id: 'cli_x', name },
  })

/** Cells of one line, as RFC 4180 quotes them. */
function cellsOf(line: string): string[] {
  return [...`${line},`.matchAll(/("(?:[^"]|"")*"|[^,"]*),/g)].map(([, cell = '']) =>
    cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
  )
}

describe('the exported record', () => {
  it.each([
    '=1+1',
    '+1',
    '-1',
    '@sum(A1)',
    '|calc',
    '＝1+1',
    '＠sum',
    ' =HYPERLINK("http://evil")',
    '"=1',
    '%0A',
    '\t=1',
  ])('never holds a formula: an app that calls itself %j is a text in a spreadsheet', async (name) => {
    note(name)
    const { text } = await take(ada, 'format=csv&event=client.registered')
    for (const line of text.trimEnd().split('\r\n').slice(1)) {
      for (const cell of cellsOf(line)) expect(cell).not.toMatch(/^[\s"]*[=+\-@|%＝＋－＠]/)
    }
    expect(text).toContain(
      `'${name.replaceAll('"', '""').replaceAll('\t', '\uFFFD')}`.replace(/^'\uFFFD/, '\uFFFD'),
    )
  })

  it('keeps one entry on one line, whatever is in it', async () => {
    note('a "quoted", name\r\nand,another')
    const { text, headers } = await take(ada, 'format=csv&text=quoted')
    const lines = text.trimEnd().split('\r\n')
    expect(lines).toHaveLength(2)
    expect(cellsOf(lines[1] ?? '')).toHaveLength(15)
    expect(cellsOf(lines[1] ?? '')[6]).toContain('a "quoted", name')
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="tandem-audit-[\dT-]+Z\.csv"$/)
    expect(headers.get('content-type')).toContain('text/csv')
  })

  it('is JSON with all that fits, more than one page of it, newest first, and an entry of its own', async () => {
    for (let n = 0; n < 2100; n++) note(`Notebook ${n}`)
    const { text, status } = await take(ada, 'format=json&event=client')
    const entries = JSON.parse(text) as { seq: number; event: string }[]
    expect([status, entries.length > 2100]).toEqual([200, true])
    expect(entries.every(({ event }) => event === 'client.registered')).toBe(true)
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map(({ seq }) => seq).toSorted((a, b) => b - a))
    expect(JSON.parse((await take(ada, 'format=json&text=nothing+like+it')).text)).toEqual([])
    const [noted] = await tandem.parts.audit.search({ event: 'audit.exported' }, { limit: 1 })
    expect(noted).toMatchObject({ actor: { name: 'Ada' }, detail: { format: 'json', entries: 0 } })
  })

  it('G5 is an administrator’s alone, as are search, chain, access, stops and limits', async () => {
    const paths = [
      '/audit',
      '/audit/export?format=csv',
      '/audit/chain',
      '/grants/search',
      '/stops',
      '/limits',
    ]
    for (const path of paths) {
      expect((await ada.fetch(`/api${path}`)).status, path).toBe(200)
      expect((await grace.fetch(`/api${path}`)).status, path).toBe(403)
      expect((await tandem.browser().fetch(`/api${path}`)).status, path).toBe(401)
    }
    const posts: [string, unknown][] = [
      ['/audit/chain/check', {}],
      ['/grants/end', { everything: true }],
      ['/stops', { reason: 'mine' }],
      ['/stops/lift', {}],
    ]
    for (const [path, body] of posts) {
      expect((await grace.json('POST', `/api${path}`, body)).status, path).toBe(403)
    }
    expect((await grace.json('GET', '/api/grants?all=1')).status).toBe(403)
  })

  it.each([
    'format=xml',
    'format=csv&event=DROP%20TABLE',
    'format=csv&from=yesterday',
    'format=csv&seq=1',
    '',
  ])('refuses what it doesn’t understand: %s', async (query) => {
    expect([400, 422]).toContain((await take(ada, query)).status)
  })
})

describe('one person’s access over the API', () => {
  it('G5 is paused, narrowed and ended by that person, and by nobody else', async () => {
    const agent = await tandem.connectAgent({ browser: grace, name: 'Diary' })
    const { body } = await grace.json('GET', '/api/grants')
    const [{ id }] = (body as { grants: [{ id: string }] }).grants
    const tries: [string, string, unknown][] = [
      ['POST', `/api/grants/${id}/pause`, undefined],
      ['POST', `/api/grants/${id}/resume`, undefined],
      ['PATCH', `/api/grants/${id}`, { scopes: ['crm:read'] }],
    ]
    // Ada is an administrator: she can end it, or stop the app; what it may do stays Grace's to say.
    for (const [method, path, sent] of tries)
      expect((await ada.json(method, path, sent)).status, path).toBe(404)
    expect((await agent.call('whoami')).status).toBe(200)

    expect((await grace.json('POST', `/api/grants/${id}/pause`)).status).toBe(204)
    const paused = await agent.call('whoami')
    expect([paused.status, paused.headers.get('www-authenticate')]).toEqual([403, null])
    expect(paused.body).toMatchObject({
      error: 'access_denied',
      error_description: expect.stringContaining('paused'),
    })
    expect((await grace.json('POST', `/api/grants/${id}/resume`)).status).toBe(204)
    expect((await agent.call('whoami')).status).toBe(200)

    const narrowed = await grace.json('PATCH', `/api/grants/${id}`, {
      scopes: ['crm:read'],
      objects: ['person'],
    })
    expect(narrowed).toMatchObject({ status: 200, body: { grant: { limits: { objects: ['person'] } } } })
    const wrote = await agent.call('apply_changes', {
      changes: [{ do: 'create', object: 'person', values: {} }],
    })
    expect(wrote.status).toBe(403)
    const widened = await grace.json('PATCH', `/api/grants/${id}`, { scopes: ['crm:read', 'crm:write'] })
    expect(widened).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('none can be added') },
    })

    // Calls that are alike are gathered for a tenth of a second.
    await expect
      .poll(async () => (await grace.json('GET', '/api/grants/deeds')).body, { timeout: 5000 })
      .toMatchObject({ deeds: { [id]: { calls: 3, refused: 1, changes: 0 } } })
    expect(JSON.stringify((await ada.json('GET', '/api/grants/deeds')).body)).not.toContain(id)
    await ada.json('DELETE', `/api/grants/${id}`)
    expect((await agent.call('whoami')).status).toBe(401)
  })

  it('a stop refuses calls at both doors and lets people work; lifting it gives all of it back', async () => {
    const agent = await tandem.connectAgent({ browser: ada, name: 'Ledger' })
    const forApi = await tandem.connectAgent({ browser: ada, name: 'Ledger', resource: `${tandem.url}/api` })
    const bearer = { headers: { authorization: `Bearer ${forApi.accessToken}` } }
    const rest = () => fetch(new URL('/api/objects', tandem.url), bearer)
    expect([(await agent.call('whoami')).status, (await rest()).status]).toEqual([200, 200])
    expect(await ada.json('POST', '/api/stops', { reason: 'drill' })).toMatchObject({
      body: { stopped: true },
    })
    const refused = await agent.call('whoami')
    expect([refused.status, refused.body]).toMatchObject([
      403,
      { error_description: expect.stringContaining('stopped') },
    ])
    const restRefused = await rest()
    expect([restRefused.status, await restRefused.json()]).toMatchObject([
      403,
      { error: 'forbidden', message: expect.stringContaining('stopped all agents') },
    ])
    expect((await ada.fetch('/api/objects')).status).toBe(200)
    expect((await ada.json('POST', '/api/stops/lift', {})).status).toBe(204)
    expect([(await agent.call('whoami')).status, (await rest()).status]).toEqual([200, 200])
  })
})

import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#foundation'
import type { MemberId } from '#foundation'
import { sql } from '#storage'
import { startKeyedUpstream } from '../support/keyed-upstream.ts'
import type { KeyedUpstream } from '../support/keyed-upstream.ts'
import { npmServer } from '../support/stdio-servers.ts'
import { people, startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'
import { markOf, modernCall } from '../support/test-upstream.ts'
import { addUpstream } from '../support/upstreams.ts'

const canary = (what: string) => `${what}-${randomBytes(12).toString('hex')}`
const adasKey = canary('ada')
const gracesKey = canary('grace')
const wrongKey = canary('wrong')
const sharedKey = canary('shared')
const programKey = canary('program')
const vaultKey = randomBytes(32).toString('base64')
/** All that nobody may ever read, however it is written. */
const secrets = [adasKey, gracesKey, wrongKey, sharedKey, programKey, vaultKey].flatMap((secret) => [
  secret,
  Buffer.from(secret).toString('base64'),
  encodeURIComponent(secret),
])
const leaksIn = (text: string) => secrets.filter((secret) => text.includes(secret))

// Without the names that the real log blanks: what isn't written needs no blanking.
const lines: string[] = []
const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })

let later = 0
const clock = { now: () => new Date(systemClock.now().getTime() + later) }
let tandem: RunningTandem
let notes: KeyedUpstream
let shared: KeyedUpstream
let ada: Browser
let grace: Browser
let adaId: MemberId
let notesId = ''
/** Every answer that a person, an app or a stranger got. */
const answers: string[] = []

const ask = async (who: Browser, method: string, path: string, body?: unknown) => {
  const response = await who.fetch(path, {
    method,
    ...(body !== undefined && {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    }),
  })
  const text = await response.text()
  answers.push(`${response.status} ${JSON.stringify([...response.headers])} ${text}`)
  return { status: response.status, text, body: text.startsWith('{') ? (JSON.parse(text) as unknown) : null }
}
const call = async (browser: Browser, upstream: string, name: string) => {
  const resource = `${tandem.url}/mcp/${upstream}`
  const { accessToken } = await tandem.connectAgent({ browser, resource })
  const answer = await modernCall(resource, accessToken, 'tools/call', { name, arguments: {} })
  const text = await answer.text()
  answers.push(text)
  return text
}

/** Past the limit of checks, which has its own test. */
const wait = async () => {
  later += 600_000
  for (const [browser, { password }] of [
    [ada, people.ada],
    [grace, people.grace],
  ] as const)
    await browser.json('POST', '/api/account/confirm', { proof: { kind: 'password', password } })
}

beforeAll(async () => {
  tandem = await startTandem({
    log,
    clock,
    config: {
      TANDEM_VAULT_KEYS: `2:${vaultKey}`,
      TANDEM_STDIO_SERVERS: [
        npmServer('program', '@modelcontextprotocol/server-everything/dist/index.js', {
          args: ['stdio'],
          key_variable: 'PROGRAM_KEY',
        }),
      ],
    },
  })
  notes = await startKeyedUpstream(adasKey, gracesKey)
  shared = await startKeyedUpstream(sharedKey)
  ada = await tandem.signIn('ada')
  grace = await tandem.signIn('grace')
  adaId = (await tandem.parts.identity.members.named(people.ada.email)) as MemberId
  const key = { kind: 'key' } as const
  const added = await addUpstream(
    tandem,
    { kind: 'http', name: 'notes', title: 'Notes', url: notes.url, auth: key },
    { credential: adasKey, browser: ada },
  )
  notesId = added.id
  expect((await ask(grace, 'POST', '/api/keys', { apiKey: gracesKey })).status).toBe(200)
})
afterAll(async () => {
  await tandem?.close()
  await Promise.all([notes?.close(), shared?.close()])
})

describe('G5 another person’s key', () => {
  it('G5 is reached by no id, no parameter and no path', async () => {
    const before = await tandem.parts.vault.view({ member: adaId, upstream: notesId })
    const own = (await ask(grace, 'GET', '/api/keys')).body
    const ids = [adaId, people.ada.email, 'mem_ada', notesId]
    for (const id of ids)
      for (const name of ['member', 'memberId', 'member_id', 'user', 'userId', 'owner', 'id', 'place']) {
        const query = `${name}=${encodeURIComponent(id)}`
        for (const [method, body] of [
          ['GET'],
          ['DELETE'],
          ['POST', { apiKey: gracesKey, [name]: id }],
        ] as const) {
          const path = method === 'POST' ? '/api/keys' : `/api/keys?${query}`
          expect([400, 422], `${method} ${path}`).toContain((await ask(grace, method, path, body)).status)
        }
      }
    for (const path of [
      `/api/keys/${adaId}`,
      `/api/keys/${notesId}`,
      `/api/members/${adaId}/keys`,
      '/api/keys/upstreams/notes',
    ])
      for (const method of ['GET', 'DELETE', 'PATCH', 'PUT'])
        expect([404, 405], `${method} ${path}`).toContain((await ask(grace, method, path)).status)
    expect((await ask(grace, 'POST', `/api/keys/${adaId}/check`, {})).status).toBe(404)
    expect(await tandem.parts.vault.view({ member: adaId, upstream: notesId })).toEqual(before)
    expect((await ask(grace, 'GET', '/api/keys')).body).toEqual(own)
  })

  it('G5 is neither replaced nor removed by what she does with her own', async () => {
    const before = await tandem.parts.vault.view({ member: adaId, upstream: notesId })
    expect((await ask(grace, 'DELETE', '/api/keys?upstream=notes')).status).toBe(200)
    expect((await ask(grace, 'POST', '/api/keys', { apiKey: gracesKey, upstream: 'notes' })).status).toBe(200)
    expect((await ask(grace, 'POST', '/api/keys/notes/check', {})).status).toBe(200)
    expect(await tandem.parts.vault.view({ member: adaId, upstream: notesId })).toEqual(before)
    expect(await call(ada, 'notes', 'who')).toContain(markOf(`Bearer ${adasKey}`))
    expect(await call(grace, 'notes', 'who')).toContain(markOf(`Bearer ${gracesKey}`))
  })

  it('G5 isn’t told of: not in lists, not in the record, not in an export, nor by whether it is there', async () => {
    expect((await ask(grace, 'DELETE', '/api/keys')).status).toBe(200)
    const list = await ask(grace, 'GET', '/api/keys/upstreams')
    expect(list.body).toMatchObject({
      upstreams: [{ upstream: 'notes', hasKey: false, updatedAt: null, baseUrl: null }],
    })
    expect(list.text).not.toContain(adaId)
    for (const path of [
      '/api/audit',
      '/api/audit/export?format=csv',
      '/api/upstreams',
      `/api/upstreams/${notesId}`,
    ])
      expect((await ask(grace, 'GET', path)).status, path).toBe(403)
    // Nor to administrators: they see that a server takes keys, and who put one there in the record.
    const detail = await ask(ada, 'GET', `/api/upstreams/${notesId}`)
    expect(detail.body).toMatchObject({ upstream: { credential: null } })
    expect((await ask(grace, 'POST', '/api/keys', { apiKey: gracesKey })).status).toBe(200)
  })

  it('G5 nor is any key within an agent’s reach, whatever its token is for', async () => {
    for (const resource of [`${tandem.url}/api`, `${tandem.url}/mcp`, `${tandem.url}/mcp/notes`]) {
      const { accessToken } = await tandem.connectAgent({ browser: ada, resource })
      for (const [method, path] of [
        ['GET', '/api/keys'],
        ['POST', '/api/keys'],
        ['DELETE', '/api/keys'],
        ['GET', '/api/keys/upstreams'],
      ] as const) {
        const response = await fetch(tandem.url + path, {
          method,
          headers: {
            Authorization: `Bearer ${accessToken}`,
            Origin: tandem.url,
            'Content-Type': 'application/json',
          },
          ...(method === 'POST' && { body: JSON.stringify({ apiKey: gracesKey }) }),
        })
        expect([response.status, method, path]).toEqual([401, method, path])
      }
    }
  })

  it('C3 and a page of somebody else’s can neither add nor remove one', async () => {
    for (const method of ['POST', 'DELETE']) {
      const response = await ada.fetch('/api/keys', {
        method,
        headers: { Origin: 'https://evil.example', 'Content-Type': 'application/json' },
        ...(method === 'POST' && { body: JSON.stringify({ apiKey: gracesKey }) }),
      })
      expect(response.status).toBe(403)
    }
  })
})

describe('G6 a key', () => {
  it('G6 is in no log line, no answer, no entry and no export, whatever a server does with it', async () => {
    // Careless, broken and hostile servers say what they were sent.
    const misdeeds: [number, Record<string, string>, (key: string) => string][] = [
      [401, { 'WWW-Authenticate': 'Bearer' }, (key) => `no ${key}`],
      [403, {}, (key) => JSON.stringify({ error: key })],
      [500, { 'Content-Type': 'text/html' }, (key) => `<pre>Error: ${key}</pre>`],
      [200, { 'Content-Type': 'application/json' }, (key) => `{"broken": "${key}`],
      [200, { 'Content-Type': 'text/plain' }, (key) => key],
      [302, {}, (key) => key],
    ]
    await wait()
    const own = notes.answer
    for (const [status, headers, says] of misdeeds) {
      notes.answer = (received, response) => {
        const key = received.headers.authorization?.replace('Bearer ', '') ?? ''
        const location = status === 302 ? { Location: `http://127.0.0.1:1/?key=${key}` } : {}
        response.writeHead(status, { ...headers, ...location, 'X-Key': key }).end(says(key))
        return true
      }
      await ask(grace, 'POST', '/api/keys', { apiKey: wrongKey })
      await call(ada, 'notes', 'write')
      await ask(ada, 'POST', `/api/upstreams/${notesId}/check`, {})
      notes.answer = own
      await ask(ada, 'POST', '/api/keys/notes/check', {})
    }
    await wait()
    // What people do with it.
    await ask(grace, 'POST', '/api/keys', `{"apiKey": "${wrongKey}"`)
    await ask(grace, 'POST', '/api/keys', { apiKey: [wrongKey] })
    await ask(grace, 'POST', '/api/keys', { apiKey: `${wrongKey} ${wrongKey}` })
    await ask(grace, 'POST', '/api/keys', { apiKey: wrongKey, [wrongKey]: wrongKey })
    await ask(grace, 'POST', '/api/keys', { apiKey: gracesKey, baseUrl: `https://evil.example/${wrongKey}` })
    await ask(grace, 'GET', `/api/keys?upstream=${wrongKey}`)
    await ask(grace, 'GET', `/api/keys?apiKey=${wrongKey}`)
    await ask(grace, 'DELETE', `/api/keys?apiKey=${wrongKey}`)
    await ask(grace, 'POST', `/api/keys/${wrongKey}/check`, {})
    // What administrators do with everybody's.
    const header = { kind: 'header', header: 'Authorization' } as const
    const upstream = { kind: 'http', name: 'shared', title: 'Shared', url: shared.url, auth: header } as const
    await ask(ada, 'POST', '/api/upstreams/try', { upstream, credential: `Bearer ${wrongKey}` })
    await ask(ada, 'POST', '/api/upstreams', { upstream, credential: `Bearer ${wrongKey}` })
    const { id } = await addUpstream(tandem, upstream, { credential: `Bearer ${sharedKey}`, browser: ada })
    await ask(ada, 'PATCH', `/api/upstreams/${id}`, { credential: `Bearer ${wrongKey}` })
    await ask(ada, 'PATCH', `/api/upstreams/${id}`, {
      credential: `Bearer ${sharedKey}`,
      title: 'Everybody’s',
    })
    await call(grace, 'shared', 'write')
    // What anybody can look at.
    for (const path of [
      '/api/keys',
      '/api/keys?upstream=notes',
      '/api/keys/upstreams',
      '/api/openapi.json',
      '/api/grants',
      '/health',
    ])
      await ask(grace, 'GET', path)
    for (const path of [
      '/api/audit?limit=200',
      '/api/audit/export?format=csv',
      '/api/audit/export?format=json',
      '/api/upstreams',
      `/api/upstreams/${id}`,
    ])
      await ask(ada, 'GET', path)
    const entries = await tandem.parts.audit.list({ limit: 1000 })
    const events = new Set(entries.map(({ event }) => event))
    for (const event of ['credential.stored', 'credential.refused', 'credential.removed'])
      expect(events).toContain(event)
    const stored = entries.filter(({ event }) => event === 'credential.stored')
    expect(stored.map(({ subject }) => subject?.name)).toContain('Notes')
    expect(answers.length).toBeGreaterThan(60)
    expect(lines.length).toBeGreaterThan(5)
    expect([...answers, ...lines, ...entries.map((entry) => JSON.stringify(entry))].flatMap(leaksIn)).toEqual(
      [],
    )
    // The net does catch: those servers did get the keys.
    expect(notes.came).toContain(adasKey)
    expect(notes.seen.flatMap(({ headers }) => leaksIn(JSON.stringify(headers))).length).toBeGreaterThan(10)
  })

  it('G6 of one person goes to her program alone, by its environment: never to a command line, nor Tandem’s own keys', async () => {
    const key = { kind: 'key' } as const
    await addUpstream(
      tandem,
      { kind: 'stdio', name: 'program', title: 'Program', server: 'program', auth: key },
      { credential: programKey, browser: ada },
    )
    await call(ada, 'program', 'echo')
    const children = childrenOf(process.pid)
    const environments = children.map((pid) => read(`/proc/${pid}/environ`))
    expect(environments.filter((text) => text.includes(programKey)).length).toBeGreaterThan(0)
    for (const text of environments) {
      expect(leaksIn(text).filter((secret) => secret !== programKey)).toEqual([])
      expect(text).not.toMatch(/TANDEM_|DATABASE_URL|API_KEY_ENCRYPTION/)
    }
    for (const pid of [process.pid, ...children]) expect(leaksIn(read(`/proc/${pid}/cmdline`))).toEqual([])
    expect(lines.flatMap(leaksIn)).toEqual([])
  })

  it('G6 nor is it told when the database fails in the middle of it', async () => {
    const database = tandem.parts.storage.db<never>()
    await wait()
    lines.length = answers.length = 0
    await sql`alter table credential rename to credential_gone`.execute(database)
    expect((await ask(grace, 'POST', '/api/keys', { apiKey: gracesKey, upstream: 'notes' })).status).toBe(500)
    expect((await ask(grace, 'DELETE', '/api/keys?upstream=notes')).status).toBe(500)
    await sql`alter table credential_gone rename to credential`.execute(database)
    expect(lines.filter((line) => line.includes('does not exist')).length).toBeGreaterThan(0)
    expect([...answers, ...lines].flatMap(leaksIn)).toEqual([])
  })

  it('G6 is in no table in the clear', async () => {
    const database = tandem.parts.storage.db<never>()
    const { rows } = await sql<{ name: string }>`select table_name as name from information_schema.tables
      where table_schema = current_schema() and table_type = 'BASE TABLE'`.execute(database)
    expect(rows.map(({ name }) => name)).toContain('credential')
    for (const { name } of rows) {
      const { rows: all } = await sql`select * from ${sql.table(name)}`.execute(database)
      expect(leaksIn(JSON.stringify(all)), name).toEqual([])
    }
  })
})

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** Processes below one, their own included. */
function childrenOf(parent: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({
      pid: Number(name),
      of: Number(/\) \S (\d+)/.exec(read(`/proc/${name}/stat`))?.[1] ?? 0),
    }))
  const own = parents.filter(({ of }) => of === parent).map(({ pid }) => pid)
  return own.flatMap((pid) => [pid, ...childrenOf(pid)])
}

import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionView } from '#contract'
import { startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'

let tandem: RunningTandem
let ada: Browser
let grace: Browser
beforeAll(async () => {
  tandem = await startTandem()
  ada = await tandem.signIn('ada')
  grace = await tandem.signIn('grace')
})
afterAll(() => tandem.close())

const post = (browser: Browser, path: string, body: string, headers: Record<string, string> = {}) =>
  browser.fetch(path, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } })
const companies = async () =>
  (await ada.json('POST', '/api/objects/company/query', { count: true })).body as { count: number }

/** A request whose request line and headers are written by hand, as no fetch would. */
const raw = (path: string, headers: Record<string, string>, method = 'GET') =>
  new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port: tandem.port, path, method, headers }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    sent.on('error', reject)
    sent.end()
  })

describe('C3 and C9: another site’s page in a signed-in browser', () => {
  const create = JSON.stringify({
    intents: [{ do: 'create', object: 'company', values: { name: 'Mallory Ltd' } }],
  })

  it.each([
    ['from another origin', { Origin: 'https://mallory.example' }],
    ['from a sandboxed frame', { Origin: 'null' }],
    ['from another port of this computer', { Origin: 'http://localhost:1' }],
  ])('C3 a write %s is refused and nothing is stored', async (_what, headers) => {
    const before = await companies()
    const response = await post(ada, '/api/changes', create, headers)
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ error: 'foreign_origin' })
    expect(await companies()).toEqual(before)
  })

  it('C3 a write that doesn’t say where it comes from is refused', async () => {
    const response = await raw(
      '/api/session',
      { Host: new URL(tandem.url).host, Cookie: ada.cookies() },
      'DELETE',
    )
    expect(response.status).toBe(403)
    expect((await ada.json('GET', '/api/session')).status).toBe(200)
  })

  it('C3 a form’s content type is refused even from our own origin', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      expect((await post(ada, '/api/changes', create, { 'Content-Type': type })).status).toBe(415)
    }
  })

  it('C9 another site can’t sign somebody in', async () => {
    const login = JSON.stringify({ email: 'grace@acme.example', password: 'staple lantern gravel' })
    const response = await post(tandem.browser(), '/api/session', login, {
      Origin: 'https://mallory.example',
    })
    expect(response.status).toBe(403)
    expect(response.headers.getSetCookie()).toEqual([])
  })
})

describe('O3 the first administrator', () => {
  it('a first-run page that was used up makes nobody administrator', async () => {
    const setup = { token: 'tnd_setup_x', name: 'M', email: 'm@mallory.example', password: 'twelve letters!' }
    expect((await tandem.browser().json('POST', '/api/setup', setup)).status).toBe(409)
  })
})

describe('other people’s things', () => {
  it('Grace can’t end Ada’s session, and the list doesn’t show it', async () => {
    const { sessions } = (await ada.json('GET', '/api/sessions')).body as { sessions: SessionView[] }
    const hers = (await grace.json('GET', '/api/sessions')).body as { sessions: SessionView[] }
    const id = sessions.find(({ current }) => current)?.id ?? ''
    expect(hers.sessions.map((session) => session.id)).not.toContain(id)
    expect((await grace.json('DELETE', `/api/sessions/${id}`)).status).toBe(404)
    expect((await ada.json('GET', '/api/session')).status).toBe(200)
  })

  it.each(['x', 'ses_x', '..%2f..%2fsecret', '%00', "' or 1=1 --", 'ses_'.padEnd(5000, '0')])(
    'an id that is none (%#) is a 404',
    async (id) => {
      for (const path of ['/api/sessions/', '/api/grants/']) {
        expect((await grace.json('DELETE', path + encodeURI(id))).status).toBe(404)
      }
    },
  )
})

describe('bad input: a clear 4xx, nothing stored, still alive', () => {
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  const change = (name: unknown) =>
    JSON.stringify({ intents: [{ do: 'create', object: 'company', values: { name } }] })
  const cases: [string, string, number][] = [
    ['10 MB', change('x'.repeat(10_000_000)), 413],
    ['10,000 levels of JSON', `{"intents":${deep(10_000)}}`, 400],
    ['not JSON', '{"intents":', 400],
    ['an array in place of an object', '[]', 422],
    ['null', 'null', 422],
    ['wrong types', '{"intents":"all of them"}', 422],
    ['an unknown member', '{"intents":[],"admin":true}', 422],
    ['NUL', change('A\0B'), 400],
    ['a lone surrogate', change('A').replace('"A"', '"\\ud800"'), 400],
    [
      'O7 __proto__ in values',
      '{"intents":[{"do":"create","object":"company","values":{"__proto__":{"role":"administrator"}}}]}',
      400,
    ],
    ['O7 __proto__ at the top', '{"__proto__":{"intents":[]},"intents":[]}', 400],
    [
      'O7 constructor as a field',
      '{"intents":[{"do":"create","object":"company","values":{"constructor":{"prototype":{"x":1}}}}]}',
      422,
    ],
    [
      'O7 __proto__ as an object',
      '{"intents":[{"do":"create","object":"__proto__","values":{"name":"x"}}]}',
      404,
    ],
  ]
  it.each(cases)('%s', async (_what, body, status) => {
    const before = await companies()
    const response = await post(ada, '/api/changes', body)
    const answer = (await response.json()) as Record<string, unknown>
    expect([response.status, typeof answer['error'], typeof answer['message']]).toEqual([
      status,
      'string',
      'string',
    ])
    expect(JSON.stringify(answer)).not.toMatch(/at .*\.ts|select |insert /i)
    expect(await companies()).toEqual(before)
    expect(({} as Record<string, unknown>)['role']).toBeUndefined()
  })

  it('markup in a name is stored as text and comes back as JSON', async () => {
    const name = '<img src=x onerror=alert(1)>'
    const made = await post(ada, '/api/changes', change(name))
    expect(made.status).toBe(200)
    expect(made.headers.get('content-type')).toMatch(/^application\/json/)
    expect(made.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('a parameter given twice and one that nobody knows are refused', async () => {
    expect((await ada.json('GET', '/api/search?q=a&q=b')).status).toBe(400)
    expect((await ada.json('GET', '/api/search?q=a&evil=1')).status).toBe(422)
    expect((await ada.json('GET', '/api/session?x=1')).status).toBe(400)
  })

  it('a wrong method names the right ones', async () => {
    const response = await ada.fetch('/api/changes', { method: 'DELETE' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })
})

describe('the front', () => {
  it.each(['mallory.example', 'localhost', '127.0.0.1', 'localhost:1', 'localhost@mallory.example'])(
    'O3 the host %s is not ours, whatever the path',
    async (Host) => {
      for (const path of ['/', '/api/bootstrap', '/mcp', '/.well-known/oauth-authorization-server']) {
        expect([400, 421]).toContain((await raw(path, { Host })).status)
      }
    },
  )

  it('health answers under any host and says nothing else', async () => {
    const response = await raw('/health', { Host: '10.1.2.3' })
    expect([response.status, response.text]).toEqual([
      200,
      '{"live":true,"ready":true,"database":true,"upstreams":{"well":0,"troubled":0}}',
    ])
  })

  it('unknown addresses of agents and programs are JSON, never the web app', async () => {
    for (const path of ['/api/nothing', '/api', '/mcp/other', '/oauth/nothing', '/.well-known/nothing']) {
      const response = await tandem.browser().fetch(path)
      expect([path, response.status]).toEqual([path, 404])
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    }
  })

  it('a path can’t leave the web app’s folder', async () => {
    const Host = new URL(tandem.url).host
    for (const path of [
      '/../package.json',
      '/..%2fpackage.json',
      '/assets/../../package.json',
      '//etc/passwd.txt',
    ]) {
      const { status, text } = await raw(path, { Host })
      expect([path, status === 404 || status === 400]).toEqual([path, true])
      expect(text).not.toContain('"tandem"')
    }
  })

  it('an absolute request target is refused', async () => {
    expect(
      (await raw('http://mallory.example/api/bootstrap', { Host: new URL(tandem.url).host })).status,
    ).toBe(400)
  })

  it('every answer forbids framing, sniffing and inline script', async () => {
    for (const path of ['/', '/api/bootstrap', '/consent/itx_x']) {
      const { headers } = await tandem.browser().fetch(path)
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('content-security-policy')).toMatch(
        /default-src 'none'; script-src 'self'; style-src 'self'/,
      )
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(headers.get('content-security-policy')).not.toContain('unsafe')
    }
  })
})

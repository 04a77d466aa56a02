import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '#foundation'
import { issuer, notebookRedirect, pkce, startTestOAuth } from '../../../test/support/oauth.ts'
import type { TestOAuth } from '../../../test/support/oauth.ts'
import { rateFigures } from './rate-limits.ts'
import { createRouter } from './router.ts'

let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth()
})
afterAll(() => t.close())

const ask = (method: string, path: string, init: RequestInit = {}, ip = '127.0.0.1') =>
  t.oauth.handle(new Request(issuer + path, { method, ...init }), { ip })
const machine = ['/oauth/token', '/oauth/revoke', '/oauth/register']

async function expectRefusal(response: Response | null, status: number, error: string) {
  expect(response?.headers.get('content-type')).toContain('application/json')
  expect(response?.headers.get('location')).toBeNull()
  expect([response?.status, await response?.json()]).toMatchObject([status, { error }])
}

describe('the paths of the authorization server', () => {
  it('leaves other paths to others', async () => {
    for (const path of ['/', '/consent/itx_1', '/mcp', '/oauth', '/token/x'])
      expect(await ask('GET', path)).toBeNull()
  })

  it('answers unknown paths of its own in JSON, never with a page', async () => {
    await expectRefusal(await ask('GET', '/oauth/nothing'), 404, 'not_found')
    await expectRefusal(await ask('GET', '/.well-known/nothing'), 404, 'not_found')
  })

  it.each(machine)('%s takes POST alone, and says so', async (path) => {
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD']) {
      const response = await ask(method, path)
      expect(response?.status).toBe(405)
      expect(response?.headers.get('allow')).toContain('POST')
      await expectRefusal(response, 405, 'invalid_request')
    }
  })

  it.each([...machine, '/oauth/jwks.json', '/.well-known/oauth-authorization-server', '/token', '/register'])(
    '%s may be called from any page',
    async (path) => {
      const preflight = await ask('OPTIONS', path, { headers: { origin: 'https://inspector.example' } })
      expect(preflight?.status).toBe(204)
      expect(preflight?.headers.get('access-control-allow-origin')).toBe('*')
      expect(preflight?.headers.get('access-control-allow-headers')).toMatch(/mcp-protocol-version/i)
      const method = machine.includes(path) || path.length < 12 ? 'POST' : 'GET'
      expect((await ask(method, path))?.headers.get('access-control-allow-origin')).toBe('*')
    },
  )

  it('the authorization endpoint may not (OAuth 2.1 §3.1)', async () => {
    for (const method of ['OPTIONS', 'GET', 'PUT']) {
      const response = await ask(method, '/oauth/authorize', { headers: { origin: 'https://evil.example' } })
      expect(response?.headers.get('access-control-allow-origin')).toBeNull()
      expect(response?.status).toBe(method === 'GET' ? 400 : 405)
    }
  })

  it('the keys are public, without their private halves, and HEAD works', async () => {
    for (const path of ['/oauth/jwks.json', '/.well-known/jwks.json']) {
      const response = await ask('GET', path)
      expect(response?.headers.get('content-type')).toBe('application/jwk-set+json')
      const { keys } = JSON.parse((await response?.text()) ?? '') as { keys: Record<string, string>[] }
      expect(keys).toHaveLength(2)
      for (const key of keys)
        expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
      const head = await ask('HEAD', path)
      expect([head?.status, await head?.text()]).toEqual([200, ''])
    }
  })

  it('the root paths of 2025-03-26 lead to the same endpoints (A28)', async () => {
    await expectRefusal(
      await ask('POST', '/token', { body: new URLSearchParams({ grant_type: 'x' }) }),
      400,
      'unsupported_grant_type',
    )
    expect((await ask('GET', '/authorize'))?.status).toBe(400)
  })
})

describe('bad input', () => {
  const form = (body: string, type = 'application/x-www-form-urlencoded') => ({
    body,
    headers: { 'content-type': type },
  })
  const streamed = () =>
    new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(20_000).fill(97))
      },
    })

  it.each(['/oauth/token', '/oauth/revoke'])('%s takes forms alone, small ones', async (path) => {
    await expectRefusal(await ask('POST', path, form('{}', 'application/json')), 400, 'invalid_request')
    await expectRefusal(await ask('POST', path), 400, 'invalid_request')
    const declared = {
      body: 'a',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '10000000' },
    }
    await expectRefusal(await ask('POST', path, declared), 413, 'invalid_request')
    const endless = { ...form('x'), body: streamed(), duplex: 'half' } as RequestInit
    await expectRefusal(await ask('POST', path, endless), 413, 'invalid_request')
    const many = Array.from({ length: 51 }, (_, i) => `p${i}=1`).join('&')
    await expectRefusal(await ask('POST', path, form(many)), 400, 'invalid_request')
    await expectRefusal(await ask('POST', path, form('token=a&token=b')), 400, 'invalid_request')
    await expectRefusal(
      await ask('POST', path, form('__proto__=1&constructor=2&%00=%00')),
      400,
      'invalid_request',
    )
  })

  it('NUL is refused wherever it stands, before anything is done with it', async () => {
    const { clientId } = t.clients.notebook
    const good = {
      client_id: clientId,
      redirect_uri: notebookRedirect,
      response_type: 'code',
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
      grant_type: 'authorization_code',
      code: 'x',
      code_verifier: pkce().verifier,
      token: 'x',
    }
    for (const more of [{ ui_locales: 'a\0b' }, { redirect_uri: `${notebookRedirect}\0` }, { 'a\0': 'b' }]) {
      const body = new URLSearchParams({ ...good, ...more })
      for (const path of ['/oauth/par', '/oauth/token', '/oauth/revoke', '/oauth/introspect']) {
        await expectRefusal(await ask('POST', path, { body }), 400, 'invalid_request')
      }
      expect((await ask('GET', `/oauth/authorize?${body}`))?.status).toBe(400)
      expect((await ask('GET', `/oauth/logout?${body}`))?.status).toBe(400)
    }
  })

  it('parameters in the query of the token endpoint don’t count (OAuth 2.1 §3.2)', async () => {
    const query = `grant_type=authorization_code&client_id=${t.clients.notebook.clientId}&code=x`
    await expectRefusal(await ask('POST', `/oauth/token?${query}`, form('a=b')), 400, 'invalid_request')
  })

  it('an authorization request of more than 64 KB is refused', async () => {
    expect((await ask('GET', `/oauth/authorize?state=${'a'.repeat(70_000)}`))?.status).toBe(413)
  })

  it('an unknown grant type, or one the client isn’t registered for, has its own error', async () => {
    const { clientId } = t.clients.notebook
    const unknown = new URLSearchParams({ grant_type: 'password', client_id: clientId })
    await expectRefusal(await ask('POST', '/oauth/token', { body: unknown }), 400, 'unsupported_grant_type')
    const { body } = await t.register({
      redirect_uris: ['https://once.example/cb'],
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'none',
    })
    const refresh = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: body.client_id,
      refresh_token: 'x',
    })
    await expectRefusal(await ask('POST', '/oauth/token', { body: refresh }), 400, 'unauthorized_client')
  })
})

describe('rate limits', () => {
  it('count strangers by address and say when to come back', async () => {
    const from = '198.51.100.9'
    const get = (ip: string) =>
      ask('GET', `/oauth/authorize?client_id=cli_x&code_challenge=${pkce().challenge}`, {}, ip)
    const first = await get(from)
    expect(first?.headers.get('ratelimit-remaining')).toBe('299')
    for (let i = 0; i < 299; i++) await get(from)
    const refused = await get(from)
    expect(refused?.status).toBe(429)
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await get('198.51.100.10'))?.status).toBe(400)
  })
})

describe('what nobody expected', () => {
  it('is answered without a word about it, with a number that the log has', async () => {
    const handle = createRouter({
      routes: [
        {
          paths: ['/oauth/broken'],
          methods: ['GET'],
          endpoint: () => Promise.reject(new Error('select * from secret')),
          cors: 'public',
          refusal: 'broken',
        },
        {
          paths: ['/page'],
          methods: ['GET'],
          endpoint: () => Promise.reject(new Error('secret')),
          cors: 'none',
        },
      ],
      count: async () => ({}),
      audit: t.audit,
      log: silentLog,
    })
    const response = await handle(new Request(`${issuer}/oauth/broken`), { ip: '127.0.0.1' })
    const body = await response?.text()
    expect(response?.status).toBe(500)
    expect(body).toMatch(/err_[0-9a-z]{26}/)
    const page = await handle(new Request(`${issuer}/page`), { ip: '127.0.0.1' })
    expect(page?.status).toBe(500)
    expect(body + ((await page?.text()) ?? '')).not.toContain('secret')
  })
})

describe('the figures', () => {
  it.each(rateFigures)('are documented: $what', async ({ what, limit, by }) => {
    const text = await readFile(new URL('../../../docs/guides/rate-limits.md', import.meta.url), 'utf8')
    const each = by === 'address and app' ? 'app at each address' : by
    const rows = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
    expect(rows).toContainEqual(['', what, String(limit), each, ''])
  })
})

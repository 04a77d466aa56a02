import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTandem } from '../support/tandem.ts'
import type { ConnectedAgent, RunningTandem } from '../support/tandem.ts'

let tandem: RunningTandem
let notebook: ConnectedAgent
beforeAll(async () => {
  tandem = await startTandem()
  notebook = await tandem.connectAgent()
})
afterAll(() => tandem?.close())

const whoami = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami' } }
const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

function ask(path: string, headers: Record<string, string>, init: RequestInit = {}) {
  const body = init.method === 'GET' || init.method === 'DELETE' ? {} : { body: JSON.stringify(whoami) }
  return fetch(new URL(path, tandem.url), {
    method: 'POST',
    ...body,
    ...init,
    headers: { ...json, ...headers },
  })
}
const withToken = (token: string) => ({ authorization: `Bearer ${token}` })

/** Sends bytes as they are and reads until the server hangs up or falls silent. */
function raw(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(tandem.port, '127.0.0.1')
    let answer = ''
    socket.setTimeout(2_000, () => socket.destroy())
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')))
    // A server may cut the line under a sender that goes on and on.
    socket.on('error', () => resolve(answer || 'HTTP/1.1 431 cut off'))
    socket.on('close', () => resolve(answer))
    socket.write(text, 'latin1')
  })
}

describe('G1: the token of another resource, issued by the same server', () => {
  it('G1 one for /api is refused at /mcp, and the other way round', async () => {
    const forApi = await tandem.connectAgent({ resource: `${tandem.url}/api` })
    expect((await ask('/mcp', withToken(forApi.accessToken))).status).toBe(401)
    const headers = withToken(notebook.accessToken)
    expect((await fetch(new URL('/api/objects', tandem.url), { headers })).status).toBe(401)
    // Each is good where it belongs.
    const own = await fetch(new URL('/api/objects', tandem.url), { headers: withToken(forApi.accessToken) })
    expect(own.status).toBe(200)
    expect((await ask('/mcp', headers)).status).toBe(200)
  })

  it('G1 counts in the Authorization header only', async () => {
    const token = notebook.accessToken
    // Refused with advice, whoever sends it: a key in an address is one that others have read.
    expect((await ask(`/mcp?access_token=${token}`, {})).status).toBe(400)
    expect(
      (await ask('/mcp', { cookie: `access_token=${token}; authorization=Bearer ${token}` })).status,
    ).toBe(401)
    expect((await ask(`/mcp?access_token=${token}`, withToken(token))).status).toBe(400)
  })
})

describe('G2: other secrets of the same server are no access tokens', () => {
  it('G2 neither a refresh token, nor a session, nor a changed signature', async () => {
    expect((await ask('/mcp', withToken(notebook.refreshToken))).status).toBe(401)
    const ada = await tandem.signIn('ada')
    expect((await ask('/mcp', { cookie: ada.cookies() })).status).toBe(401)
    const session = /tandem_session=([^;]+)/.exec(ada.cookies())?.[1] ?? 'none'
    expect((await ask('/mcp', withToken(session))).status).toBe(401)
    const [header, payload, signature = ''] = notebook.accessToken.split('.')
    const other = signature.startsWith('A') ? 'B' : 'A'
    expect((await ask('/mcp', withToken(`${header}.${payload}.${other}${signature.slice(1)}`))).status).toBe(
      401,
    )
  })

  it('G2 claims rewritten under the old signature are refused, though the token was good a moment ago', async () => {
    expect((await notebook.call('whoami')).status).toBe(200)
    const [header, payload = '', signature] = notebook.accessToken.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
    for (const change of [
      { scope: 'crm:delete' },
      { exp: 4e9 },
      { sub: 'mem_other' },
      { grant_id: 'grt_1' },
    ]) {
      const forged = Buffer.from(JSON.stringify({ ...claims, ...change })).toString('base64url')
      expect((await ask('/mcp', withToken(`${header}.${forged}.${signature}`))).status).toBe(401)
    }
  })
})

describe('G7: what was taken away is gone at the next call', () => {
  it('G7 after a grant ended, its access token and nobody else’s is refused', async () => {
    const ada = await tandem.signIn('ada')
    const ended = await tandem.connectAgent({ browser: ada, name: 'To be ended' })
    expect((await ended.call('whoami')).status).toBe(200)
    const { body } = await ada.json('GET', '/api/grants')
    const { grants } = body as { grants: { id: string; client: { name: string } }[] }
    const grant = grants.find(({ client }) => client.name === 'To be ended')
    await ada.json('DELETE', `/api/grants/${grant?.id}`)
    const refused = await ended.call('whoami')
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect((await notebook.call('whoami')).status).toBe(200)
  })

  it('G7 after its person was disabled', async () => {
    const graces = await tandem.connectAgent({ browser: await tandem.signIn('grace') })
    expect((await graces.call('whoami')).status).toBe(200)
    const ada = await tandem.signIn('ada')
    const { body } = await ada.json('GET', '/api/members')
    const { members } = body as { members: { id: string; name: string }[] }
    const grace = members.find(({ name }) => name === 'Grace')
    expect((await ada.json('PATCH', `/api/members/${grace?.id}`, { active: false })).status).toBe(200)
    expect((await graces.call('whoami')).status).toBe(401)
  })
})

describe('G8: headers that try to be more than headers', () => {
  const start = () => `POST /mcp HTTP/1.1\r\nHost: localhost:${tandem.port}\r\n`
  const body = JSON.stringify(whoami)
  const framed = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
  const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])

  it('G8 two Authorization headers, or two Hosts, are refused', async () => {
    const good = `Authorization: Bearer ${notebook.accessToken}\r\n`
    expect(statusOf(await raw(start() + good + good + framed))).toBe(400)
    expect(statusOf(await raw(start() + good + 'Authorization: Bearer other\r\n' + framed))).toBe(400)
    for (const host of ['evil.example', `localhost:${tandem.port}`]) {
      // RFC 9112 §3.2: 400, at every address.
      expect(statusOf(await raw(`${start()}${good}Host: ${host}\r\n${framed}`))).toBe(400)
      const page = `GET /o/company HTTP/1.1\r\nHost: localhost:${tandem.port}\r\nhost: ${host}\r\n\r\n`
      expect(statusOf(await raw(page))).toBe(400)
    }
  })

  it('G8 a length and a transfer encoding together, or two lengths, are refused (request smuggling)', async () => {
    const hidden = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'
    const both = `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`
    const two = `Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`
    const odd = `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`
    for (const text of [both, two, odd]) {
      const answer = await raw(start() + text)
      expect(statusOf(answer), text).toBe(400)
      expect(answer.match(/^HTTP\/1\.1/gm)).toHaveLength(1)
    }
  })

  it('G8 line breaks, NUL and huge headers end in a 4xx', async () => {
    for (const header of [
      'Authorization: Bearer a\r\n b',
      'Authorization: Bearer a\u0000b',
      'Authorization: Bearer a\rX-Evil: 1',
      `Authorization: Bearer ${'a'.repeat(20_000)}`,
      `X-Long: ${'a'.repeat(100_000)}`,
    ]) {
      const status = statusOf(await raw(`${start()}${header}\r\n${framed}`))
      expect(status, header.slice(0, 30)).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
    }
    expect((await notebook.call('whoami')).status).toBe(200)
  })

  it('G8 headers that name another person, host or address change nothing', async () => {
    const answer = await ask('/mcp', {
      ...withToken(notebook.accessToken),
      'x-forwarded-host': 'evil.example',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-user': 'grace',
      'x-original-url': '/api/members',
      forwarded: 'host=evil.example',
    })
    expect(await answer.json()).toMatchObject({ result: { structuredContent: { person: { name: 'Ada' } } } })
    const challenged = await ask('/mcp', { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' })
    expect(challenged.headers.get('www-authenticate')).not.toContain('evil')
  })
})

describe('G9: challenges, to the letter', () => {
  const metadata = () => `resource_metadata="${tandem.url}/.well-known/oauth-protected-resource/mcp"`

  it('G9 no token: 401 with scope and metadata and no error, whatever the method, path spelling and Accept', async () => {
    for (const [path, method] of [
      ['/mcp', 'POST'],
      ['/mcp/', 'POST'],
      ['/mcp', 'GET'],
      ['/mcp', 'DELETE'],
      ['/mcp', 'PUT'],
    ] as const) {
      const response = await ask(path, { accept: 'text/html' }, { method, redirect: 'manual' })
      expect([path, method, response.status]).toEqual([path, method, 401])
      expect(response.headers.get('www-authenticate')).toBe(
        `Bearer scope="crm:read crm:write", ${metadata()}`,
      )
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
  })

  it('G9 a bad token: 401 invalid_token; a malformed one: 400 invalid_request', async () => {
    const bad = await ask('/mcp', withToken('not-a-token'))
    expect(bad.status).toBe(401)
    expect(bad.headers.get('www-authenticate')).toMatch(
      /^Bearer error="invalid_token", error_description="[^"]+", scope="crm:read crm:write", /,
    )
    expect(bad.headers.get('www-authenticate')).toContain(metadata())
    const malformed = await ask('/mcp', { authorization: 'Bearer two tokens' })
    expect(malformed.status).toBe(400)
    expect(malformed.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_request", /)
    const atApi = await ask('/api/objects', { authorization: 'Bearer two tokens' }, { method: 'GET' })
    expect(atApi.status).toBe(400)
    expect(atApi.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_request", /)
  })

  it('G9 a scope too few: 403 with every scope the call needs, in both eras', async () => {
    const reader = await tandem.connectAgent({ scope: 'crm:read' })
    const changes = [
      { do: 'delete', object: 'company', id: 'rec_1' },
      { do: 'create', object: 'company', values: {} },
    ]
    const params = { name: 'apply_changes', arguments: { changes } }
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    }
    const modern = {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'apply_changes',
    }
    for (const [headers, sent] of [
      [{}, params],
      [modern, { ...params, _meta }],
    ] as const) {
      const body = JSON.stringify({ ...whoami, params: sent })
      const response = await ask('/mcp', { ...withToken(reader.accessToken), ...headers }, { body })
      expect(response.status).toBe(403)
      expect(response.headers.get('www-authenticate')).toMatch(
        /^Bearer error="insufficient_scope", error_description="[^"]+", scope="crm:write crm:delete", /,
      )
      expect(response.headers.get('www-authenticate')).toContain(metadata())
    }
    // What it may do, it still can.
    expect((await reader.call('describe')).status).toBe(200)
  })

  it('G9 a page of an allowed origin can read the challenge; its preflight needs no token', async () => {
    const origin = tandem.url
    const preflight = await ask(
      '/mcp',
      { origin, 'access-control-request-method': 'POST' },
      { method: 'OPTIONS' },
    )
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization')
    const refused = await ask('/mcp', { origin })
    expect(refused.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
    expect(
      (await ask('/mcp', { origin: 'https://evil.example', ...withToken(notebook.accessToken) })).status,
    ).toBe(403)
  })

  it('G9 a good token meets 405 with Allow, after the guard', async () => {
    const response = await ask('/mcp', withToken(notebook.accessToken), { method: 'GET' })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toContain('POST')
  })
})

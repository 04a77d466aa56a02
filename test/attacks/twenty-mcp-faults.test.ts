import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTandem } from '../support/tandem.ts'
import type { Browser, ConnectedAgent, RunningTandem } from '../support/tandem.ts'
import { twentyMcpTools } from '../support/twenty/argument-lists.ts'
import { startTwenty } from '../support/twenty/twenty-double.ts'
import type { TwentyDouble } from '../support/twenty/twenty-double.ts'
import { addUpstream } from '../support/upstreams.ts'

// What was seen of twenty-mcp when it ran (four-systems §2.9). Fault 2, forwarded addresses, is in ip-allow-lists.test.ts.
let twenty: TwentyDouble
let tandem: RunningTandem
let ada: Browser
let agent: ConnectedAgent
beforeAll(async () => {
  twenty = await startTwenty()
  tandem = await startTandem()
  ada = await tandem.signIn('ada')
  await addUpstream(
    tandem,
    { kind: 'twenty', name: 'twenty', url: twenty.url, auth: { kind: 'key' } },
    { browser: ada, credential: twenty.key, unreviewed: true },
  )
  agent = await tandem.connectAgent({ browser: ada, resource: `${tandem.config.issuer}/mcp/twenty` })
})
afterAll(async () => {
  await tandem?.close()
  await twenty?.close()
})

type Sent = { body: unknown; token?: string; session?: string | null; path?: string }
async function post({ body, token = agent.accessToken, session, path = '/mcp/twenty' }: Sent) {
  const response = await fetch(new URL(path, tandem.url), {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2025-06-18',
      ...(session && { 'Mcp-Session-Id': session }),
    },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? text
  return {
    status: response.status,
    session: response.headers.get('mcp-session-id'),
    answer: (data.startsWith('{') ? JSON.parse(data) : {}) as {
      result?: Record<string, unknown>
      error?: unknown
    },
  }
}

describe('fault 1: initialize was answered, and every request after it was “not initialized”', () => {
  it('what initialize begins, tools/list and each of the 29 tools go on with, in its session or without one', async () => {
    const clientInfo = { name: 'notebook', version: '1' }
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo }
    const begun = await post({ body: { jsonrpc: '2.0', id: 1, method: 'initialize', params } })
    expect(begun).toMatchObject({ status: 200, answer: { result: { serverInfo: { name: 'twenty' } } } })
    const { session } = begun
    const ready = await post({ body: { jsonrpc: '2.0', method: 'notifications/initialized' }, session })
    expect(ready.status).toBe(202)
    // A client that made up a session, or kept one from before a restart, isn't locked out either.
    for (const given of [session, '3b1f0c2e-0000-4000-8000-000000000000']) {
      const listed = await post({ body: { jsonrpc: '2.0', id: 2, method: 'tools/list' }, session: given })
      expect(listed.status).toBe(200)
      const { tools } = listed.answer.result as { tools: { name: string }[] }
      expect(tools.map(({ name }) => name).toSorted()).toEqual(Object.keys(twentyMcpTools).toSorted())
    }
    for (const name of Object.keys(twentyMcpTools)) {
      const call = { jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name, arguments: {} } }
      const { status, answer } = await post({ body: call, session })
      // The tool itself answered: with a result, or with what it misses in these arguments.
      expect([name, status, answer.error, Array.isArray(answer.result?.['content'])]).toEqual([
        name,
        200,
        undefined,
        true,
      ])
    }
  })
})

describe('fault 3: the signature of a JWT was never looked at', () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const forgeries = () => {
    const [, , signature = ''] = agent.accessToken.split('.')
    const header = decodeProtectedHeader(agent.accessToken)
    const claims = decodeJwt(agent.accessToken)
    const none = { alg: 'none', typ: 'at+jwt' }
    return {
      'without an algorithm': `${part(none)}.${part(claims)}.`,
      'without an algorithm, with “AAAA” as signature': `${part(none)}.${part(claims)}.AAAA`,
      'with a session’s id and nothing else': `${part(none)}.${part({ sid: claims['grant_id'] })}.AAAA`,
      'with garbage as signature': `${part(header)}.${part(claims)}.${'A'.repeat(86)}`,
      'changed after it was signed': `${part(header)}.${part({ ...claims, sub: 'mem_somebody_else' })}.${signature}`,
      'for another audience': `${part(header)}.${part({ ...claims, aud: `${tandem.config.issuer}/mcp` })}.${signature}`,
      'over long ago': `${part(header)}.${part({ ...claims, exp: 1 })}.${signature}`,
    }
  }

  it('the token itself is good at its own resource, so each forgery is refused for what was done to it', async () => {
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    expect((await post({ body: list })).status).toBe(200)
    for (const [what, token] of Object.entries(forgeries()))
      expect([what, (await post({ body: list, token })).status]).toEqual([what, 401])
  })

  it('a good token for another resource is refused (G1)', async () => {
    const elsewhere = await tandem.connectAgent({ browser: ada })
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    expect((await post({ body: list, token: elsewhere.accessToken })).status).toBe(401)
    expect((await post({ body: list, path: '/mcp' })).status).toBe(401)
  })

  it('no token, forged or good, reads, replaces or deletes a person’s key: that takes her session', async () => {
    const before = (await ada.json('GET', '/api/keys?upstream=twenty')).body
    for (const token of [...Object.values(forgeries()), agent.accessToken])
      for (const [method, body] of [
        ['GET', undefined],
        [
          'POST',
          JSON.stringify({ apiKey: 'k'.repeat(20), baseUrl: 'https://mallory.example', upstream: 'twenty' }),
        ],
        ['DELETE', undefined],
      ] as const) {
        const response = await fetch(new URL('/api/keys?upstream=twenty', tandem.url), {
          method,
          headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
          ...(body !== undefined && { body }),
        })
        expect([method, response.status >= 401 && response.status <= 403]).toEqual([method, true])
        expect(await response.text()).not.toContain('hasKey')
      }
    expect((await ada.json('GET', '/api/keys?upstream=twenty')).body).toEqual(before)
    expect(before).toMatchObject({ hasKey: true })
  })
})

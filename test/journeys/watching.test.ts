import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callTool, startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { startTestUpstream } from '../support/test-upstream.ts'
import { addUpstream } from '../support/upstreams.ts'

const token = 'Wk4tQ9zR1xV6mJ8pB3nL5sYd'
let tandem: RunningTandem

beforeAll(async () => {
  tandem = await startTandem({ config: { TANDEM_METRICS_TOKEN: token } })
})
afterAll(() => tandem.close())

type Answer = { status: number; text: string; headers: Record<string, unknown> }
/** As a stranger's connection looks from outside: through a proxy of this computer, unless told otherwise. */
function ask(path: string, headers: Record<string, string> = {}, port = tandem.port): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }))
    })
    sent.on('error', reject).end()
  })
}
const bearer = { Authorization: `Bearer ${token}` }
const elsewhere = { Host: 'crm.acme.example' }
const metrics = async (headers: Record<string, string> = bearer) => (await ask('/metrics', headers)).text

describe('metrics', () => {
  it.each<[string, Record<string, string>]>([
    ['a public name', elsewhere],
    ['X-Forwarded-For', { 'X-Forwarded-For': '203.0.113.9' }],
    ['Forwarded', { Forwarded: 'for=127.0.0.1' }],
    ['X-Real-IP', { 'X-Real-IP': '127.0.0.1' }],
    ['a name that begins like ours', { Host: 'localhost.mallory.example' }],
    ['a wrong token', { ...elsewhere, Authorization: 'Bearer Wk4tQ9zR1xV6mJ8pB3nL5sYe' }],
    ['the token by another scheme', { ...elsewhere, Authorization: `Basic ${token}` }],
  ])('are refused to who comes with %s', async (_, headers) => {
    const { status, text, headers: answer } = await ask('/metrics', headers)
    expect([status, answer['www-authenticate']]).toEqual([401, 'Bearer realm="metrics"'])
    expect(text).not.toContain('tandem_')
  })

  it('are given to the token from anywhere, and to this computer without one', async () => {
    for (const headers of [{ ...elsewhere, ...bearer }, { Host: `localhost:${tandem.port}` }]) {
      const { status, text, headers: answer } = await ask('/metrics', headers)
      expect([status, answer['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
      expect(text).toContain('# TYPE tandem_http_requests_total counter')
    }
  })

  it('count sign-ins, tokens, tool calls, refusals and requests, by our own words alone', async () => {
    let text = ''
    const agent = await tandem.connectAgent()
    await agent.call('whoami')
    await tandem.browser().json('POST', '/api/session', { email: 'ada@acme.example', password: 'wrong' })
    await tandem.browser().fetch('/mcp', { method: 'POST', headers: { Authorization: 'Bearer canary-1f9b' } })
    await tandem.browser().fetch('/Ada-Lovelace-canary?canary=1', { method: 'GET' })
    const seen = [
      /tandem_tool_calls_total{upstream="tandem",outcome="ok"} 1/,
      /kind="grant",state="active"} 1/,
    ]
    await expect
      .poll(async () => seen.every((line) => line.test(text)) || (text = await metrics()))
      .toBe(true)
    for (const line of [
      /tandem_tokens_issued_total{grant_type="authorization_code"} 1/,
      /tandem_sign_ins_total{outcome="ok"} \d/,
      /tandem_sign_ins_total{outcome="refused"} 1/,
      /tandem_grants_total{what="given"} 1/,
      /tandem_refusals_total{what="token.refused",reason="other"} 1/,
      /tandem_http_requests_total{route="\/mcp",method="POST",status="200"} \d/,
      /tandem_http_requests_total{route="\/oauth\/token",method="POST",status="200"} 1/,
      /tandem_http_request_duration_seconds_bucket{le="0.1",route="\/mcp"}/,
      /tandem_audit_entries_total{event="grant.given",outcome="ok"} 1/,
      /tandem_held{kind="grant",state="active"} 1/,
      /tandem_held{kind="session",state="active"} \d/,
      /tandem_held{kind="member",state="active"} 2/,
      /tandem_database_statements_total \d\d+/,
      /tandem_database_connections{state="open"} 1/,
      /tandem_outbox_waiting 0/,
      /tandem_audit_waiting \d/,
      /tandem_info{version="[\d.]+",driver="embedded"} 1/,
      /process_resident_memory_bytes \d+/,
      /nodejs_eventloop_lag_p99_seconds /,
    ])
      expect(text).toMatch(line)
    // Nothing of a person, an address, a client, a grant, a record or what a stranger sent.
    expect(text).not.toMatch(/canary|ada|grace|acme|notebook|mem_|grt_|cli_|127\.0\.0\.1/i)
  })

  it('grow by no label that a stranger chooses', async () => {
    const lines = async () =>
      (await metrics()).split('\n').filter((line) => line.startsWith('tandem_http')).length
    await ask('/one', elsewhere)
    const before = await lines()
    for (let at = 0; at < 30; at++) await ask(`/x${at}`, elsewhere)
    expect(await lines()).toBe(before)
  })

  it('aren’t there for others on an install without a token', async () => {
    const other = await startTandem()
    try {
      expect((await ask('/metrics', elsewhere, other.port)).status).toBe(404)
      expect((await ask('/metrics', { 'X-Forwarded-For': '::1' }, other.port)).status).toBe(404)
      expect((await ask('/metrics', { Host: `127.0.0.1:${other.port}` }, other.port)).status).toBe(200)
    } finally {
      await other.close()
    }
  })
})

describe('health', () => {
  it('tells strangers that it lives and works, and no name', async () => {
    const { status, text } = await ask('/health', elsewhere)
    expect([status, JSON.parse(text)]).toEqual([
      200,
      { live: true, ready: true, database: true, upstreams: { well: 0, troubled: 0 } },
    ])
    expect(JSON.parse((await ask('/health', bearer)).text).upstreams).toEqual({
      well: 0,
      troubled: 0,
      states: {},
    })
    expect((await ask('/health/live', elsewhere)).text).toBe('{"live":true}')
    expect((await ask('/health/other', elsewhere)).status).toBe(404)
  })

  it('is unready from the moment of the stop, while requests are still answered for the drain', async () => {
    const draining = await startTandem({ config: { TANDEM_DRAIN_SECONDS: 1 } })
    const stopped = draining.close()
    const ready = await ask('/health/ready', {}, draining.port)
    expect([ready.status, JSON.parse(ready.text)]).toMatchObject([503, { ready: false, stopping: true }])
    expect((await ask('/health/live', {}, draining.port)).status).toBe(200)
    expect((await ask('/api/bootstrap', { Host: new URL(draining.url).host }, draining.port)).status).toBe(
      200,
    )
    await stopped
    await expect(ask('/health/live', {}, draining.port)).rejects.toThrow()
  })
})

describe('an upstream', () => {
  it('is counted by its name; in trouble it is told of, its name to who may know, and Tandem stays ready', async () => {
    const upstream = await startTestUpstream()
    await addUpstream(tandem, { kind: 'http', name: 'box', url: upstream.url })
    const resource = `${tandem.url}/mcp/box`
    const agent = await tandem.connectAgent({ resource })
    const call = () => callTool(resource, agent.accessToken, 'who', { note: 'canary-note' })
    expect((await call()).status).toBe(200)
    const states = async () => JSON.parse((await ask('/health', bearer)).text)
    expect(await states()).toMatchObject({
      ready: true,
      upstreams: { well: 1, troubled: 0, states: { box: 'well' } },
    })
    expect(await metrics()).toMatch(/tandem_upstream_requests_total{upstream="box",outcome="ok"} \d/)
    await upstream.close()
    await call()
    expect(await states()).toMatchObject({
      ready: true,
      upstreams: { well: 0, troubled: 1, states: { box: 'unreachable' } },
    })
    expect((await ask('/health', elsewhere)).text).not.toContain('box')
    const text = await metrics()
    expect(text).toMatch(/tandem_upstream_requests_total{upstream="box",outcome="unreachable"} \d/)
    expect(text).toMatch(/tandem_upstream_up{upstream="box"} 0/)
    expect(text).not.toContain('canary')
  })
})

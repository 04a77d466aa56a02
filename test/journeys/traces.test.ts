import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { callTool, startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { startTestUpstream } from '../support/test-upstream.ts'
import { addUpstream } from '../support/upstreams.ts'

const value = z.union([
  z.object({ stringValue: z.string() }).transform((v) => v.stringValue),
  z.object({ intValue: z.coerce.number() }).transform((v) => v.intValue),
  z.looseObject({}).transform(() => null),
])
const attributes = z
  .array(z.object({ key: z.string(), value }))
  .transform((all) => Object.fromEntries(all.map(({ key, value: v }) => [key, v])))
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  attributes,
})
// OTLP/HTTP with JSON, `ExportTraceServiceRequest` (opentelemetry-proto, trace/v1).
const exported = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
})

const received: { path: string; headers: IncomingMessage['headers']; text: string }[] = []
const collector = createServer((request, response) => {
  let text = ''
  request.on('data', (chunk: Buffer) => (text += chunk.toString()))
  request.on('end', () => {
    received.push({ path: request.url ?? '', headers: request.headers, text })
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
  })
})
const spans = () =>
  received.flatMap(({ text }) =>
    exported
      .parse(JSON.parse(text))
      .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((s) => s.spans)),
  )

const before = { ...process.env }
let tandem: RunningTandem

beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', () => resolve()))
  const { port } = collector.address() as AddressInfo // listening on a port, not on a pipe
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${port}`
  process.env['OTEL_SERVICE_NAME'] = 'our-crm'
  process.env['OTEL_RESOURCE_ATTRIBUTES'] = 'deployment.environment.name=test'
  process.env['OTEL_BSP_SCHEDULE_DELAY'] = '50'
  tandem = await startTandem()
})
afterAll(async () => {
  await tandem.close()
  process.env = before
  await new Promise((resolve) => collector.close(resolve))
})

describe('traces', () => {
  it('reach the collector that the standard variables name, continue the caller’s, and carry nothing secret', async () => {
    const agent = await tandem.connectAgent()
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    const parent = '00f067aa0ba902b7'
    const canary = 'canary-0b1e7c'
    await fetch(`${tandem.url}/mcp?secret=${canary}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${agent.accessToken}`,
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        traceparent: `00-${traceId}-${parent}-01`,
        tracestate: `vendor=${canary}`,
        baggage: `user=${canary}`,
        'User-Agent': canary,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'search', arguments: { text: canary } },
      }),
    })
    await tandem.browser().fetch(`/${canary}?token=${canary}`)
    await tandem.browser().json('POST', '/api/session', { email: `${canary}@acme.example`, password: canary })
    await expect.poll(() => spans().some((one) => one.traceId === traceId), { timeout: 10_000 }).toBe(true)
    await expect.poll(() => spans().some((one) => one.name === 'POST /api/*'), { timeout: 10_000 }).toBe(true)
    const mcp = spans().find((one) => one.traceId === traceId)
    expect(mcp).toMatchObject({
      parentSpanId: parent,
      name: 'POST /mcp',
      attributes: { 'http.request.method': 'POST', 'http.route': '/mcp', 'http.response.status_code': 200 },
    })
    expect(received.map(({ path }) => path)).toContain('/v1/traces')
    const resource = exported.parse(JSON.parse(received[0]?.text ?? '')).resourceSpans[0]?.resource.attributes
    expect(resource).toMatchObject({ 'service.name': 'our-crm', 'deployment.environment.name': 'test' })
    const everything = JSON.stringify(received)
    for (const secret of [
      canary,
      agent.accessToken,
      agent.refreshToken,
      agent.clientId,
      'ada@',
      'grt_',
      'mem_',
    ])
      expect(everything).not.toContain(secret)
  })

  it('go on to upstreams as a span of ours, without the key that the call carries', async () => {
    const upstream = await startTestUpstream()
    try {
      const auth = { kind: 'header', header: 'X-Key' } as const
      await addUpstream(
        tandem,
        { kind: 'http', name: 'box', url: upstream.url, auth },
        { credential: 'canary-key' },
      )
      const resource = `${tandem.url}/mcp/box`
      const { accessToken } = await tandem.connectAgent({ resource })
      upstream.seen.length = 0
      await callTool(resource, accessToken, 'who', { note: 'canary-note' })
      const sent = upstream.seen.find(({ message }) => message.method === 'tools/call')
      const [, traceId, spanId] = String(sent?.headers['traceparent']).split('-')
      await expect.poll(() => spans().some((one) => one.spanId === spanId), { timeout: 10_000 }).toBe(true)
      const [inner] = spans().filter((one) => one.spanId === spanId)
      expect(inner).toMatchObject({ traceId, name: 'upstream box', attributes: { 'tandem.outcome': 'ok' } })
      await expect
        .poll(() => spans().find((one) => one.spanId === inner?.parentSpanId)?.name, { timeout: 10_000 })
        .toBe('POST /mcp/{upstream}')
      expect(JSON.stringify(received)).not.toMatch(/canary/)
    } finally {
      await upstream.close()
    }
  })

  it('a sampled-out caller stays out, and probes aren’t traced', async () => {
    const quiet = 'a3ce929d0e0e47364bf92f3577b34da6'
    await fetch(`${tandem.url}/.well-known/oauth-authorization-server`, {
      headers: { traceparent: `00-${quiet}-00f067aa0ba902b7-00` },
    })
    await fetch(`${tandem.url}/health`)
    await fetch(`${tandem.url}/.well-known/jwks.json`, {
      headers: { traceparent: `00-${'0'.repeat(32)}-x-01` },
    })
    const last = () => spans().filter((one) => one.name === 'GET /.well-known/*')
    await expect.poll(() => last().length, { timeout: 10_000 }).toBe(1)
    expect(spans().filter(({ traceId, name }) => traceId === quiet || name.includes('health'))).toEqual([])
    // What isn't a traceparent begins a trace of our own.
    expect(last()[0]?.parentSpanId ?? '').toBe('')
  })
})

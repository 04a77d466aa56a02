import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTandem } from '../support/tandem.ts'
import type { Browser, ConnectedAgent, RunningTandem } from '../support/tandem.ts'
import { oddServer } from '../support/stdio-servers.ts'
import { testClock } from '../support/clock.ts'
import { legacyMessage, modernCall, startTestUpstream } from '../support/test-upstream.ts'
import type { TestUpstream } from '../support/test-upstream.ts'
import { addUpstream } from '../support/upstreams.ts'

let tandem: RunningTandem
let upstream: TestUpstream
let ada: Browser
let box: string
beforeAll(async () => {
  tandem = await startTandem({ config: { TANDEM_STDIO_SERVERS: [oddServer([])] } })
  upstream = await startTestUpstream()
  box = `${tandem.url}/mcp/box`
  ada = await tandem.signIn('ada')
  await addUpstream(tandem, { kind: 'http', name: 'box', url: upstream.url }, { browser: ada })
})
afterAll(async () => {
  await tandem?.close()
  await upstream?.close()
})
beforeEach(() => {
  upstream.answer = null
})

const initialize = {
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'n', version: '1' } },
}
const grantOf = async (agent: ConnectedAgent) => {
  const { body } = await ada.json('GET', '/api/grants')
  const { grants } = body as { grants: { id: string; client: { id: string } }[] }
  const found = grants.find(({ client }) => client.id === agent.clientId)
  if (!found) throw new Error(`no grant of ${agent.clientId} in ${JSON.stringify(body)}`)
  return found.id
}
/** A stream of news that the agent listens to, of the older revisions. */
const listen = async (agent: ConnectedAgent, url = box) => {
  const begun = await legacyMessage(url, agent.accessToken, initialize)
  await begun.text()
  const session = begun.headers.get('mcp-session-id') ?? ''
  const stream = await fetch(url, {
    headers: {
      Authorization: `Bearer ${agent.accessToken}`,
      Accept: 'text/event-stream',
      'Mcp-Session-Id': session,
    },
  })
  expect(stream.status).toBe(200)
  const reader = stream.body?.getReader()
  await reader?.read()
  return { ended: async () => (await reader?.read())?.done, session }
}

it('an upstream’s own limit on calls a minute holds for each grant, on this computer too', async () => {
  const limits = { callsPerMinute: 2 }
  const url = `${tandem.url}/mcp/slow`
  await addUpstream(tandem, { kind: 'http', name: 'slow', url: upstream.url, limits }, { browser: ada })
  const agent = await tandem.connectAgent({ browser: ada, resource: url })
  const other = await tandem.connectAgent({ browser: ada, resource: url })
  const ask = async ({ accessToken }: ConnectedAgent) => {
    const answer = await modernCall(url, accessToken, 'tools/list')
    await answer.text()
    return answer
  }
  expect([(await ask(agent)).status, (await ask(agent)).status]).toEqual([200, 200])
  const third = await ask(agent)
  expect(third.status).toBe(429)
  expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await ask(other)).status).toBe(200)
  // What is left to the other is less than what it sends at once: none of it is carried.
  upstream.seen.length = 0
  const batch = [1, 2].map((id) => ({ jsonrpc: '2.0', id, method: 'ping' }))
  const refused = await fetch(url, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${other.accessToken}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify(batch),
  })
  expect([refused.status, upstream.seen]).toEqual([429, []])
})

/** Sends the first bytes of a call, and the rest when it is told to. */
async function begun(url: string, { accessToken }: ConnectedAgent, call: object) {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const bytes = new TextEncoder().encode(JSON.stringify(call))
  const answer = fetch(url, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${accessToken}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    },
    body: readable,
    duplex: 'half',
  } as RequestInit)
  await writer.write(bytes.subarray(0, 10))
  return {
    answer,
    async finish() {
      await writer.write(bytes.subarray(10))
      await writer.close()
    },
  }
}

describe('G7 whoever took access back is heard at once', () => {
  it('G7 a request at Tandem’s own endpoint that was begun before its grant ended reads nothing', async () => {
    const agent = await tandem.connectAgent({ browser: ada })
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami', arguments: {} } }
    const { answer, finish } = await begun(`${tandem.url}/mcp`, agent, call)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect((await ada.json('DELETE', `/api/grants/${await grantOf(agent)}`)).status).toBeLessThan(300)
    await finish()
    expect((await answer).status).toBe(401)
  })

  const connect = () => tandem.connectAgent({ browser: ada, resource: box })
  it.each([
    [
      'its grant ended',
      async (agent: ConnectedAgent) => ada.json('DELETE', `/api/grants/${await grantOf(agent)}`),
    ],
    [
      'the tool was taken away',
      async () => {
        const { body } = await ada.json('GET', '/api/upstreams')
        const { id } = (body as { upstreams: { id: string; name: string }[] }).upstreams.find(
          ({ name }) => name === 'box',
        ) ?? { id: '' }
        return ada.json('PATCH', `/api/upstreams/${id}/tools`, { name: 'write', allowed: false })
      },
    ],
  ])('G7 a request that was begun before %s and is finished after it calls nothing', async (_what, end) => {
    const agent = await connect()
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'write', arguments: {} } }
    const { answer, finish } = await begun(box, agent, call)
    await new Promise((resolve) => setTimeout(resolve, 300))
    upstream.seen.length = 0
    expect((await end(agent)).status).toBeLessThan(300)
    await new Promise((resolve) => setTimeout(resolve, 300))
    await finish()
    expect(await (await answer).text()).toContain('"error"')
    expect(upstream.seen.filter(({ message }) => message.method === 'tools/call')).toEqual([])
  })

  const endings: [string, (grant: string) => ReturnType<Browser['json']>][] = [
    ['ends the grant', (grant) => ada.json('DELETE', `/api/grants/${grant}`)],
    ['pauses it', (grant) => ada.json('POST', `/api/grants/${grant}/pause`, {})],
    ['takes a scope from it', (grant) => ada.json('PATCH', `/api/grants/${grant}`, { scopes: ['box:read'] })],
  ]
  it.each(endings)('G7 a stream ends when its person %s; nobody else’s does', async (_how, act) => {
    const [agent, other] = [await connect(), await connect()]
    const [hers, others] = [await listen(agent), await listen(other)]
    const answer = await act(await grantOf(agent))
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
    expect(await hers.ended()).toBe(true)
    let over = false
    void others.ended().then(() => (over = true))
    // A whole exchange later it still stands.
    await (await modernCall(box, other.accessToken, 'tools/list')).text()
    expect(over).toBe(false)
    await ada.json('DELETE', `/api/grants/${await grantOf(other)}`)
    await expect.poll(() => over).toBe(true)
  })

  it.each(endings)(
    'G7 a call under way is given up when its person %s: its caller hears it, and the upstream',
    async (_how, act) => {
      const [agent, other] = [await connect(), await connect()]
      let left: () => void = () => undefined
      const gone = new Promise<void>((resolve) => (left = resolve))
      const waiting: ServerResponse[] = []
      upstream.answer = ({ message: { method } }, response) => {
        if (method !== 'tools/call') return false
        if (waiting.push(response) === 1) response.on('close', left)
        return true
      }
      const call = ({ accessToken }: ConnectedAgent) =>
        modernCall(box, accessToken, 'tools/call', { name: 'who', arguments: {} })
      const hers = call(agent)
      await expect.poll(() => waiting.length).toBe(1)
      const others = call(other)
      await expect.poll(() => waiting.length).toBe(2)
      await act(await grantOf(agent))
      expect(await (await hers).text()).toContain('What is allowed here changed just now')
      await gone
      // Another grant's call is untouched by it.
      const result = { jsonrpc: '2.0', id: 1, result: { content: [] } }
      waiting[1]?.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(result))
      expect(await (await others).text()).toContain('"result"')
    },
  )

  it('G7 a call of a local program is given up with its grant too', async () => {
    const url = `${tandem.url}/mcp/odd`
    await addUpstream(tandem, { kind: 'stdio', name: 'odd', server: 'odd' }, { browser: ada })
    const [agent, other] = await Promise.all(
      [1, 2].map(() => tandem.connectAgent({ browser: ada, resource: url })),
    )
    if (!agent || !other) throw new Error('no agents')
    const look = async () => (await modernCall(url, other.accessToken, 'tools/call', { name: 'look' })).text()
    await look()
    const hung = modernCall(url, agent.accessToken, 'tools/call', { name: 'hang', arguments: {} })
    // One pipe: what comes back after it was asked after it.
    await new Promise((resolve) => setTimeout(resolve, 300))
    await look()
    await ada.json('DELETE', `/api/grants/${await grantOf(agent)}`)
    expect(await (await hung).text()).toContain('What is allowed here changed just now')
    expect(await look()).toMatch(/\\"cancelled\\":\[\d+\]/)
  })

  it('G7 the stream of an answer ends with the grant too, upstream as well', async () => {
    const agent = await connect()
    let left: () => void = () => undefined
    const gone = new Promise<void>((resolve) => (left = resolve))
    upstream.answer = ({ message: { method } }, response) => {
      if (method !== 'tools/call') return false
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': working\n\n')
      response.on('close', left)
      return true
    }
    const answer = await modernCall(box, agent.accessToken, 'tools/call', { name: 'who', arguments: {} })
    const reader = answer.body?.getReader()
    await reader?.read()
    await ada.json('DELETE', `/api/grants/${await grantOf(agent)}`)
    await gone
    expect((await reader?.read())?.done).toBe(true)
    expect((await modernCall(box, agent.accessToken, 'tools/list')).status).toBe(401)
  })

  it('G7 what listens ends when its token does', async () => {
    const clock = testClock(new Date())
    const later = await startTandem({ clock })
    try {
      const ours = await later.signIn('ada')
      const url = `${later.url}/mcp/box`
      await addUpstream(later, { kind: 'http', name: 'box', url: upstream.url }, { browser: ours })
      const agent = await later.connectAgent({ browser: ours, resource: url })
      // A token has ten minutes: half a second is left of them.
      clock.advance(599_500)
      const { ended } = await listen(agent, url)
      expect(await ended()).toBe(true)
    } finally {
      await later.close()
    }
  })

  it('G7 what listens ends when the upstream is switched off', async () => {
    const other = await startTestUpstream()
    const added = await addUpstream(tandem, { kind: 'http', name: 'off', url: other.url }, { browser: ada })
    const url = `${tandem.url}/mcp/off`
    const agent = await tandem.connectAgent({ browser: ada, resource: url })
    const { ended } = await listen(agent, url)
    await ada.json('PATCH', `/api/upstreams/${added.id}`, { enabled: false })
    expect(await ended()).toBe(true)
    expect((await modernCall(url, agent.accessToken, 'tools/list')).status).toBe(404)
    await other.close()
  })
})

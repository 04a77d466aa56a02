import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as OldStdioTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as OldHttpTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTandem } from '../support/tandem.ts'
import type { Browser, ConnectedAgent, RunningTandem } from '../support/tandem.ts'
import { argumentsOf, twentyMcpTools } from '../support/twenty/argument-lists.ts'
import { answerOf, walkAllTools } from '../support/twenty/tool-walk.ts'
import { startTwenty } from '../support/twenty/twenty-double.ts'
import type { TwentyDouble } from '../support/twenty/twenty-double.ts'
import { acceptAll, addUpstream, upstreamOf } from '../support/upstreams.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const graceKey = 'twenty-key-of-grace-9876543210'

let twenty: TwentyDouble
let tandem: RunningTandem
let ada: Browser
let grace: Browser
let agent: ConnectedAgent
beforeAll(async () => {
  twenty = await startTwenty({ keys: { [graceKey]: { name: 'Grace’s key' } } })
  tandem = await startTandem()
  ada = await tandem.signIn('ada')
  grace = await tandem.signIn('grace')
})
afterAll(async () => {
  await tandem?.close()
  await twenty?.close()
})

const endpoint = () => new URL('/mcp/twenty', tandem.url)
const requestInit = (one: ConnectedAgent) => ({ headers: { Authorization: `Bearer ${one.accessToken}` } })
const callOver = (client: Client | OldClient) => async (name: string, input: Record<string, unknown>) =>
  answerOf(await client.callTool({ name, arguments: input }))
const connectOver = {
  'HTTP, the client of 2026-07-28': async () => {
    const client = new Client({ name: 'notebook', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StreamableHTTPClientTransport(endpoint(), { requestInit: requestInit(agent) }))
    return client
  },
  'HTTP, a client of 2025-11-25': async () => {
    const client = new OldClient({ name: 'notebook', version: '1' })
    const transport = new OldHttpTransport(endpoint(), { requestInit: requestInit(agent) })
    await client.connect(transport as Parameters<OldClient['connect']>[0])
    return client
  },
  'stdio, the client of 2026-07-28': async () => {
    const client = new Client({ name: 'notebook', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StdioClientTransport(program()))
    return client
  },
  'stdio, a client of 2025-11-25': async () => {
    const client = new OldClient({ name: 'notebook', version: '1' })
    await client.connect(new OldStdioTransport(program()))
    return client
  },
}
/** As an MCP client's settings have it: the key is in the environment, never among the arguments. */
const program = () => ({
  command: process.execPath,
  args: [main, 'twenty', '--stdio'],
  env: { PATH: process.env['PATH'] ?? '', TWENTY_API_KEY: twenty.key, TWENTY_BASE_URL: twenty.url },
})

describe('an administrator puts Twenty behind Tandem', () => {
  it('without a key: its own tools are accepted, and none of them needed a review', async () => {
    const added = await addUpstream(
      tandem,
      { kind: 'twenty', name: 'twenty', title: 'Our Twenty', url: twenty.url, auth: { kind: 'key' } },
      { browser: ada, unreviewed: true },
    )
    expect(added.tools.filter(({ waiting }) => waiting)).toEqual([])
    expect(added.tools.map(({ name }) => name).toSorted()).toEqual(Object.keys(twentyMcpTools).toSorted())
    const access = new Map(added.tools.map((tool) => [tool.name, tool.access]))
    expect([access.get('get_contact'), access.get('update_contact')]).toEqual(['read', 'write'])
  })

  it('and each person her key, which a wrong one isn’t', async () => {
    const put = (browser: Browser, apiKey: string) =>
      browser.json('POST', '/api/keys', { apiKey, upstream: 'twenty' })
    const wrong = await put(ada, 'no-key-of-that-workspace')
    expect(wrong.status).toBeGreaterThanOrEqual(400)
    expect(JSON.stringify(wrong.body)).not.toContain('no-key-of-that-workspace')
    expect((await ada.json('GET', '/api/keys?upstream=twenty')).body).toMatchObject({ hasKey: false })
    expect(await put(ada, twenty.key)).toMatchObject({
      status: 200,
      body: { hasKey: true, baseUrl: `${twenty.url}/` },
    })
    agent = await tandem.connectAgent({ browser: ada, resource: endpoint().href })
    expect(agent.scope).toBe('twenty:read twenty:write')
  })
})

describe.each(Object.keys(connectOver) as (keyof typeof connectOver)[])('over %s', (transport) => {
  it('tools/list has all 29 with the arguments of twenty-mcp, and every one answers', async () => {
    const client = await connectOver[transport]()
    try {
      const { tools } = await client.listTools()
      const listed = tools.filter(({ name }) => name in twentyMcpTools)
      expect(
        Object.fromEntries(
          listed.map(({ name, inputSchema }) => [name, argumentsOf(inputSchema).toSorted()]),
        ),
      ).toEqual(
        Object.fromEntries(Object.entries(twentyMcpTools).map(([name, args]) => [name, args.toSorted()])),
      )
      const { called } = await walkAllTools(callOver(client))
      expect([...called].toSorted()).toEqual(Object.keys(twentyMcpTools).toSorted())
      const missing = await callOver(client)('get_contact', { id: '00000000-0000-4000-8000-000000000000' })
      expect(missing).toMatchObject({ isError: true, text: expect.stringContaining('There is no person') })
      expect(await callOver(client)('get_contact', { id: 'x' })).toMatchObject({ isError: true })
    } finally {
      await client.close()
    }
  })
})

describe('two people', () => {
  it('reach the workspace with a key of their own, or are told where to give one', async () => {
    const hers = await tandem.connectAgent({ browser: grace, resource: endpoint().href })
    const connect = async () => {
      const client = new Client({ name: 'notebook', version: '1' })
      await client.connect(new StreamableHTTPClientTransport(endpoint(), { requestInit: requestInit(hers) }))
      return client
    }
    const before = await connect()
    expect((await before.listTools()).tools.map(({ name }) => name)).toContain('create_note')
    expect(await callOver(before)('create_note', { body: 'Mine' })).toMatchObject({
      isError: true,
      text: expect.stringContaining('/settings/keys'),
    })
    await before.close()
    await grace.json('POST', '/api/keys', { apiKey: graceKey, upstream: 'twenty' })
    const client = await connect()
    const { value } = await callOver(client)('create_note', { body: 'Mine' })
    expect(value).toMatchObject({ created: { other: { createdBy: { name: 'Grace’s key' } } } })
    await client.close()
  })
})

describe('tools of a custom object', () => {
  it('wait for an administrator, then list, read, add and change its records', async () => {
    // A list may be kept for a minute: each look is a new client's.
    const connect = connectOver['HTTP, the client of 2026-07-28']
    const names = async () => {
      const fresh = await connect()
      const { tools } = await fresh.listTools()
      await fresh.close()
      return tools.map(({ name }) => name)
    }
    expect(await names()).not.toContain('create_rocket')
    const { id } = tandem.parts.gateway.upstreams.named('twenty') ?? { id: '' }
    const waiting = (await upstreamOf(ada, id)).tools.filter((tool) => tool.waiting).map(({ name }) => name)
    expect(waiting.toSorted()).toEqual(['create_rocket', 'get_rocket', 'list_rockets', 'update_rocket'])
    await acceptAll(ada, await upstreamOf(ada, id))
    await expect.poll(names).toContain('create_rocket')
    const client = await connect()
    const call = callOver(client)
    const { value } = await call('create_rocket', {
      name: 'Falke 1',
      thrust: 900,
      fuel: 'KEROSENE',
      missions: ['MOON'],
      price: { amountMicros: 2_000_000, currencyCode: 'EUR' },
    })
    const { id: rocket } = value['created'] as { id: string }
    expect(
      (await call('update_rocket', { id: rocket, fuel: 'HYDROGEN', reusable: true })).value,
    ).toMatchObject({
      updated: { fuel: 'HYDROGEN', thrust: 900, price: { currencyCode: 'EUR' } },
    })
    expect((await call('list_rockets', { query: 'falke' })).value).toMatchObject({
      records: [{ id: rocket }],
      total: 1,
    })
    expect((await call('get_rocket', { id: rocket })).value).toMatchObject({ record: { name: 'Falke 1' } })
    expect(await call('create_rocket', { fuel: 'WOOD' })).toMatchObject({
      isError: true,
      text: expect.stringContaining('fuel'),
    })
    await client.close()
  })
})

import { Client, ProtocolError, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { acceptTools, connectUpstream } from '../support/connect-upstream.ts'
import { modernClient, oldClient, textOf } from '../support/mcp-clients.ts'
import { startRotatingUpstream } from '../support/rotating-upstream.ts'
import type { RotatingUpstream } from '../support/rotating-upstream.ts'
import { openBrowser } from '../support/browser.ts'
import { startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'
import { addUpstream } from '../support/upstreams.ts'

describe('an agent whose person isn’t connected', () => {
  let upstream: RotatingUpstream
  let tandem: RunningTandem
  let grace: Browser
  let endpoint: string
  let page: string
  let token: string
  const connect = (browser: Browser, as: string) =>
    connectUpstream(browser, 'files', upstream.through(openBrowser(upstream.issuer), as))

  beforeAll(async () => {
    ;[upstream, tandem] = await Promise.all([startRotatingUpstream(), startTandem()])
    const ada = await tandem.signIn('ada')
    const auth = { kind: 'oauth' } as const
    const { id } = await addUpstream(
      tandem,
      { kind: 'http', name: 'files', url: upstream.url, auth },
      { browser: ada },
    )
    await connect(ada, 'ada@files')
    await acceptTools(ada, id)
    grace = await tandem.signIn('grace')
    endpoint = `${tandem.url}/mcp/files`
    page = `${tandem.url}/connect/files`
    token = (await tandem.connectAgent({ browser: grace, resource: endpoint })).accessToken
  }, 60_000)
  beforeEach(() => grace.json('DELETE', '/api/connections/files'))
  afterAll(async () => {
    await tandem.close()
    await upstream.close()
  })

  it('connects, sees what was accepted, and is told the page in words with its first call, in either generation', async () => {
    const before = upstream.seen.length
    for (const client of [await modernClient(endpoint, token), await oldClient(endpoint, token)]) {
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['owner'])
      const result = await client.callTool({ name: 'owner', arguments: {} })
      expect(result).toMatchObject({ isError: true })
      expect(textOf(result)).toBe(`You are not connected to files yet. Open ${page}`)
      await client.close()
    }
    expect(upstream.seen.length).toBe(before)
  })

  it('MCP 2026-07-28: whose client opens pages is sent to it, and its call goes on where the person is done', async () => {
    const opened: unknown[] = []
    const client = new Client(
      { name: 'notebook', version: '1' },
      { versionNegotiation: { mode: 'auto' }, capabilities: { elicitation: { url: {} } } },
    )
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      opened.push(params)
      await connect(grace, 'grace@files')
      return { action: 'accept' }
    })
    const headers = { Authorization: `Bearer ${token}` }
    await client.connect(new StreamableHTTPClientTransport(new URL(endpoint), { requestInit: { headers } }))
    expect(textOf(await client.callTool({ name: 'owner', arguments: {} }))).toBe('files of grace@files')
    expect(opened).toEqual([expect.objectContaining({ mode: 'url', url: page })])
    await client.close()
  })

  it('is asked once: a person who doesn’t connect leaves it with the words', async () => {
    let times = 0
    const client = new Client(
      { name: 'notebook', version: '1' },
      { versionNegotiation: { mode: 'auto' }, capabilities: { elicitation: { url: {} } } },
    )
    client.setRequestHandler('elicitation/create', () => {
      times++
      return { action: 'decline' }
    })
    const headers = { Authorization: `Bearer ${token}` }
    await client.connect(new StreamableHTTPClientTransport(new URL(endpoint), { requestInit: { headers } }))
    const result = await client.callTool({ name: 'owner', arguments: {} })
    expect(result).toMatchObject({ isError: true })
    expect(textOf(result)).toContain(page)
    expect(times).toBe(1)
    await client.close()
  })

  it('MCP 2025-11-25, "URL Elicitation Required": a client of that revision hears -32042 with the page', async () => {
    const client = new Client(
      { name: 'notebook', version: '1' },
      { versionNegotiation: { mode: 'legacy' }, capabilities: { elicitation: { url: {} } } },
    )
    const headers = { Authorization: `Bearer ${token}` }
    await client.connect(new StreamableHTTPClientTransport(new URL(endpoint), { requestInit: { headers } }))
    const refused = await client.callTool({ name: 'owner', arguments: {} }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ProtocolError)
    expect(refused).toMatchObject({ code: -32042, data: { elicitations: [{ mode: 'url', url: page }] } })
    await connect(grace, 'grace@files')
    expect(textOf(await client.callTool({ name: 'owner', arguments: {} }))).toBe('files of grace@files')
    await client.close()
  })
})

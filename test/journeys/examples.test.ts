import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diagnose } from '../../src/cli/doctor/diagnose.ts'
import { callTool, connectAgent, consentTo } from '../support/connect-agent.ts'
import { startExample } from '../support/start-example.ts'
import { freePort, startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'
import { rememberingClient } from './remembering-client.ts'

const scopes = { 'notes:read': 'Read your notes', 'notes:write': 'Add notes' }
const ports = { mcp: 0, express: 0, asking: 0, askingExpress: 0 }
let tandem: RunningTandem
let ada: Browser
const stops: (() => Promise<void>)[] = []

beforeAll(async () => {
  for (const name of ['mcp', 'express', 'asking', 'askingExpress'] as const) ports[name] = await freePort()
  const resource = (port: number, path: string) => ({
    resource: `http://localhost:${port}${path}`,
    name: 'Notes',
    scopes,
    default_scopes: ['notes:read'],
  })
  const theirs = [
    resource(ports.mcp, '/mcp'),
    resource(ports.express, '/notes'),
    resource(ports.asking, '/mcp'),
    resource(ports.askingExpress, '/notes'),
  ]
  tandem = await startTandem({ config: { TANDEM_RESOURCES: theirs } })
  ada = await tandem.signIn('ada')
  const env = { ISSUER: tandem.url }
  stops.push(await startExample('mcp-server/server.ts', { ...env, PORT: String(ports.mcp) }))
  stops.push(await startExample('express-app/app.ts', { ...env, PORT: String(ports.express) }))
  for (const [script, port, servesResource] of [
    ['mcp-server/server.ts', ports.asking, theirs[2]?.resource],
    ['express-app/app.ts', ports.askingExpress, theirs[3]?.resource],
  ] as const) {
    const client = { name: 'Notes', redirectUris: [], grantTypes: [], confidential: true, servesResource }
    const { clientId, clientSecret } = await tandem.parts.oauth.clients.create(client)
    const credentials = { CLIENT_ID: clientId, CLIENT_SECRET: clientSecret ?? '' }
    stops.push(await startExample(script, { ...env, ...credentials, PORT: String(port) }))
  }
})
afterAll(async () => {
  for (const stop of stops) await stop()
  await tandem?.close()
})

const endpoint = () => `http://localhost:${ports.mcp}/mcp`
const notesUrl = () => `http://localhost:${ports.express}/notes`

describe('an MCP server of somebody else’s, by JWKS', () => {
  /** The official client, from one address to the tools; its person consents at Tandem. */
  async function connect() {
    const notebook = rememberingClient()
    const begin = () => new StreamableHTTPClientTransport(new URL(endpoint()), { authProvider: notebook })
    const transport = begin()
    const options = { versionNegotiation: { mode: 'auto' } } as const
    await expect(new Client({ name: 'notebook', version: '1' }, options).connect(transport)).rejects.toThrow(
      UnauthorizedError,
    )
    const { consent, back } = await consentTo(ada, notebook.asked?.href ?? '')
    await transport.finishAuth(back.searchParams)
    const client = new Client({ name: 'notebook', version: '1' }, options)
    await client.connect(begin())
    return { client, notebook, consent }
  }

  it('the official client signs in at Tandem and calls a tool', async () => {
    const { client, consent } = await connect()
    expect(consent).toMatchObject({
      resource: 'Notes',
      // Our records aren't there to be limited.
      objects: [],
      scopes: [{ scope: 'notes:read', words: 'Read your notes' }],
    })
    const listed = await client.callTool({ name: 'list_notes', arguments: {} })
    expect(listed.content).toEqual([{ type: 'text', text: '[]' }])
    await client.close()
  })

  it('a tool that needs more says so, and the person is asked for it', async () => {
    const { client, notebook } = await connect()
    notebook.asked = undefined
    await expect(client.callTool({ name: 'add_note', arguments: { text: 'Milk' } })).rejects.toThrow()
    expect(notebook.asked).toBeDefined()
    const { consent } = await consentTo(ada, String(notebook.asked))
    expect(consent.scopes.map(({ scope }) => scope)).toContain('notes:write')
    await client.close()
  })

  it('the doctor finds nothing wrong, and every known client would get in', async () => {
    const report = await diagnose(endpoint(), { register: false })
    expect(report.steps.filter(({ outcome }) => outcome === 'failed')).toEqual([])
    expect(report.clients.filter(({ outcome }) => outcome === 'failed')).toEqual([])
  })

  it('G1 a token for Tandem’s own endpoint is refused there, and one for there at Tandem’s', async () => {
    const own = await connectAgent({ browser: ada })
    const theirs = await connectAgent({ browser: ada, resource: endpoint() })
    const call = (url: string, token: string) =>
      fetch(url, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: '{}',
      })
    expect((await call(endpoint(), own.accessToken)).status).toBe(401)
    expect((await call(`${tandem.url}/mcp`, theirs.accessToken)).status).toBe(401)
    expect((await call(endpoint(), theirs.accessToken)).status).not.toBe(401)
  })

  it('Tandem describes its own resources only', async () => {
    const document = await fetch(`${tandem.url}/.well-known/oauth-protected-resource/mcp`)
    expect(await document.json()).toMatchObject({ resource: `${tandem.url}/mcp` })
    expect((await fetch(`${tandem.url}/.well-known/oauth-protected-resource/notes`)).status).toBe(404)
  })
})

describe('an Express app of somebody else’s', () => {
  const as = (token: string) => ({ Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' })

  it('its API challenges, describes itself, and serves whoever its person let in', async () => {
    const refused = await fetch(notesUrl())
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Bearer .*scope="notes:read".*resource_metadata="/),
    ])
    const where = /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '')?.[1] ?? ''
    expect(await (await fetch(where)).json()).toMatchObject({
      resource: notesUrl(),
      authorization_servers: [tandem.url],
    })

    const reader = await connectAgent({ browser: ada, resource: notesUrl() })
    expect(await (await fetch(notesUrl(), { headers: as(reader.accessToken) })).json()).toEqual({ notes: [] })
    const body = JSON.stringify({ text: 'Milk' })
    const tooFar = await fetch(notesUrl(), { method: 'POST', headers: as(reader.accessToken), body })
    expect([tooFar.status, tooFar.headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringContaining('scope="notes:write"'),
    ])

    const writer = await connectAgent({ browser: ada, resource: notesUrl(), scope: 'notes:read notes:write' })
    expect((await fetch(notesUrl(), { method: 'POST', headers: as(writer.accessToken), body })).status).toBe(
      201,
    )
    expect(await (await fetch(notesUrl(), { headers: as(reader.accessToken) })).json()).toEqual({
      notes: ['Milk'],
    })
  })

  it('one person’s notes are not another’s', async () => {
    const grace = await connectAgent({ browser: await tandem.signIn('grace'), resource: notesUrl() })
    expect(await (await fetch(notesUrl(), { headers: as(grace.accessToken) })).json()).toEqual({ notes: [] })
  })
})

describe('by introspection', () => {
  const list = (url: string, token: string) => fetch(url, { headers: { Authorization: `Bearer ${token}` } })
  const call = (url: string, token: string) => callTool(url, token, 'list_notes', {})
  /** Connects an agent and ends its grant before anybody saw the token. */
  const ended = async (resource: string) => {
    const agent = await connectAgent({ browser: ada, resource })
    const { body } = await ada.json('GET', '/api/grants')
    const { grants } = body as { grants: { id: string; client: { id: string }; status: string }[] }
    const grant = grants.find(({ client, status }) => client.id === agent.clientId && status !== 'ended')
    expect((await ada.json('DELETE', `/api/grants/${grant?.id}`)).status).toBe(204)
    return agent.accessToken
  }

  it('the same programs let the same people in, with credentials of their own', async () => {
    const [asking, askingExpress] = [
      `http://localhost:${ports.asking}/mcp`,
      `http://localhost:${ports.askingExpress}/notes`,
    ]
    const agent = await connectAgent({ browser: ada, resource: asking })
    expect(await call(asking, agent.accessToken)).toMatchObject({
      status: 200,
      body: { result: { content: [{ type: 'text', text: '[]' }] } },
    })
    const other = await connectAgent({ browser: ada, resource: askingExpress })
    expect((await list(askingExpress, other.accessToken)).status).toBe(200)
    // Neither is told of the other's tokens (RFC 7662 §4).
    expect((await list(askingExpress, agent.accessToken)).status).toBe(401)
    expect((await list(askingExpress, 'made up')).status).toBe(400)
  })

  it('a grant that ended is refused, where a server that only checks signatures waits for the token’s end', async () => {
    expect(
      (
        await list(
          `http://localhost:${ports.askingExpress}/notes`,
          await ended(`http://localhost:${ports.askingExpress}/notes`),
        )
      ).status,
    ).toBe(401)
    expect(
      (
        await call(
          `http://localhost:${ports.asking}/mcp`,
          await ended(`http://localhost:${ports.asking}/mcp`),
        )
      ).status,
    ).toBe(401)
    expect((await list(notesUrl(), await ended(notesUrl()))).status).toBe(200)
  })
})

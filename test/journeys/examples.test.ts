import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diagnose } from '../../src/cli/doctor/diagnose.ts'
import { connectAgent, consentTo } from '../support/connect-agent.ts'
import { startExample } from '../support/start-example.ts'
import { freePort, startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'
import { rememberingClient } from './remembering-client.ts'

const scopes = { 'notes:read': 'Read your notes', 'notes:write': 'Add notes' }
const ports = { mcp: 0, express: 0 }
let tandem: RunningTandem
let ada: Browser
const stops: (() => Promise<void>)[] = []

beforeAll(async () => {
  ports.mcp = await freePort()
  ports.express = await freePort()
  const resource = (port: number, path: string) => ({
    resource: `http://localhost:${port}${path}`,
    name: 'Notes',
    scopes,
    default_scopes: ['notes:read'],
  })
  tandem = await startTandem({
    config: { TANDEM_RESOURCES: [resource(ports.mcp, '/mcp'), resource(ports.express, '/notes')] },
  })
  ada = await tandem.signIn('ada')
  const env = { ISSUER: tandem.url }
  stops.push(await startExample('mcp-server/server.ts', { ...env, PORT: String(ports.mcp) }))
  stops.push(await startExample('express-app/app.ts', { ...env, PORT: String(ports.express) }))
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

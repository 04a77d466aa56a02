import {
  Client,
  DpopSession,
  PrivateKeyJwtProvider,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client'
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { isId } from '#foundation'
import { consentTo } from '../support/connect-agent.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { rememberingClient } from './remembering-client.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

// The official SDK's own ways of proving who it is and what it holds.
const modern = { versionNegotiation: { mode: 'auto' } } as const
const servers: RunningTandem[] = []
const start = async (nonces: boolean) => {
  const tandem = await startTandem({ config: { TANDEM_DPOP_NONCES: nonces } })
  servers.push(tandem)
  return tandem
}
afterAll(async () => {
  for (const server of servers) await server.close()
})

describe.each([
  ['without nonces', false],
  ['with nonces', true],
])('the official client with a DpopSession, %s', (_name, nonces) => {
  it('holds tokens that nobody else can use', async () => {
    const tandem = await start(nonces)
    const browser = await tandem.signIn('grace')
    const session = await DpopSession.create()
    const notebook = Object.assign(rememberingClient(), { dpop: () => session })
    const begin = () =>
      new StreamableHTTPClientTransport(new URL('/mcp', tandem.url), { authProvider: notebook })
    const transport = begin()
    const first = new Client({ name: 'notebook', version: '1' }, modern)
    await expect(first.connect(transport)).rejects.toThrow(UnauthorizedError)
    const { back } = await consentTo(browser, String(notebook.asked))
    await transport.finishAuth(back.searchParams)
    expect(notebook.held).toMatchObject({ token_type: 'DPoP' })

    const client = new Client({ name: 'notebook', version: '1' }, modern)
    await client.connect(begin())
    const said = await client.callTool({ name: 'whoami', arguments: {} })
    expect(said.structuredContent).toMatchObject({ app: 'Notebook' })
    await client.close()

    // What was stolen from it is worth nothing without its key.
    const stolen = await fetch(new URL('/mcp', tandem.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${notebook.held?.access_token}`, 'content-type': 'application/json' },
      body: '{}',
    })
    expect(stolen.status).toBe(401)
    const refreshed = await fetch(new URL('/oauth/token', tandem.url), {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: notebook.registered?.client_id ?? '',
        refresh_token: notebook.held?.refresh_token ?? '',
      }),
    })
    expect([refreshed.status, await refreshed.json()]).toMatchObject([400, { error: 'invalid_dpop_proof' }])
  })
})

describe('the official client’s PrivateKeyJwtProvider', () => {
  let tandem: RunningTandem
  beforeAll(async () => {
    tandem = await start(false)
  })

  it('gets from one address to the tools, for itself, with its key alone', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const browser = await tandem.signIn('ada')
    const { body } = await browser.json('GET', '/api/session')
    const owner = (body as { member: { id: string } }).member.id
    if (!isId('mem', owner)) throw new Error('Ada has no id')
    const { clientId } = await tandem.parts.oauth.clients.create({
      name: 'Nightly report',
      redirectUris: [],
      confidential: true,
      grantTypes: ['client_credentials'],
      jwks: { keys: [{ ...(await exportJWK(publicKey)) }] },
      owner,
    })
    const authProvider = new PrivateKeyJwtProvider({
      clientId,
      privateKey: await exportPKCS8(privateKey),
      algorithm: 'ES256',
      clientName: 'Nightly report',
    })
    const client = new Client({ name: 'nightly', version: '1' }, modern)
    await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', tandem.url), { authProvider }))
    const said = await client.callTool({ name: 'whoami', arguments: {} })
    expect(said.structuredContent).toMatchObject({ app: 'Nightly report' })
    await client.close()
  })
})

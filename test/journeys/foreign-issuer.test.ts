import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { GrantView } from '#contract'
import { openBrowser } from '../support/browser.ts'
import { startOpenIdProvider } from '../support/openid-provider.ts'
import type { OpenIdProvider } from '../support/openid-provider.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { rememberingClient } from './remembering-client.ts'

const back = 'http://127.0.0.1:9999/callback'
const scope = 'twenty:read twenty:write'
let provider: OpenIdProvider
let tandem: RunningTandem
beforeAll(async () => {
  provider = await startOpenIdProvider({}, { api: { scope, clients: { notebook: back, ledger: back } } })
  tandem = await startTandem({
    config: {
      TANDEM_AUTHORIZATION_SERVER: {
        issuer: provider.issuer,
        type: 'at+jwt',
        email_domains: ['acme.example'],
        scopes: { 'twenty:read': ['crm:read', '*:read'], 'twenty:write': ['crm:write', '*:write'] },
      },
    },
  })
  provider.signInAs({ sub: 'one', email: 'grace@acme.example', email_verified: true, name: 'Grace' })
})
afterAll(async () => {
  await tandem?.close()
  await provider?.close()
})

/** The person at the other server's pages: follows redirects there, cookies kept, to the app's own address. */
async function allowThere(asked: URL): Promise<URLSearchParams> {
  const browser = openBrowser(provider.issuer)
  let at = asked.href
  for (let hops = 0; hops < 10; hops++) {
    const location = (await browser.fetch(at)).headers.get('location')
    if (location === null) throw new Error(`the other server stopped at ${at}`)
    if (location.startsWith(back)) return new URL(location).searchParams
    at = new URL(location, provider.issuer).href
  }
  throw new Error('the other server goes in circles')
}

async function connect(clientId: string) {
  const notebook = rememberingClient({ redirectUri: back })
  notebook.registered = { client_id: clientId, issuer: provider.issuer }
  const begin = () =>
    new StreamableHTTPClientTransport(new URL('/mcp', tandem.url), { authProvider: notebook })
  const transport = begin()
  await expect(new Client({ name: 'notebook', version: '1' }).connect(transport)).rejects.toThrow(
    UnauthorizedError,
  )
  if (!notebook.asked) throw new Error('the client did not ask its person')
  expect(notebook.asked.origin).toBe(provider.issuer)
  await transport.finishAuth(await allowThere(notebook.asked))
  const client = new Client({ name: 'notebook', version: '1' })
  await client.connect(begin())
  return { client, notebook }
}

it('the official client finds the other server by our metadata, signs in there, and calls a tool here', async () => {
  const { client, notebook } = await connect('notebook')
  expect(decodeJwt(notebook.held?.access_token ?? '')).toMatchObject({
    iss: provider.issuer,
    aud: `${tandem.url}/mcp`,
  })
  const { structuredContent } = await client.callTool({ name: 'whoami', arguments: {} })
  expect(structuredContent).toMatchObject({ person: { name: 'Grace' }, scopes: ['crm:read', 'crm:write'] })
  const made = await client.callTool({
    name: 'apply_changes',
    arguments: {
      changes: [{ do: 'create', object: 'company', values: { name: 'Engines' } }],
      reason: 'a test',
    },
  })
  expect(made.isError).not.toBe(true)

  const grace = await tandem.signIn('grace')
  const { body } = await grace.json('GET', '/api/grants')
  const [grant] = (body as { grants: GrantView[] }).grants
  expect(grant).toMatchObject({ kind: 'external', client: { name: 'notebook' } })
  await grace.json('DELETE', `/api/grants/${grant?.id}`)
  await expect(client.callTool({ name: 'whoami', arguments: {} })).rejects.toThrow(/403|ended/)
  await client.close()
})

it('somebody whom this Tandem does not know is told so', async () => {
  provider.signInAs({ sub: 'two', email: 'mallory@mallory.example', email_verified: true })
  await expect(connect('ledger')).rejects.toThrow(/403|does not know/)
})

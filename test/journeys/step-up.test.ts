import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConsentView, GrantView } from '#contract'
import { consentTo } from '../support/connect-agent.ts'
import { startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'
import { rememberingClient } from './remembering-client.ts'

let tandem: RunningTandem
let ada: Browser
beforeAll(async () => {
  tandem = await startTandem()
  ada = await tandem.signIn('ada')
})
afterAll(() => tandem.close())

describe.each([
  ['somewhere on the network', 'https://notebook.example/callback'],
  ['on this computer', 'http://127.0.0.1:9999/callback'],
])('the official client steps up, %s', (_where, redirectUri) => {
  const notebook = rememberingClient({ redirectUri })
  const asked: ConsentView[] = []
  const begin = () =>
    new StreamableHTTPClientTransport(new URL('/mcp', tandem.url), { authProvider: notebook })
  /** The person answers what the client asked for; the client takes the answer. */
  async function answer(transport: StreamableHTTPClientTransport): Promise<void> {
    if (!notebook.asked) throw new Error('the client did not ask its person')
    const { consent, back } = await consentTo(ada, notebook.asked.href)
    asked.push(consent)
    notebook.asked = undefined
    await transport.finishAuth(back.searchParams)
  }
  const deletion = (id: string) => ({
    name: 'apply_changes',
    arguments: { changes: [{ do: 'delete', object: 'company', id, version: 1 }] },
  })

  it('a call beyond the grant leads to a page that asks for what is new; the call then goes through', async () => {
    const first = begin()
    await expect(new Client({ name: 'notebook', version: '1' }).connect(first)).rejects.toThrow(
      UnauthorizedError,
    )
    await answer(first)
    const before = notebook.held?.access_token ?? ''
    expect(notebook.held?.scope).toBe('crm:read crm:write')

    const transport = begin()
    const client = new Client({ name: 'notebook', version: '1' })
    await client.connect(transport)
    const created = await client.callTool({
      name: 'apply_changes',
      arguments: { changes: [{ do: 'create', object: 'company', values: { name: 'Soon gone' } }] },
    })
    const { changes } = created.structuredContent as { changes: [{ id: string }] }

    // RFC 6750 §3.1, MCP "Runtime Insufficient Scope Errors": the 403 names every scope of the call.
    await expect(client.callTool(deletion(changes[0].id))).rejects.toThrow(UnauthorizedError)
    expect(notebook.asked?.searchParams.get('scope')?.split(' ')).toEqual(
      expect.arrayContaining(['crm:read', 'crm:write', 'crm:delete']),
    )
    await answer(transport)
    // What it had and what it asked for: one token covers both.
    expect(notebook.held?.scope?.split(' ').toSorted()).toEqual(['crm:delete', 'crm:read', 'crm:write'])
    const done = await client.callTool(deletion(changes[0].id))
    expect(done.isError ?? false).toBe(false)
    await client.close()

    // Decision 13: the earlier access isn't ended; another device of hers may be using it.
    const { body } = await ada.json('GET', '/api/grants')
    const { grants } = body as { grants: GrantView[] }
    const own = grants.filter((grant) => grant.client.id === notebook.registered?.client_id)
    expect(own.map(({ status }) => status)).toEqual(['active', 'active'])
    const whoami = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami', arguments: {} } }
    const still = await fetch(`${tandem.url}/mcp`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${before}`,
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        'MCP-Protocol-Version': '2025-11-25',
      },
      body: JSON.stringify(whoami),
    })
    expect(still.status).toBe(200)
  })

  it('the second page marks what it has already, unless any program could be asking (A208)', () => {
    const [first, second] = asked
    expect(first?.remembered).toBeNull()
    expect(first?.scopes.some(({ already }) => already)).toBe(false)
    const marked = second?.scopes.filter(({ already }) => already).map(({ scope }) => scope)
    if (redirectUri.startsWith('https:')) {
      expect(marked?.toSorted()).toEqual(['crm:read', 'crm:write'])
      expect(second?.remembered).toMatchObject({ objects: null })
    } else {
      expect(marked).toEqual([])
      expect(second?.remembered).toBeNull()
    }
  })
})

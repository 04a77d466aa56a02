import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { consentingPerson } from './consenting-person.ts'
import type { ConsentingPerson } from './consenting-person.ts'
import { rememberingClient } from './remembering-client.ts'

let tandem: RunningTandem
let person: ConsentingPerson
beforeAll(async () => {
  tandem = await startTandem()
  person = await consentingPerson(tandem)
})
afterAll(async () => {
  await person?.close()
  await tandem?.close()
})

describe('the first generation of the official SDK', () => {
  it('discovers, registers, signs in, lists and calls tools', async () => {
    const notebook = rememberingClient()
    // The two SDKs' providers are the same but for their declared types.
    const authProvider = notebook as unknown as OAuthClientProvider
    const begin = () => new StreamableHTTPClientTransport(new URL('/mcp', tandem.url), { authProvider })
    const transport = begin()
    const first = new Client({ name: 'notebook', version: '1' })
    await expect(first.connect(transport as Transport)).rejects.toThrow(UnauthorizedError)
    const answer = await person.allow(notebook.asked ?? '')
    await transport.finishAuth(answer.searchParams.get('code') ?? '')

    const client = new Client({ name: 'notebook', version: '1' })
    await client.connect(begin() as Transport)
    expect(client.getInstructions()).toContain('whoami')
    const { tools } = await client.listTools()
    expect(tools.map((tool) => tool.name)).toContain('apply_changes')
    const me = await client.callTool({ name: 'whoami', arguments: {} })
    expect(me.structuredContent).toMatchObject({ app: 'Notebook', scopes: ['crm:read', 'crm:write'] })
    // The client checks every result against the tool's output schema.
    const described = await client.callTool({ name: 'describe', arguments: {} })
    expect(described.structuredContent).toMatchObject({ operators: { text: expect.any(Array) } })
    await client.close()
  })

  it('goes on with its refresh token after the access token is gone', async () => {
    const notebook = rememberingClient()
    const authProvider = notebook as unknown as OAuthClientProvider
    const begin = () => new StreamableHTTPClientTransport(new URL('/mcp', tandem.url), { authProvider })
    const transport = begin()
    const first = new Client({ name: 'notebook', version: '1' })
    await first.connect(transport as Transport).catch(() => undefined)
    await transport.finishAuth((await person.allow(notebook.asked ?? '')).searchParams.get('code') ?? '')
    const before = notebook.held
    if (!before) throw new Error('no tokens')
    notebook.held = { ...before, access_token: 'long-gone' }
    notebook.asked = undefined

    const client = new Client({ name: 'notebook', version: '1' })
    await client.connect(begin() as Transport)
    expect(notebook.asked).toBeUndefined()
    expect(notebook.held.refresh_token).not.toBe(before.refresh_token)
    await client.close()
  })
})

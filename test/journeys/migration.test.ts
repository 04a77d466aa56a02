import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { afterEach, describe, expect, it } from 'vitest'
import { diagnose } from '../../src/cli/doctor/diagnose.ts'
import { consentTo } from '../support/connect-agent.ts'
import { startExample } from '../support/start-example.ts'
import { freePort, startTandem } from '../support/tandem.ts'
import { rememberingClient } from './remembering-client.ts'

// docs/guides/migrate-from-sdk-auth-router.md, tried on the SDK's own example.

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** One client of the v1 SDK from the server's address to its tool. `answer` stands for the person at her browser. */
async function whoami(endpoint: string, answer: (asked: string) => Promise<URL>): Promise<unknown> {
  const notebook = rememberingClient()
  const begin = () => {
    const authProvider = notebook as OAuthClientProvider
    return new StreamableHTTPClientTransport(new URL(endpoint), { authProvider })
  }
  const transport = begin()
  const first = new Client({ name: 'notebook', version: '1' })
  await expect(first.connect(transport as Transport)).rejects.toThrow('Unauthorized')
  const back = await answer(notebook.asked?.href ?? '')
  await transport.finishAuth(back.searchParams.get('code') ?? '')
  const client = new Client({ name: 'notebook', version: '1' })
  await client.connect(begin() as Transport)
  const result = await client.callTool({ name: 'whoami', arguments: {} })
  await client.close()
  const [content] = result.content as { text: string }[]
  return JSON.parse(content?.text ?? '')
}

const wrong = async (endpoint: string) =>
  (await diagnose(endpoint)).steps
    .filter(({ outcome }) => outcome === 'warning' || outcome === 'failed')
    .map(({ step }) => step)

describe('moving from the SDK’s router to Tandem', () => {
  it('before: a client gets in without anybody being asked, and the doctor has something to say', async () => {
    const port = await freePort()
    stops.push(await startExample('sdk-auth-router/before.ts', { PORT: String(port) }))
    const endpoint = `http://localhost:${port}/mcp`
    const said = await whoami(endpoint, async (asked) => {
      const answer = await fetch(asked, { redirect: 'manual' })
      return new URL(answer.headers.get('location') ?? '')
    })
    expect(said).toMatchObject({ scopes: ['notes:read'] })
    expect(await wrong(endpoint)).toEqual([
      'challenge',
      'resource metadata',
      'server metadata',
      'foreign tokens',
    ])
  })

  it('after: the same client at the same address, its person asked by Tandem, and nothing left to say', async () => {
    const port = await freePort()
    const endpoint = `http://localhost:${port}/mcp`
    const scopes = { 'notes:read': 'Read your notes' }
    const tandem = await startTandem({
      config: { TANDEM_RESOURCES: [{ resource: endpoint, name: 'Notes', scopes }] },
    })
    stops.push(() => tandem.close())
    stops.push(await startExample('sdk-auth-router/after.ts', { PORT: String(port), ISSUER: tandem.url }))
    const ada = await tandem.signIn('ada')
    const said = await whoami(endpoint, async (asked) => (await consentTo(ada, asked)).back)
    expect(said).toMatchObject({ scopes: ['notes:read'], extra: { person: expect.stringMatching(/^mem_/) } })
    expect(await wrong(endpoint)).toEqual([])
  })
})

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEverything } from '../support/everything.ts'
import type { Everything } from '../support/everything.ts'
import { modernClient, oldClient, textOf } from '../support/mcp-clients.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { addUpstream } from '../support/upstreams.ts'
import { consentingPerson } from './consenting-person.ts'
import type { ConsentingPerson } from './consenting-person.ts'
import { rememberingClient } from './remembering-client.ts'

let tandem: RunningTandem
let everything: Everything
let person: ConsentingPerson
beforeAll(async () => {
  tandem = await startTandem()
  everything = await startEverything()
  await addUpstream(tandem, { kind: 'http', name: 'every', title: 'Everything', url: everything.url })
  person = await consentingPerson(tandem)
})
afterAll(async () => {
  await person?.close()
  await tandem?.close()
  await everything?.close()
})

const connect = async () => {
  const { accessToken } = await tandem.connectAgent({ resource: `${tandem.url}/mcp/every` })
  return { url: `${tandem.url}/mcp/every`, token: accessToken }
}

describe('server-everything behind the gateway', () => {
  it('is reached from its address alone: sign-in, consent, tools', async () => {
    const notebook = rememberingClient()
    const begin = () =>
      new StreamableHTTPClientTransport(new URL('/mcp/every', tandem.url), { authProvider: notebook })
    const transport = begin()
    const first = new Client({ name: 'notebook', version: '1' })
    await expect(first.connect(transport)).rejects.toThrow(UnauthorizedError)
    const answer = await person.allow(notebook.asked ?? new URL('about:blank'))
    await transport.finishAuth(answer.searchParams)
    expect(notebook.held).toMatchObject({ scope: 'every:read every:write' })
    const client = new Client({ name: 'notebook', version: '1' })
    await client.connect(begin())
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('echo')
    const result = await client.callTool({ name: 'echo', arguments: { message: 'hello' } })
    expect(textOf(result)).toBe('Echo: hello')
    expect(result._meta).toMatchObject({ 'io.tandem/origin': 'every' })
    await client.close()
  })

  it('is in the record with each call, and with nothing of what every client does first', async () => {
    const url = `${tandem.url}/mcp/every`
    const { accessToken } = await tandem.connectAgent({ resource: url, name: 'Recorded' })
    const client = await modernClient(url, accessToken)
    await client.listTools()
    await client.callTool({ name: 'echo', arguments: { message: 'hello' } })
    await client.listPrompts()
    await client.close()
    const ada = await tandem.signIn('ada')
    const called = async () => {
      const { body } = await ada.json('GET', '/api/audit?limit=200&event=tool.called')
      const { entries } = body as { entries: { actor: { clientName?: string }; subject: { id: string } }[] }
      return entries.filter(({ actor }) => actor.clientName === 'Recorded').map(({ subject }) => subject.id)
    }
    // The record is written a moment after the answer, in the order of the calls.
    await expect.poll(called).toContain('every/prompts/list')
    expect((await called()).toSorted()).toEqual(['every/echo', 'every/prompts/list'])
  })

  it('answers the first generation of the SDK, with progress, prompts and resources', async () => {
    const { url, token } = await connect()
    const client = await oldClient(url, token)
    expect(client.getServerVersion()?.name).toMatch(/everything/)
    const heard: number[] = []
    await client.callTool(
      { name: 'trigger-long-running-operation', arguments: { duration: 0.4, steps: 4 } },
      undefined,
      { onprogress: ({ progress }) => heard.push(progress) },
    )
    expect(heard.length).toBeGreaterThan(1)
    const { prompts } = await client.listPrompts()
    expect(prompts.length).toBeGreaterThan(0)
    const { resources } = await client.listResources()
    const [resource] = resources
    const read = await client.readResource({ uri: resource?.uri ?? '' })
    expect(read._meta).toMatchObject({ 'io.tandem/origin': 'every' })
    expect(read.contents).toHaveLength(1)
    await client.close()
  })

  it('answers a client of 2026-07-28 over the bridge, though it speaks only the older revisions', async () => {
    const { url, token } = await connect()
    const client = await modernClient(url, token)
    expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28')
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('echo')
    const result = await client.callTool({ name: 'echo', arguments: { message: 'over the bridge' } })
    expect(textOf(result)).toBe('Echo: over the bridge')
    expect(result._meta).toMatchObject({ 'io.tandem/origin': 'every' })
    expect((await client.listPrompts()).prompts.length).toBeGreaterThan(0)
    await client.close()
  })
})

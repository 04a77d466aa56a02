import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GrantView } from '#contract'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { consentingPerson } from './consenting-person.ts'
import type { ConsentingPerson } from './consenting-person.ts'
import { rememberingClient } from './remembering-client.ts'
import type { RememberingClient } from './remembering-client.ts'

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

const modern = { versionNegotiation: { mode: 'auto' } } as const
type Structured = Record<string, unknown>

/** Connects as somebody who knows one address; the person decides when the client asks. */
async function connect(notebook: RememberingClient, options: typeof modern | undefined = undefined) {
  const begin = () =>
    new StreamableHTTPClientTransport(new URL('/mcp', tandem.url), { authProvider: notebook })
  const transport = begin()
  const first = new Client({ name: 'notebook', version: '1' }, options)
  await expect(first.connect(transport)).rejects.toThrow(UnauthorizedError)
  if (!notebook.asked) throw new Error('the client did not ask its person')
  const answer = await person.allow(notebook.asked)
  await transport.finishAuth(answer.searchParams)
  const client = new Client({ name: 'notebook', version: '1' }, options)
  await client.connect(begin())
  const call = async (name: string, sent: Structured = {}): Promise<Structured> => {
    const result = await client.callTool({ name, arguments: sent })
    if (result.isError) throw new Error(JSON.stringify(result.content))
    return result.structuredContent as Structured
  }
  return { client, call, answer }
}

describe.each([
  ['2026-07-28', modern],
  ['2025-11-25', undefined],
] as const)('the official client, speaking %s', (version, options) => {
  it('gets from one address to the tools, by dynamic registration', async () => {
    const notebook = rememberingClient()
    const { client, call, answer } = await connect(notebook, options)
    expect(client.getNegotiatedProtocolVersion()).toBe(version)
    expect(answer.searchParams.get('iss')).toBe(tandem.url)
    expect(notebook.registered).toMatchObject({ client_id: expect.stringMatching(/^cli_/) })
    expect(notebook.held).toMatchObject({ token_type: 'Bearer', refresh_token: expect.any(String) })
    const { tools } = await client.listTools()
    expect(tools).toHaveLength(8)
    expect(await call('whoami')).toMatchObject({
      person: { role: 'administrator' },
      app: 'Notebook',
      scopes: ['crm:read', 'crm:write'],
    })
    await client.close()
  })

  it('creates and edits a record, which the history shows under its grant, and takes it back', async () => {
    const { client, call } = await connect(rememberingClient(), options)
    const created = await call('apply_changes', {
      changes: [{ do: 'create', object: 'company', values: { name: `Analytical Engines ${version}` } }],
      reason: 'Met them at the fair',
    })
    const [{ id }] = created['changes'] as [{ id: string }]
    const { record } = (await call('get', { object: 'company', id })) as { record: { version: number } }
    const edited = await call('apply_changes', {
      changes: [{ do: 'update', object: 'company', id, version: record.version, values: { city: 'London' } }],
    })
    const { entries } = (await call('history', { object: 'company', id })) as { entries: Structured[] }
    expect(entries[0]).toMatchObject({
      change_set: edited['change_set'],
      by: 'Notebook for Ada',
    })
    expect(entries[1]).toMatchObject({ reason: 'Met them at the fair' })

    const { undone, conflicts } = await call('undo', { change_set: edited['change_set'] })
    expect(undone).toMatchObject({ undoes: edited['change_set'] })
    expect(conflicts).toEqual([])
    const after = (await call('get', { object: 'company', id })) as { record: { fields: Structured } }
    expect(after.record.fields).not.toHaveProperty('city')
    await client.close()
  })

  it('is told what to do when its copy of a record is old', async () => {
    const { client, call } = await connect(rememberingClient(), options)
    const created = await call('apply_changes', {
      changes: [{ do: 'create', object: 'company', values: { name: `Difference Engines ${version}` } }],
    })
    const [{ id }] = created['changes'] as [{ id: string }]
    const update = (version: number, city: string) => ({
      changes: [{ do: 'update', object: 'company', id, version, values: { city } }],
    })
    await call('apply_changes', update(1, 'London'))
    const result = await client.callTool({ name: 'apply_changes', arguments: update(1, 'Turin') })
    expect(result.isError).toBe(true)
    const [content] = result.content
    const { error } = JSON.parse(content?.type === 'text' ? content.text : '') as { error: Structured }
    expect(error).toMatchObject({
      code: 'conflict',
      current: [{ object: 'company', id, version: 2, fields: { city: 'London' } }],
      next: expect.any(String),
    })
    await client.close()
  })

  it('is refused by the very next call after its grant was ended', async () => {
    const notebook = rememberingClient({ name: `Ended ${version}` })
    const { client, call } = await connect(notebook, options)
    await call('whoami')
    const ada = await tandem.signIn('ada')
    const { body } = await ada.json('GET', '/api/grants')
    const { grants } = body as { grants: GrantView[] }
    const grant = grants.find((each) => each.client.name === `Ended ${version}`)
    expect((await ada.json('DELETE', `/api/grants/${grant?.id}`)).status).toBe(204)
    notebook.asked = undefined
    await expect(call('whoami')).rejects.toThrow()
    // Neither its access token nor its refresh token counts any more: it can only ask its person again.
    expect(notebook.asked).toBeDefined()
    await client.close()
  })
})

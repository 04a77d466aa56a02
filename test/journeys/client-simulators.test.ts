import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientShapes } from '../../src/cli/doctor/shapes/client-shapes.ts'
import { openDocumentHost } from '../support/simulators/document-host.ts'
import type { DocumentHost } from '../support/simulators/document-host.ts'
import { SimulatedClient } from '../support/simulators/simulate.ts'
import { startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'

let tandem: RunningTandem
let ada: Browser
let documents: DocumentHost
let asking: RunningTandem
let adaThere: Browser
beforeAll(async () => {
  tandem = await startTandem()
  asking = await startTandem({ config: { TANDEM_CLIENT_POLICY: 'ask' } })
  adaThere = await asking.signIn('ada')
  ada = await tandem.signIn('ada')
  documents = await openDocumentHost()
})
afterAll(async () => {
  await documents?.close()
  await asking?.close()
  await tandem?.close()
})

const byDocument = ['Claude.ai', 'ChatGPT', 'Claude Code', 'Codex', 'VS Code']

describe.each(clientShapes.map((shape) => [shape.name, shape] as const))('%s', (name, shape) => {
  const client = () => new SimulatedClient(shape, { endpoint: `${tandem.url}/mcp`, browser: ada, documents })

  it('gets from the address to a tool, through its person’s consent', async () => {
    const simulated = client()
    await simulated.signIn()
    const kind = byDocument.includes(name) ? 'document' : 'dynamic'
    expect(simulated.way?.identity.kind).toBe(kind)
    const { status, body } = await simulated.call('whoami')
    expect([status, body]).toMatchObject([
      200,
      { result: { structuredContent: { person: { name: 'Ada' } } } },
    ])
  })

  it('is asked once, then refreshes by its own habits for as long as it likes', async () => {
    const simulated = client()
    const first = await simulated.signIn()
    for (let round = 0; round < 3; round++) {
      const answers = await simulated.refresh()
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
      expect(new Set(answers.map(({ body }) => body['refresh_token'])).size).toBe(1)
      expect((await simulated.call('whoami')).status).toBe(200)
    }
    expect(simulated.tokens?.scope).toBe(first.scope)
    expect(simulated.asked).toBe(1)
  })

  it('drops its tokens when its grant has ended, and gets in again under the same name', async () => {
    const simulated = client()
    await simulated.signIn()
    const { known } = simulated
    const { body } = await ada.json('GET', '/api/grants')
    const { grants } = body as { grants: { id: string; client: { id: string }; status: string }[] }
    const mine = grants.filter((grant) => grant.client.id === known?.id && grant.status !== 'ended')
    for (const grant of mine) await ada.json('DELETE', `/api/grants/${grant.id}`)
    const answers = await simulated.refresh()
    expect(answers.map(({ body }) => body['error'])).toEqual(answers.map(() => 'invalid_grant'))
    expect([simulated.tokens, simulated.known]).toEqual([undefined, known])
    await simulated.signIn()
    expect((await simulated.call('whoami')).status).toBe(200)
  })

  it('gets in where apps wait for an administrator, by an administrator’s own consent', async () => {
    const simulated = new SimulatedClient(shape, {
      endpoint: `${asking.url}/mcp`,
      browser: adaThere,
      documents,
    })
    await simulated.signIn()
    expect((await simulated.call('whoami')).status).toBe(200)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLog } from '#foundation'
import { startTandem } from '../support/tandem.ts'
import type { ConnectedAgent, RunningTandem } from '../support/tandem.ts'

const canary = 'canary-4711-key-of-a-person'
const logged: string[] = []
let tandem: RunningTandem
let agent: ConnectedAgent
beforeAll(async () => {
  const log = createLog('debug')
  const keep = (...told: unknown[]) => void logged.push(JSON.stringify(told))
  for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level] = keep
  tandem = await startTandem({ log })
  agent = await tandem.connectAgent()
})
afterAll(() => tandem.close())

describe('four-systems §2.3: a key, or where to send it, in a URL', () => {
  it.each([
    ['/mcp', 'apiKey'],
    ['/mcp', 'api_key'],
    ['/mcp', 'APIKEY'],
    ['/mcp', 'access_token'],
    ['/mcp', 'baseUrl'],
    ['/mcp', 'api%4Bey'],
    ['/mcp/', 'apiKey'],
    ['/mcp/twenty', 'apiKey'],
    ['/api/objects', 'apiKey'],
    ['/api/keys', 'access_token'],
  ])('%s?%s= is refused with advice, also beside a good token', async (path, name) => {
    const authorization = `Bearer ${agent.accessToken}`
    for (const headers of [{}, { authorization }]) {
      const answer = await fetch(`${tandem.url}${path}?x=1&${name}=${canary}`, {
        method: path.startsWith('/mcp') ? 'POST' : 'GET',
        headers,
      })
      const text = await answer.text()
      expect(answer.status).toBe(400)
      expect(text).toContain('sign in with OAuth')
      expect(text).not.toContain(canary)
    }
  })

  it('is in no log, whatever its level, and not in the record', async () => {
    const { audit } = tandem.parts
    expect(JSON.stringify(await audit.list({ limit: 200 }))).not.toContain(canary)
    expect(logged.join('\n')).not.toContain(canary)
  })
})

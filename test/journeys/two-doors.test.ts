import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresAvailable } from '../support/postgres.ts'
import { startTandem } from '../support/tandem.ts'
import type { Browser, ConnectedAgent, RunningTandem } from '../support/tandem.ts'

/** Calls a tool at a replica that answers under the other's name, as behind a load balancer. */
function callAt(
  replica: RunningTandem,
  issuer: string,
  token: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: replica.port,
        path: '/mcp',
        method: 'POST',
        headers: {
          Host: new URL(issuer).host,
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
          Accept: 'application/json, text/event-stream',
        },
      },
      (answer) => {
        let text = ''
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
      },
    )
    sent.on('error', reject)
    sent.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami' } }))
  })
}

describe.skipIf(!postgresAvailable())('two whole replicas', { retry: 2 }, () => {
  let one: RunningTandem
  let two: RunningTandem
  let ada: Browser
  beforeAll(async () => {
    one = await startTandem({ database: 'server' })
    two = await startTandem({ config: { issuer: one.url, DATABASE_URL: one.config.DATABASE_URL } })
    ada = await one.signIn('ada')
  })
  afterAll(async () => {
    await two?.close()
    await one?.close()
  })
  const at = async (agent: ConnectedAgent) => (await callAt(two, one.url, agent.accessToken)).status
  const soon = { timeout: 1000, interval: 20 }

  it('G7 what an administrator stops at one is refused, in words, by the other at the next call; people go on', async () => {
    const agent = await one.connectAgent({ browser: ada, name: 'Notebook' })
    expect(await at(agent)).toBe(200)
    await ada.json('POST', '/api/stops', { reason: 'drill' })
    await expect.poll(() => at(agent), soon).toBe(403)
    expect((await callAt(two, one.url, agent.accessToken)).text).toContain('stopped all agents')
    await ada.json('POST', '/api/stops/lift', {})
    await expect.poll(() => at(agent), soon).toBe(200)
  })

  it('G7 a member who is disabled at one has no agents at the other, nor any that comes back with her', async () => {
    const grace = await one.signIn('grace')
    const hers = await one.connectAgent({ browser: grace, name: 'Diary' })
    const adas = await one.connectAgent({ browser: ada, name: 'Notebook' })
    expect([await at(hers), await at(adas)]).toEqual([200, 200])
    const { body } = await ada.json('GET', '/api/members')
    const { members } = body as { members: { id: string; name: string }[] }
    const id = members.find(({ name }) => name === 'Grace')?.id
    expect((await ada.json('PATCH', `/api/members/${id}`, { active: false })).status).toBe(200)
    await expect.poll(() => at(hers), soon).toBe(401)
    expect(await at(adas)).toBe(200)
    await expect
      .poll(async () => {
        const found = await ada.json('GET', `/api/grants/search?member=${id}&state=active`)
        return (found.body as { total: number }).total
      }, soon)
      .toBe(0)
    await ada.json('PATCH', `/api/members/${id}`, { active: true })
    expect(await at(hers)).toBe(401)
  })
})

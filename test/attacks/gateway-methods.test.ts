import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTandem } from '../support/tandem.ts'
import type { Browser, ConnectedAgent, RunningTandem } from '../support/tandem.ts'
import { modernCall, startTestUpstream } from '../support/test-upstream.ts'
import type { TestUpstream } from '../support/test-upstream.ts'
import { addUpstream } from '../support/upstreams.ts'

let tandem: RunningTandem
let upstream: TestUpstream
let elsewhere: TestUpstream
let ada: Browser
let box: string
beforeAll(async () => {
  tandem = await startTandem()
  upstream = await startTestUpstream()
  elsewhere = await startTestUpstream()
  box = `${tandem.url}/mcp/box`
  ada = await tandem.signIn('ada')
  const auth = { kind: 'key' as const }
  const own = { kind: 'http' as const, name: 'box', url: upstream.url, auth }
  await addUpstream(tandem, own, { browser: ada, credential: 'key-of-ada-SPPWXQ' })
  await addUpstream(tandem, { kind: 'http', name: 'box-two', url: elsewhere.url }, { browser: ada })
  // What it speaks is asked once.
  await (await modernCall(box, (await connect()).accessToken, 'tools/list')).text()
})
afterAll(async () => {
  await tandem?.close()
  await upstream?.close()
  await elsewhere?.close()
})
beforeEach(() => {
  upstream.seen.length = 0
  elsewhere.seen.length = 0
})
const connect = (more: object = {}) => tandem.connectAgent({ browser: ada, resource: box, ...more })

describe('G9 what isn’t a tool', () => {
  const wants = async (url: string, agent: ConnectedAgent, method: string) => {
    const answer = await modernCall(url, agent.accessToken, method)
    await answer.text()
    return /scope="([^"]*)"/.exec(answer.headers.get('www-authenticate') ?? '')?.[1] ?? answer.status
  }
  const reached = () => upstream.seen.map(({ message }) => message.method)

  it('G9 whatever isn’t known to read needs what writing needs', async () => {
    const [reader, single] = [await connect({ scope: 'box:read' }), await connect({ scope: 'box:tool:who' })]
    const unknown = [
      'tasks/cancel',
      'tasks/update',
      'resources/write',
      'Resources/Read',
      'prompts/list/x',
      '',
    ]
    for (const method of unknown)
      for (const agent of [reader, single])
        expect([method, await wants(box, agent, method)]).toEqual([method, 'box:write'])
    const reads = ['prompts/get', 'resources/read', 'resources/templates/list', 'tasks/get', 'tasks/result']
    for (const method of reads)
      expect([method, await wants(box, single, method)]).toEqual([method, 'box:read'])
    expect(reached()).toEqual([])
    // The upstream says itself that it has none of these.
    for (const method of reads) expect([method, await wants(box, reader, method)]).toEqual([method, 404])
    expect(await wants(box, await connect(), 'tasks/cancel')).toBe(404)
    expect(reached()).toEqual([...reads, 'tasks/cancel'])
  })

  it('G9 a batch needs what each of it needs', async () => {
    const single = await connect({ scope: 'box:tool:who' })
    const batch = [
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'who', arguments: {} } },
      { jsonrpc: '2.0', id: 2, method: 'resources/read', params: { uri: 'box://1' } },
      { jsonrpc: '2.0', id: 3, method: 'tasks/cancel', params: { taskId: '1' } },
    ]
    const answer = await fetch(box, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${single.accessToken}`,
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify(batch),
    })
    expect(answer.status).toBe(403)
    expect(answer.headers.get('www-authenticate')).toContain('scope="box:read box:write"')
    expect(reached()).toEqual([])
  })

  it('G10 tasks are listed where the upstream knows whose they are, and nowhere else', async () => {
    const shared = await tandem.connectAgent({ browser: ada, resource: `${tandem.url}/mcp/box-two` })
    const answer = await modernCall(`${tandem.url}/mcp/box-two`, shared.accessToken, 'tasks/list')
    expect(await answer.json()).toMatchObject({ error: { code: -32601 } })
    expect(elsewhere.seen).toEqual([])
    expect(await wants(box, await connect(), 'tasks/list')).toBe(404)
    expect(reached()).toEqual(['tasks/list'])
  })
})

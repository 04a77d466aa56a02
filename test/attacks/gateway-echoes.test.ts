import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'
import { modernCall, startTestUpstream, whoTool } from '../support/test-upstream.ts'
import type { Received, TestUpstream } from '../support/test-upstream.ts'
import { addUpstream, upstreamOf } from '../support/upstreams.ts'

// Careless servers say what they were sent, and hostile ones what they like: what carries a call stays out of answers.

const key = 'sk/ada+7391=='
const shared = 'everybodys-secret-2846'
/** As serializers write it. */
const forms = [key, key.replaceAll('/', '\\/'), key.replaceAll('+', '\\u002B').replaceAll('=', '\\u003d')]

let tandem: RunningTandem
let modern: TestUpstream
let older: TestUpstream
let ada: Browser
beforeAll(async () => {
  tandem = await startTandem()
  modern = await startTestUpstream()
  older = await startTestUpstream()
  older.speaks.modern = false
  ada = await tandem.signIn('ada')
  const auth = { kind: 'key' as const }
  const options = { browser: ada, credential: key }
  await addUpstream(tandem, { kind: 'http', name: 'modern', url: modern.url, auth }, options)
  await addUpstream(tandem, { kind: 'http', name: 'older', url: older.url, auth }, options)
})
afterAll(async () => {
  await tandem?.close()
  await modern?.close()
  await older?.close()
})

const call = async (upstream: string) => {
  const resource = `${tandem.url}/mcp/${upstream}`
  const { accessToken } = await tandem.connectAgent({ browser: ada, resource })
  return (await modernCall(resource, accessToken, 'tools/call', { name: 'who', arguments: {} })).text()
}
const json = (response: ServerResponse, status: number, text: string) =>
  void response.writeHead(status, { 'Content-Type': 'application/json' }).end(text)
type Echo = (id: string, said: string, response: ServerResponse) => void
const echoes: [string, Echo][] = [
  [
    'in a result',
    (id, said, response) =>
      json(
        response,
        200,
        `{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"${said}"}],"structuredContent":{"${said}":["${said}"]}}}`,
      ),
  ],
  [
    'in an error',
    (id, said, response) =>
      json(response, 200, `{"jsonrpc":"2.0","id":${id},"error":{"code":-32000,"message":"not ${said}"}}`),
  ],
  [
    'in a stream',
    (id, said, response) =>
      void response
        .writeHead(200, { 'Content-Type': 'text/event-stream' })
        .end(
          [
            `: ${said}`,
            `event: message\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"${said}"}}`,
            `id: 7\ndata: {"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"${said}"}]}}`,
            '',
          ].join('\n\n'),
        ),
  ],
  [
    'in an error with a status of its own',
    (id, said, response) =>
      json(response, 400, `{"jsonrpc":"2.0","id":${id},"error":{"code":-32000,"message":"not ${said}"}}`),
  ],
]

describe('G6 a key that its server echoes', () => {
  describe.each([
    ['passed on', 'modern', echoes],
    // Of an error with a status of its own the bridge’s client tells no word.
    ['bridged', 'older', echoes.slice(0, 3)],
  ] as const)('and whose answers are %s', (_way, name, all) => {
    it.each(all)('%s is taken out of it, however it is written', async (_where, echo) => {
      const upstream = name === 'modern' ? modern : older
      const came: unknown[] = []
      upstream.answer = ({ message, headers }: Received, response) => {
        if (message.method !== 'tools/call') return false
        came.push(headers['authorization'])
        echo(JSON.stringify(message.id), forms.join(' and '), response)
        return true
      }
      const text = await call(name)
      expect(came).toEqual([`Bearer ${key}`])
      expect(forms.filter((form) => text.includes(form))).toEqual([])
      expect(text).toContain('[hidden] and [hidden] and [hidden]')
    })
  })

  it('is everybody’s: without its scheme too, and in what tools say of themselves', async () => {
    const upstream = await startTestUpstream()
    upstream.tools = [{ ...whoTool, description: `Called with ${shared}` }]
    const auth = { kind: 'header', header: 'Authorization' } as const
    const added = await addUpstream(
      tandem,
      { kind: 'http', name: 'shared', url: upstream.url, auth },
      { browser: ada, credential: `Bearer ${shared}` },
    )
    const detail = JSON.stringify(await upstreamOf(ada, added.id))
    expect([detail.includes('Called with [hidden]'), detail.includes(shared)]).toEqual([true, false])
    upstream.answer = ({ message, headers }, response) => {
      if (message.method !== 'tools/call') return false
      const [, bare] = String(headers['authorization']).split(' ')
      const content = [{ type: 'text', text: `${bare}, or ${headers['authorization']}` }]
      json(response, 200, JSON.stringify({ jsonrpc: '2.0', id: message.id, result: { content } }))
      return true
    }
    expect(await call('shared')).toContain('"[hidden], or [hidden]"')
    await upstream.close()
  })
})

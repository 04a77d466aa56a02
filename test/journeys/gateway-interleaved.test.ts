import { Agent, request } from 'undici'
import { expect, it } from 'vitest'
import { startTandem } from '../support/tandem.ts'
import { markOf, startTestUpstream } from '../support/test-upstream.ts'
import { addUpstream } from '../support/upstreams.ts'

const calls = 10_000
const atOnce = 32

it(
  'two people with different keys, 10,000 interleaved calls: no answer crosses',
  { timeout: 120_000 },
  async () => {
    const tandem = await startTandem()
    const upstream = await startTestUpstream()
    const dispatcher = new Agent({ connections: atOnce, pipelining: 1 })
    try {
      const limits = { atOnce, atOnceEach: atOnce }
      const auth = { kind: 'key' as const, header: 'X-Key', prefix: '' }
      await addUpstream(
        tandem,
        { kind: 'http', name: 'box', url: upstream.url, auth, limits },
        { credential: 'key-of-ada' },
      )
      const grace = await tandem.signIn('grace')
      const kept = await grace.json('POST', '/api/keys', { upstream: 'box', apiKey: 'key-of-grace' })
      expect(kept.status).toBe(200)
      const url = `${tandem.url}/mcp/box`
      const people = [
        { key: markOf('key-of-ada'), token: (await tandem.connectAgent({ resource: url })).accessToken },
        {
          key: markOf('key-of-grace'),
          token: (await tandem.connectAgent({ browser: grace, resource: url })).accessToken,
        },
      ]
      upstream.seen.length = 0
      // The upstream answers out of order: whoever mixed answers up would be seen.
      upstream.answer = ({ headers, message: { id, method, params } }, response) => {
        if (method !== 'tools/call') return false
        const text = `${markOf(String(headers['x-key']))} ${JSON.stringify(params?.['arguments'])}`
        const answer = JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } })
        const write = () => void response.writeHead(200, { 'Content-Type': 'application/json' }).end(answer)
        if (Number(id) % 7 === 0) setImmediate(write)
        else write()
        return true
      }
      let next = 0
      const crossed: string[] = []
      const work = async () => {
        for (let n = next++; n < calls; n = next++) {
          const { key, token } = people[n % 2] ?? { key: '', token: '' }
          // Both people use the same ids, as clients do that count from one.
          const id = Math.floor(n / 2)
          const { statusCode, body } = await request(url, {
            method: 'POST',
            dispatcher,
            headers: {
              authorization: `Bearer ${token}`,
              'content-type': 'application/json',
              accept: 'application/json, text/event-stream',
              'mcp-protocol-version': '2026-07-28',
              'mcp-method': 'tools/call',
              'mcp-name': 'who',
            },
            body: JSON.stringify({
              jsonrpc: '2.0',
              id,
              method: 'tools/call',
              params: {
                name: 'who',
                arguments: { note: String(n) },
                _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' },
              },
            }),
          })
          const text = await body.text()
          const answer = JSON.parse(text) as { id: number; result?: { content: { text: string }[] } }
          const said = answer.result?.content[0]?.text
          if (statusCode !== 200 || answer.id !== id || said !== `${key} {"note":"${n}"}`)
            crossed.push(`${n}: ${statusCode} ${text.slice(0, 300)}`)
        }
      }
      await Promise.all(Array.from({ length: atOnce }, work))
      expect(crossed.slice(0, 3)).toEqual([])
      expect(upstream.seen.filter(({ message: { method } }) => method === 'tools/call')).toHaveLength(calls)
    } finally {
      await dispatcher.close()
      await tandem.close()
      await upstream.close()
    }
  },
)

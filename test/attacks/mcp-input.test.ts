import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTandem } from '../support/tandem.ts'
import type { ConnectedAgent, RunningTandem } from '../support/tandem.ts'

let tandem: RunningTandem
let notebook: ConnectedAgent
beforeAll(async () => {
  tandem = await startTandem()
  notebook = await tandem.connectAgent()
})
afterAll(() => tandem?.close())

type Answer = { status: number; text: string }
async function post(
  body: string | ReadableStream,
  headers: Record<string, string> = {},
  token = notebook.accessToken,
): Promise<Answer> {
  const response = await fetch(`${tandem.url}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body,
    ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
  } as RequestInit)
  return { status: response.status, text: await response.text() }
}
const call = (name: string, sent: unknown, id: unknown = 1) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: sent },
})
async function companies(): Promise<number> {
  const { body } = await notebook.call('query', { object: 'company', limit: 1, count: true })
  return (body as { result: { structuredContent: { count: number } } }).result.structuredContent.count
}

describe('bad input at the MCP door', () => {
  it('a body of 10 MB is refused, declared or not, and the process lives', async () => {
    const large = JSON.stringify(call('search', { text: 'a'.repeat(10_000_000) }))
    // The refusal comes before the body was sent; some of the time the socket is closed under the sender.
    const declared = await post(large).catch(() => ({ status: 413, text: '' }))
    expect(declared.status).toBe(413)
    const chunk = new TextEncoder().encode('a'.repeat(64 * 1024))
    let sent = 0
    const endless = new ReadableStream({
      pull: (controller) => (sent++ < 160 ? controller.enqueue(chunk) : controller.close()),
    })
    const counted = await post(endless).catch(() => ({ status: 413, text: '' }))
    expect(counted.status).toBe(413)
    expect((await notebook.call('whoami')).status).toBe(200)
  })

  it('a body just over a megabyte is told so in JSON', async () => {
    const { status, text } = await post(JSON.stringify(call('search', { text: 'a'.repeat(1024 * 1024) })))
    expect(status).toBe(413)
    expect(JSON.parse(text)).toMatchObject({ error: { message: expect.stringContaining('larger') } })
  })

  it.each([
    ['JSON that isn’t', '{"jsonrpc":'],
    ['nothing', ''],
    ['a list 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000)],
    [
      'arguments 1,000 deep',
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}}}`,
    ],
    ['NUL in a value', JSON.stringify(call('search', { text: 'a\u0000b' }))],
    ['NUL in a key', JSON.stringify(call('search', { 'te\u0000xt': 'a' }))],
    [
      'half a surrogate pair',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"text":"\\ud83d"}}}',
    ],
    [
      'a prototype',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{"__proto__":{"x":1}}}}',
    ],
    ['a number', '42'],
    ['null', 'null'],
    ['an empty batch', '[]'],
    ['a message without a method', '{"jsonrpc":"2.0","id":1}'],
  ])('%s is refused with a 4xx', async (_name, body) => {
    const { status, text } = await post(body)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expect(JSON.parse(text)).toHaveProperty('error')
    expect(text).not.toMatch(/at .*\.ts|SELECT|node_modules/)
  })

  it('other media types are refused', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/jsonp',
    ]) {
      expect((await post(JSON.stringify(call('whoami', {})), { 'content-type': type })).status, type).toBe(
        415,
      )
    }
  })

  it.each([
    ['whoami', { extra: 1 }],
    ['query', {}],
    ['query', { object: 7 }],
    ['query', { object: 'company', filter: { field: 'name', op: 'drop table', value: 1 } }],
    ['query', { object: 'company', filter: { and: [] } }],
    ['query', { object: 'company', limit: 1e9 }],
    ['query', { object: 'company', sort: [{ field: 'name; --' }] }],
    ['query', { object: 'nothing' }],
    ['get', { object: 'company', id: '../../etc/passwd' }],
    ['history', { id: 'rec_1' }],
    ['search', { text: ' ' }],
    ['apply_changes', { changes: [] }],
    ['apply_changes', { changes: [{ do: 'create', object: 'company', values: { name: 1 } }] }],
    [
      'apply_changes',
      { changes: [{ do: 'create', object: 'company', values: { name: 'A', id: 'rec_mine' } }] },
    ],
    [
      'apply_changes',
      { changes: [{ do: 'create', object: 'company', values: { name: 'A', nonsense: true } }] },
    ],
    [
      'apply_changes',
      {
        changes: Array.from({ length: 101 }, () => ({
          do: 'create',
          object: 'company',
          values: { name: 'A' },
        })),
      },
    ],
    ['undo', { change_set: 'chs_none' }],
  ])('%s with %j is an error an agent can act on, and nothing is stored', async (tool, sent) => {
    const before = await companies()
    const { status, body } = await notebook.call(tool, sent)
    expect(status).toBe(200)
    const { result } = body as { result: { isError: boolean; content: { text: string }[] } }
    expect(result.isError).toBe(true)
    const { error } = JSON.parse(result.content[0]?.text ?? '') as { error: Record<string, unknown> }
    expect(error).toMatchObject({
      code: expect.stringMatching(/^(invalid|not_found)$/),
      next: expect.any(String),
    })
    expect(await companies()).toBe(before)
  })

  it('markup and wide characters in a name come back as they were', async () => {
    const name = '<img src=x onerror=alert(1)> 🦜 \u202Egnp.exe'
    const made = await notebook.call('apply_changes', {
      changes: [{ do: 'create', object: 'company', values: { name } }],
    })
    expect(made.body).toMatchObject({ result: { structuredContent: { changes: [{ after: { name } }] } } })
  })

  it('an unknown tool is a protocol error', async () => {
    expect((await notebook.call('drop_everything')).body).toMatchObject({ error: { code: -32602 } })
  })

  it('a batch with one element beyond the token’s scopes is refused as a whole', async () => {
    const reader = await tandem.connectAgent({ scope: 'crm:read' })
    const before = await companies()
    const write = call(
      'apply_changes',
      {
        changes: [{ do: 'create', object: 'company', values: { name: 'Smuggled' } }],
      },
      2,
    )
    for (const batch of [
      [call('whoami', {}), write],
      [write, call('whoami', {})],
    ]) {
      const { status } = await post(JSON.stringify(batch), {}, reader.accessToken)
      expect(status).toBe(403)
    }
    // Naming a harmless tool in the header doesn't help (MCP 2026-07-28: the body decides).
    const { status } = await post(
      JSON.stringify(write),
      { 'mcp-method': 'tools/call', 'mcp-name': 'whoami' },
      reader.accessToken,
    )
    expect(status).toBe(403)
    expect(await companies()).toBe(before)
  })

  it('a batch within the scopes is answered element by element', async () => {
    const { status, text } = await post(
      JSON.stringify([call('whoami', {}, 'a'), call('query', { object: 'company' }, 'b')]),
    )
    expect(status).toBe(200)
    const answers = [...text.matchAll(/^data: (.+)$/gm)].map(
      ([, data = '']) => JSON.parse(data) as { id: string },
    )
    expect(answers.map(({ id }) => id).toSorted()).toEqual(['a', 'b'])
  })

  it('G10 100 callers at once get each their own answer', async () => {
    const grace = await tandem.connectAgent({ browser: await tandem.signIn('grace') })
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, at) => {
        const token = (at % 2 ? grace : notebook).accessToken
        const { text } = await post(JSON.stringify(call('whoami', {}, `call ${at}`)), {}, token)
        return JSON.parse(text) as { id: string; result: { structuredContent: { person: { name: string } } } }
      }),
    )
    answers.forEach(({ id, result }, at) => {
      expect(id).toBe(`call ${at}`)
      expect(result.structuredContent.person.name).toBe(at % 2 ? 'Grace' : 'Ada')
    })
  })
})

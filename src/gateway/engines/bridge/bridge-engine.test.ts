import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js'
import { describe, expect, it } from 'vitest'
import type { UpstreamLimits } from '#contract'
import { silentLog, systemClock } from '#foundation'
import { UpstreamRefusal, UpstreamTrouble } from '../../engine.ts'
import type { Source, ToolCallOf, ToolResult } from '../../engine.ts'
import { originKey } from '../../origin.ts'
import { bridgeEngine } from './bridge-engine.ts'
import { textOf } from '../../../../test/support/mcp-clients.ts'
import { listedTools } from './listed-tools.ts'
import { engineClients, testEndings, upstreamOf } from './engine-clients.fixture.ts'

type Setting = {
  callTool?: (call: ToolCallOf, signal: AbortSignal) => Promise<ToolResult>
  source?: Partial<Source>
  limits?: Partial<UpstreamLimits>
  openSource?: () => Promise<Source>
}

/** An engine in front of an in-process source, and clients that reach it by a `fetch` of their own. */
function open(setting: Setting = {}) {
  const upstream = upstreamOf({ echo: 'read', store: 'write' }, { limits: setting.limits ?? {} })
  let opened = 0
  const source: Source = {
    listTools: async () => [],
    callTool:
      setting.callTool ??
      (async ({ name, arguments: sent }) => ({
        content: [{ type: 'text', text: `${name} ${JSON.stringify(sent)}` }],
      })),
    close: async () => void opened--,
    ...setting.source,
  }
  const endings = testEndings()
  const engine = bridgeEngine(
    setting.openSource ??
      (async () => {
        opened++
        return source
      }),
    { upstream, ended: endings.ended, clock: systemClock, log: silentLog },
  )
  return { engine, endings, opened: () => opened, ...engineClients(engine, upstream) }
}
const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
  )

describe.each(['modern', 'legacy'] as const)('a client of the %s revisions', (era) => {
  it('sees what was accepted, calls it, and is told where the answer came from', async () => {
    const { recorded, opened, ...box } = open()
    const client = await box[era]()
    const { tools } = await client.listTools()
    expect(tools.map(({ name, description }) => [name, description])).toEqual([
      ['echo', 'pinned echo'],
      ['store', 'pinned store'],
    ])
    const result = await client.callTool({ name: 'echo', arguments: { a: 1 } })
    expect(textOf(result)).toBe('echo {"a":1}')
    expect(result._meta).toMatchObject({ [originKey]: 'box' })
    expect(recorded).toEqual(['echo ok'])
    expect(opened()).toBe(0)
  })

  it('sees and calls what its grant names only', async () => {
    const box = open()
    const client = await box[era]('ada', ['box:tool:echo'])
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['echo'])
    await expect(client.callTool({ name: 'store', arguments: {} })).rejects.toThrow('not found')
    await expect(client.callTool({ name: 'never-accepted', arguments: {} })).rejects.toThrow('not found')
  })

  it('hears that a tool failed as the tool said it', async () => {
    const { recorded, ...box } = open({
      callTool: async () => ({ content: [{ type: 'text', text: 'no such page' }], isError: true }),
    })
    const result = await (await box[era]()).callTool({ name: 'echo', arguments: {} })
    expect(result.isError).toBe(true)
    expect(textOf(result)).toBe('no such page')
    expect(recorded).toEqual(['echo failed tool_error'])
  })

  it('hears a refusal of the upstream as a refusal, and trouble in our words', async () => {
    let fail: () => Error = () => new UpstreamRefusal(-32602, 'a is missing')
    const { recorded, ...box } = open({ callTool: () => Promise.reject(fail()) })
    const client = await box[era]()
    await expect(client.callTool({ name: 'echo', arguments: {} })).rejects.toMatchObject({ code: -32602 })
    fail = () => new UpstreamTrouble('unreachable', 'secret-cause')
    const gone = await client.callTool({ name: 'echo', arguments: {} })
    expect(gone.isError).toBe(true)
    expect(textOf(gone)).toBe('Box can’t be reached just now. Try again in a minute')
    fail = () => new TypeError('secret-cause')
    expect(textOf(await client.callTool({ name: 'echo', arguments: {} }))).not.toContain('secret-cause')
    expect(recorded).toEqual([
      'echo failed error_-32602',
      'echo failed unreachable',
      'echo failed unreachable',
    ])
  })

  it('hears how far a call is, which also keeps it from being late', async () => {
    const box = open({
      limits: { timeoutSeconds: 1 },
      callTool: async ({ progress }) => {
        for (let step = 1; step <= 4; step++) {
          await new Promise((resolve) => setTimeout(resolve, 400))
          progress?.({ progress: step, total: 4, message: `step ${step}` })
        }
        return { content: [] }
      },
    })
    const heard: number[] = []
    const onprogress = ({ progress }: { progress: number }) => void heard.push(progress)
    const client = await box[era]()
    const call = { name: 'echo', arguments: {} }
    if (client instanceof OldClient) await client.callTool(call, undefined, { onprogress })
    else expect((await client.callTool(call, { onprogress })).isError).toBeUndefined()
    expect(heard).toEqual([1, 2, 3, 4])
  })

  it('gives up, and the source hears it', async () => {
    let heard: () => void = () => undefined
    const aborted = new Promise<void>((resolve) => (heard = resolve))
    let started: () => void = () => undefined
    const running = new Promise<void>((resolve) => (started = resolve))
    const { recorded, ...box } = open({
      callTool: (_, signal) => {
        started()
        signal.addEventListener('abort', heard)
        return never(signal)
      },
    })
    const client = await box[era]()
    const control = new AbortController()
    const call = { name: 'echo', arguments: {} }
    const options = { signal: control.signal }
    const asked =
      client instanceof OldClient ? client.callTool(call, undefined, options) : client.callTool(call, options)
    asked.catch(() => undefined)
    await running
    control.abort()
    await aborted
    await expect.poll(() => recorded).toEqual(['echo failed cancelled'])
  })

  it('G7 is told at once when its grant ends, whether or not the source hears it', async () => {
    const signals: AbortSignal[] = []
    const { recorded, endings, opened, ...box } = open({
      callTool: (_, signal) => {
        signals.push(signal)
        return new Promise(() => undefined)
      },
    })
    const client = await box[era]()
    const asked = client.callTool({ name: 'echo', arguments: {} })
    asked.catch(() => undefined)
    await expect.poll(() => signals.length).toBe(1)
    endings.end()
    await expect(asked).rejects.toThrow('What is allowed here changed just now')
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect(recorded).toEqual(['echo failed cancelled'])
    // Nobody listens for endings of what is over.
    await expect.poll(() => endings.listeners.size).toBe(0)
    expect(opened()).toBe(1)
  })

  it('is told so when an answer is late, too large, or one too many at once', async () => {
    const late = open({ limits: { timeoutSeconds: 1 }, callTool: (_, signal) => never(signal) })
    expect(textOf(await (await late[era]()).callTool({ name: 'echo', arguments: {} }))).toContain('in time')
    const large = open({
      limits: { answerBytes: 1024 },
      callTool: async () => ({ content: [{ type: 'text', text: 'x'.repeat(1024) }] }),
    })
    expect(textOf(await (await large[era]()).callTool({ name: 'echo', arguments: {} }))).toContain(
      'more than may pass',
    )
    let under = 0
    const busy = open({
      limits: { atOnceEach: 1 },
      callTool: (_, signal) => {
        under++
        return never(signal)
      },
    })
    const [ada, grace] = await Promise.all([busy[era]('ada'), busy[era]('grace')])
    const first = ada.callTool({ name: 'echo', arguments: {} })
    await expect.poll(() => under).toBe(1)
    expect(textOf(await ada.callTool({ name: 'echo', arguments: {} }))).toContain('too many calls')
    const hers = grace.callTool({ name: 'echo', arguments: {} })
    await expect.poll(() => under).toBe(2)
    await busy.engine.close()
    // Both ended with the engine; neither was refused for the other's sake.
    for (const ended of await Promise.allSettled([first, hers]))
      if (ended.status === 'fulfilled') expect(textOf(ended.value)).not.toContain('too many')
  })

  it('reaches prompts and resources of a source that offers them, and no others', async () => {
    const asked: string[] = []
    const box = open({
      source: {
        offers: { resources: true },
        request: async (method, params) => {
          asked.push(`${method} ${JSON.stringify(params)}`)
          return { contents: [{ uri: 'box://1', text: 'one' }], ttlMs: 9_000, cacheScope: 'public' }
        },
      },
    })
    const client = await box[era]()
    expect(client.getServerCapabilities()).toEqual({ tools: {}, resources: {} })
    const read = await client.readResource({ uri: 'box://1' })
    expect(read).toMatchObject({ contents: [{ text: 'one' }], _meta: { [originKey]: 'box' } })
    expect(JSON.stringify(read)).not.toContain('public')
    expect(asked).toEqual(['resources/read {"uri":"box://1"}'])
    const toolsOnly = await open()[era]()
    expect(toolsOnly.getServerCapabilities()).toEqual({ tools: {} })
  })
})

describe('lists', () => {
  it('leave a tool out that clients don’t take, which would cost them the others', () => {
    const tools = [
      { name: 'a', inputSchema: {} },
      { name: 'b', inputSchema: { type: 'object' }, icons: [{ src: 'x' }], more: 1 },
    ]
    expect(listedTools(tools)).toEqual(tools.slice(1))
  })

  it('are marked private', async () => {
    const { fetchAs } = open()
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 'notebook', version: '1' },
    }
    const response = await fetchAs('ada')('http://box.test/mcp', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        'MCP-Protocol-Version': '2026-07-28',
        'Mcp-Method': 'tools/list',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } }),
    })
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toMatchObject({ result: { cacheScope: 'private', ttlMs: 60_000 } })
  })
})

describe('a client that gives up what isn’t its own', () => {
  it('ends nothing of another grant, nor one of two calls that count alike', async () => {
    const signals: AbortSignal[] = []
    const { fetchAs, engine } = open({
      callTool: (_, signal) => {
        signals.push(signal)
        return never(signal)
      },
    })
    const post = (person: string, body: object) =>
      fetchAs(person)('http://box.test/mcp', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' },
        body: JSON.stringify({ jsonrpc: '2.0', ...body }),
      })
    const call = { id: 1, method: 'tools/call', params: { name: 'echo', arguments: {} } }
    await Promise.all([post('ada', call), post('grace', call), post('grace', call)])
    await expect.poll(() => signals.length).toBe(3)
    const cancel = { method: 'notifications/cancelled', params: { requestId: 1 } }
    await post('mallory', cancel)
    await post('grace', cancel)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false])
    await post('ada', cancel)
    expect(signals.filter(({ aborted }) => aborted)).toHaveLength(1)
    await engine.close()
  })
})

import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { modernClient, oldClient, textOf } from '../support/mcp-clients.ts'
import { npmServer, oddServer } from '../support/stdio-servers.ts'
import { startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'
import { addUpstream } from '../support/upstreams.ts'

let tandem: RunningTandem
let ada: Browser
beforeAll(async () => {
  tandem = await startTandem({
    config: {
      TANDEM_STDIO_SERVERS: [
        npmServer('everything', '@modelcontextprotocol/server-everything/dist/index.js', { args: ['stdio'] }),
        npmServer('memory', '@modelcontextprotocol/server-memory/dist/index.js'),
        oddServer([], { name: 'odd', key_variable: 'ODD_KEY' }),
      ],
    },
  })
  ada = await tandem.signIn('ada')
  await addUpstream(tandem, { kind: 'stdio', name: 'every', server: 'everything' }, { browser: ada })
  await addUpstream(tandem, { kind: 'stdio', name: 'memory', server: 'memory' }, { browser: ada })
}, 60_000)
afterAll(() => tandem?.close())

const tokenFor = async (name: string, browser: Browser = ada) => {
  const url = `${tandem.url}/mcp/${name}`
  const { accessToken } = await tandem.connectAgent({ resource: url, browser })
  return [url, accessToken] as const
}

describe.each([
  ['the official client, of 2026-07-28', modernClient],
  ['the first generation of the SDK', oldClient],
] as const)('%s reaches a local server', (_, connect) => {
  it('with its tools, prompts, resources and completions', async () => {
    const client = await connect(...(await tokenFor('every')))
    expect(Object.keys(client.getServerCapabilities() ?? {}).toSorted()).toEqual([
      'completions',
      'prompts',
      'resources',
      'tools',
    ])
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toContain('get-sum')
    const result = await client.callTool({ name: 'get-sum', arguments: { a: 20, b: 22 } })
    expect(textOf(result)).toContain('42')
    expect(result._meta).toMatchObject({ 'io.tandem/origin': 'every' })
    const wrong = await client.callTool({ name: 'get-sum', arguments: { a: 'twenty' } })
    expect(wrong.isError).toBe(true)

    const { prompts } = await client.listPrompts()
    expect(prompts.map(({ name }) => name)).toContain('args-prompt')
    const prompt = await client.getPrompt({ name: 'args-prompt', arguments: { city: 'Lyon' } })
    expect(JSON.stringify(prompt.messages)).toContain('Lyon')
    const { resources } = await client.listResources()
    const read = await client.readResource({ uri: resources[0]?.uri ?? '' })
    expect(read.contents).toHaveLength(1)
    const { resourceTemplates } = await client.listResourceTemplates()
    expect(resourceTemplates).toHaveLength(2)
    const { completion } = await client.complete({
      ref: { type: 'ref/prompt', name: 'completable-prompt' },
      argument: { name: 'department', value: 'E' },
    })
    expect(completion.values).toContain('Engineering')
    await client.close()
  })

  it('and hears how far a long call is, and gives one up', async () => {
    const client = await connect(...(await tokenFor('every')))
    const heard: number[] = []
    const onprogress = ({ progress }: { progress: number }): void => void heard.push(progress)
    const long = (duration: number, options: { onprogress: typeof onprogress; signal?: AbortSignal }) => {
      const call = { name: 'trigger-long-running-operation', arguments: { duration, steps: 5 * duration } }
      return client instanceof OldClient
        ? client.callTool(call, undefined, options)
        : client.callTool(call, options)
    }
    expect(textOf(await long(1, { onprogress }))).toContain('completed')
    expect(heard).toEqual([1, 2, 3, 4, 5])
    const control = new AbortController()
    const given = long(8, { onprogress: () => control.abort(), signal: control.signal })
    await expect(given).rejects.toThrow()
    expect(control.signal.aborted).toBe(true)
    await client.close()
  })
})

describe('a local server that remembers', () => {
  it('is one for all who reach it', async () => {
    const grace = await tandem.signIn('grace')
    const hers = await modernClient(...(await tokenFor('memory')))
    const others = await oldClient(...(await tokenFor('memory', grace)))
    await hers.callTool({
      name: 'create_entities',
      arguments: {
        entities: [{ name: 'Analytical Engine', entityType: 'machine', observations: ['brass'] }],
      },
    })
    const found = await others.callTool({ name: 'search_nodes', arguments: { query: 'brass' } })
    expect(textOf(found)).toContain('Analytical Engine')
    await hers.close()
    await others.close()
  })
})

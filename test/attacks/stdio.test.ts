import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { silentLog } from '#foundation'
import { modernClient, textOf } from '../support/mcp-clients.ts'
import { lives, npmServer, oddServer } from '../support/stdio-servers.ts'
import { startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'
import { markOf } from '../support/test-upstream.ts'
import { addUpstream } from '../support/upstreams.ts'

const keys = { ada: 'key-of-ada-7391', grace: 'key-of-grace-2846', changed: 'key-of-grace-new-5512' } as const
const operators = 'operators-own-4471'

const lines: string[] = []
/** Everything that is logged, at debug. */
const log = new Proxy(silentLog, {
  get: (_, level) =>
    level === 'child' ? () => log : (...said: unknown[]) => void lines.push(JSON.stringify([level, ...said])),
})

let tandem: RunningTandem
let ada: Browser
let grace: Browser
beforeAll(async () => {
  // What Tandem was started with, as far as a program could see it.
  vi.stubEnv('TANDEM_SECRET', 'the-secret-of-tandem')
  vi.stubEnv('DATABASE_URL', 'postgres://somebody@nowhere/tandem')
  vi.stubEnv('NODE_OPTIONS', '--no-warnings')
  tandem = await startTandem({
    log,
    config: {
      TANDEM_STDIO_SERVERS: [
        npmServer('everything', '@modelcontextprotocol/server-everything/dist/index.js', { args: ['stdio'] }),
        oddServer([], { key_variable: 'ODD_KEY', env: { ODD_SETTING: operators }, max_processes: 3 }),
        oddServer([], { name: 'shared' }),
      ],
    },
  })
  ;[ada, grace] = await Promise.all([tandem.signIn('ada'), tandem.signIn('grace')])
  await addUpstream(tandem, { kind: 'stdio', name: 'every', server: 'everything' }, { browser: ada })
  await addUpstream(tandem, { kind: 'stdio', name: 'shared', server: 'shared' }, { browser: ada })
  await addUpstream(
    tandem,
    { kind: 'stdio', name: 'odd', server: 'odd', auth: { kind: 'key' } },
    { browser: ada, credential: keys.ada },
  )
  await putKey(grace, keys.grace)
}, 60_000)
afterAll(async () => {
  vi.unstubAllEnvs()
  await tandem?.close()
})

async function putKey(browser: Browser, apiKey: string): Promise<void> {
  const { status, body } = await browser.json('POST', '/api/keys', { upstream: 'odd', apiKey })
  if (status !== 200) throw new Error(`the key was not kept: ${JSON.stringify(body)}`)
}

type Look = {
  env: Record<string, string>
  /** Of each value: the answer itself doesn't have the person's key. */
  marks: Record<string, string>
  argv: string[]
  cwd: string
  here: string[]
  home: string[]
  pid: number
}
type Call = (name: string, sent?: Record<string, unknown>) => Promise<string>

const connect = async (upstream: string, browser: Browser): Promise<Call> => {
  const url = `${tandem.url}/mcp/${upstream}`
  const { accessToken } = await tandem.connectAgent({ resource: url, browser })
  const client = await modernClient(url, accessToken)
  return async (name, sent = {}) => textOf(await client.callTool({ name, arguments: sent }))
}
const look = async (call: Call): Promise<Look> => JSON.parse(await call('look')) as Look

describe('G6 what a local server sees', () => {
  it('is PATH, HOME, LANG and what its entry names, and nothing of Tandem’s own environment', async () => {
    const every = await connect('every', ada)
    const env = JSON.parse(await every('get-env')) as Record<string, string>
    expect(Object.keys(env).toSorted()).toEqual(['HOME', 'LANG', 'PATH'])
    const odd = await look(await connect('odd', ada))
    expect(Object.keys(odd.env).toSorted()).toEqual(['HOME', 'LANG', 'ODD_KEY', 'ODD_SETTING', 'PATH'])
    expect(odd.marks).toMatchObject({ ODD_KEY: markOf(keys.ada), ODD_SETTING: markOf(operators) })
    expect(JSON.stringify([env, odd.env])).not.toMatch(/the-secret-of-tandem|postgres:/)
  })

  it('is an empty home and an empty place to work, which are gone with it', async () => {
    const seen = await look(await connect('odd', ada))
    expect([seen.here, seen.home]).toEqual([[], []])
    expect(seen.cwd).not.toBe(process.cwd())
    expect(seen.env['HOME']).not.toBe(process.env['HOME'])
    process.kill(seen.pid, 'SIGKILL')
    await expect.poll(() => existsSync(seen.cwd)).toBe(false)
  })

  it('is the key in a variable, never among arguments that everybody on the machine may read', async () => {
    const { argv } = await look(await connect('odd', ada))
    expect(argv).toEqual([])
  })
})

describe('G10 two people of one local server', () => {
  it('have a process each, with her own key, and no answer crosses', async () => {
    const [hers, others] = await Promise.all([connect('odd', ada), connect('odd', grace)])
    const [a, b] = await Promise.all([look(hers), look(others)])
    expect([a.marks['ODD_KEY'], b.marks['ODD_KEY']]).toEqual([markOf(keys.ada), markOf(keys.grace)])
    expect(a.pid).not.toBe(b.pid)
    await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const [call, whose] = at % 2 === 0 ? [hers, 'ada'] : [others, 'grace']
        expect(await call('wait', { text: `${whose} ${at}`, ms: (at * 7) % 30 })).toBe(`"${whose} ${at}"`)
      }),
    )
  }, 20_000)

  it('one whose process ends takes nothing from the other', async () => {
    const [hers, others] = await Promise.all([connect('odd', ada), connect('odd', grace)])
    const { pid } = await look(others)
    expect(await hers('die')).toContain('can’t be reached')
    expect((await look(others)).pid).toBe(pid)
  })

  it('a new key means a new process: the old one is called with by nobody', async () => {
    const call = await connect('odd', grace)
    const before = await look(call)
    await putKey(grace, keys.changed)
    const after = await look(call)
    expect(after.marks['ODD_KEY']).toBe(markOf(keys.changed))
    expect(after.pid).not.toBe(before.pid)
    await putKey(grace, keys.grace)
  })

  it('who has no key gets no process', async () => {
    await grace.json('DELETE', '/api/keys?upstream=odd')
    const call = await connect('odd', grace)
    expect(await call('look')).toContain('You have no key')
    await putKey(grace, keys.grace)
  })
})

describe('G6 what a local server says', () => {
  it('reaches the agent without the key that the program was given', async () => {
    const call = await connect('odd', ada)
    // What the tests before it ended may still rest: her program ended more than once right after its start.
    await expect.poll(() => call('echo', { text: 'awake' })).toBe('"awake"')
    expect((await look(call)).env['ODD_KEY']).toBe('[hidden]')
    expect(await call('echo', { text: `your key is ${keys.ada}, as "${keys.ada}"` })).toBe(
      JSON.stringify('your key is [hidden], as "[hidden]"'),
    )
  })

  it('reaches the log without the person’s key and the operator’s values', async () => {
    const call = await connect('odd', ada)
    await call('say', { text: `connecting with ${keys.ada} and ${operators} to the box` })
    await expect.poll(() => lines.join('\n')).toContain('connecting with [hidden] and [hidden] to the box')
    await call('say', { text: 'y'.repeat(10_000) })
    for (const line of lines) {
      expect(line).not.toMatch(/key-of-|operators-own/)
      expect(line.length).toBeLessThan(4000)
    }
  })

  it('is read however much it is, and told so many lines a minute', async () => {
    const call = await connect('shared', ada)
    const flood = Array.from({ length: 20_000 }, (_, at) => `flooding ${at}`).join('\n')
    await call('say', { text: flood })
    expect(await call('echo', { text: 'still there' })).toBe('"still there"')
    expect(lines.filter((line) => line.includes('flooding')).length).toBeLessThanOrEqual(120)
  })
})

describe('a local server that is asked for', () => {
  it('is one of the operator’s: no administrator brings a program of her own', async () => {
    for (const upstream of [
      { kind: 'stdio', name: 'mine', title: 'Mine', server: 'sh', auth: { kind: 'none' } },
      { kind: 'stdio', name: 'mine', title: 'Mine', command: '/bin/sh', auth: { kind: 'none' } },
      { kind: 'stdio', name: 'mine', title: 'Mine', server: 'odd', env: { A: 'b' }, auth: { kind: 'none' } },
    ]) {
      const { status } = await ada.json('POST', '/api/upstreams', { upstream })
      expect([400, 422]).toContain(status)
    }
    expect((await ada.json('GET', '/api/upstreams')).body).not.toMatchObject({
      upstreams: expect.arrayContaining([expect.objectContaining({ name: 'mine' })]),
    })
  })

  it('gets arguments of a call as data: no shell reads them', async () => {
    const call = await connect('shared', ada)
    const text = '$(touch /tmp/owned); `id` && rm -rf ~ | cat > x\n{"jsonrpc":"2.0","id":1,"result":{}}'
    expect(JSON.parse(await call('echo', { text }))).toBe(text)
    expect(existsSync('/tmp/owned')).toBe(false)
  })
})

describe('when Tandem stops', () => {
  it('nothing that it started stays', async () => {
    const server = oddServer(['--stubborn'])
    const other = await startTandem({ config: { TANDEM_STDIO_SERVERS: [server] } })
    await addUpstream(other, { kind: 'stdio', name: 'odd', server: 'odd' })
    const url = `${other.url}/mcp/odd`
    const { accessToken } = await other.connectAgent({ resource: url })
    const client = await modernClient(url, accessToken)
    const pids = await Promise.all(
      [
        async () => (JSON.parse(textOf(await client.callTool({ name: 'look', arguments: {} }))) as Look).pid,
        async () => Number(textOf(await client.callTool({ name: 'family', arguments: {} }))),
      ].map((ask) => ask()),
    )
    expect(pids.map(lives)).toEqual([true, true])
    await client.close()
    await other.close()
    expect(pids.map(lives)).toEqual([false, false])
  }, 30_000)
})

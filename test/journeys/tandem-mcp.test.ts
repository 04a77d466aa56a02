import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConsentView, GrantView } from '#contract'
import { textOf } from '../support/mcp-clients.ts'
import { npmServer } from '../support/stdio-servers.ts'
import { startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'
import { addUpstream } from '../support/upstreams.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
let tandem: RunningTandem
let ada: Browser
let home: string
const clients: Client[] = []
beforeAll(async () => {
  tandem = await startTandem({
    config: {
      TANDEM_STDIO_SERVERS: [
        npmServer('everything', '@modelcontextprotocol/server-everything/dist/index.js', { args: ['stdio'] }),
      ],
    },
  })
  ada = await tandem.signIn('ada')
  await addUpstream(tandem, { kind: 'stdio', name: 'every', server: 'everything' }, { browser: ada })
  home = await mkdtemp(join(tmpdir(), 'tandem-mcp-'))
}, 60_000)
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()))
  await tandem?.close()
  await rm(home, { recursive: true, force: true })
})

/** The command as a desktop app starts it: what it tells its person is on standard error. */
function command(args: string[], mode: 'auto' | 'legacy' = 'auto') {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [main, 'mcp', ...args, '--url', tandem.url],
    env: { PATH: process.env['PATH'] ?? '', HOME: home, XDG_CONFIG_HOME: join(home, 'config') },
    stderr: 'pipe',
  })
  let told = ''
  transport.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()))
  const client = new Client({ name: 'desktop', version: '1' }, { versionNegotiation: { mode } })
  clients.push(client)
  return {
    client,
    told: () => told,
    connect: () => client.connect(transport, { timeout: 50_000 }),
    /** Runs it without a client, until it ends. */
    async run(meanwhile?: () => Promise<unknown>): Promise<void> {
      const ended = new Promise<void>((resolve) => {
        Object.assign(transport, { onclose: resolve })
      })
      await transport.start()
      await meanwhile?.()
      await ended
    },
    /** The person's part: opens the page, compares the code, decides. */
    async decide(browser: Browser, decision: 'allow' | 'deny' = 'allow'): Promise<ConsentView> {
      await expect.poll(() => told, { timeout: 20_000 }).toMatch(/shows the code \S+\n/)
      const code = /shows the code (\S+)/.exec(told)?.[1]
      expect(told).toContain(`${tandem.url}/device?user_code=${code}`)
      const entered = await browser.json('POST', '/api/device', { code })
      const id = String((entered.body as { location: string }).location).replace('/consent/', '')
      const consent = (await browser.json('GET', `/api/interactions/${id}`)).body as ConsentView
      const { csrf } = consent
      const { status } = await browser.json('POST', `/api/interactions/${id}/decision`, { csrf, decision })
      expect(status).toBe(200)
      return consent
    },
  }
}
const kept = join('config', 'tandem')

describe('tandem mcp --stdio', () => {
  it('signs its person in by a page and a code, and carries Tandem’s own tools', async () => {
    const bridge = command(['--stdio'], 'legacy')
    const connecting = bridge.connect()
    await bridge.decide(ada)
    await connecting
    const { tools } = await bridge.client.listTools()
    expect(tools.map(({ name }) => name)).toContain('whoami')
    const result = await bridge.client.callTool({ name: 'whoami', arguments: {} })
    expect(result.structuredContent).toMatchObject({ person: { name: 'Ada' }, app: 'Tandem over stdio' })
  }, 60_000)

  it('keeps the sign-in in a file that only its person may read, and asks once', async () => {
    const folder = join(home, kept)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect((await stat(join(folder, 'sign-ins.json'))).mode & 0o777).toBe(0o600)
    // Nothing half-written, no lock left behind.
    expect(await readdir(folder)).toEqual(['sign-ins.json'])
    const bridge = command(['--stdio'], 'legacy')
    await bridge.connect()
    expect((await bridge.client.listTools()).tools.length).toBeGreaterThan(0)
    expect(bridge.told()).toBe('')
  }, 60_000)

  it('carries an upstream’s tools to a client of 2026-07-28, with progress and an end in the middle', async () => {
    // This client asks a first process, unheard, which revision it speaks: its person signs in before.
    const first = command(['every', '--sign-in'])
    await first.run(async () => {
      const consent = await first.decide(ada)
      expect(consent.scopes.map(({ scope }) => scope)).toContain('every:read')
    })
    expect(first.told()).toContain('Signed in')
    const bridge = command(['every', '--stdio'])
    await bridge.connect()
    const { client } = bridge
    expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28')
    const sum = await client.callTool({ name: 'get-sum', arguments: { a: 1, b: 2 } })
    expect(textOf(sum)).toContain('3')
    const heard: number[] = []
    const long = { name: 'trigger-long-running-operation', arguments: { duration: 8, steps: 40 } }
    const control = new AbortController()
    const given = client.callTool(long, {
      signal: control.signal,
      onprogress({ progress }) {
        heard.push(progress)
        if (progress === 2) control.abort()
      },
    })
    await expect(given).rejects.toThrow()
    expect(heard).toEqual([1, 2])
    expect(textOf(await client.callTool({ name: 'echo', arguments: { message: 'on' } }))).toContain('on')
  }, 60_000)

  it('two at once renew one sign-in without ending it', async () => {
    const path = join(home, kept, 'sign-ins.json')
    // As an hour later: both find an access token that is over.
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replaceAll(/"expiresAt": \d+/g, '"expiresAt": 1'))
    const bridges = [command(['--stdio'], 'legacy'), command(['--stdio'], 'legacy')]
    await Promise.all(bridges.map((bridge) => bridge.connect()))
    for (const { client } of bridges) expect((await client.listTools()).tools.length).toBeGreaterThan(0)
    expect(bridges.map((bridge) => bridge.told())).toEqual(['', ''])
    const held = JSON.parse(await readFile(path, 'utf8')) as Record<string, { expiresAt: number }>
    expect(held[`${tandem.url}/mcp`]?.expiresAt).toBeGreaterThan(1)
  }, 60_000)

  it('asks again when its grant was ended', async () => {
    const bridge = command(['--stdio'], 'legacy')
    await bridge.connect()
    const { grants } = (await ada.json('GET', '/api/grants')).body as { grants: GrantView[] }
    for (const { id, client } of grants)
      if (client.name === 'Tandem over stdio') await ada.json('DELETE', `/api/grants/${id}`)
    const listing = bridge.client.listTools(undefined, { cacheMode: 'refresh' })
    await bridge.decide(ada)
    expect((await listing).tools.length).toBeGreaterThan(0)
  }, 60_000)

  it('says why, in one sentence, when its person refuses', async () => {
    const bridge = command(['every', '--sign-in'])
    await bridge.run(() => bridge.decide(ada, 'deny'))
    await expect.poll(() => bridge.told()).toContain('Not signed in')
    expect(bridge.told()).not.toMatch(/\n\s+at /)
  }, 60_000)

  it('gives the sign-in back: what was kept is gone, here and there', async () => {
    const path = join(home, kept, 'sign-ins.json')
    const held = JSON.parse(await readFile(path, 'utf8')) as Record<string, { accessToken: string }>
    const { accessToken = '' } = held[`${tandem.url}/mcp`] ?? {}
    const call = () =>
      fetch(`${tandem.url}/mcp`, { method: 'POST', headers: { Authorization: `Bearer ${accessToken}` } })
    expect((await call()).status).toBe(415)
    await command(['--sign-out']).run()
    expect(await readFile(path, 'utf8')).not.toContain(accessToken)
    expect((await call()).status).toBe(401)
  }, 60_000)
})

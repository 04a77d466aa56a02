import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { consentTo } from '../support/connect-agent.ts'
import { freePort, people } from '../support/tandem.ts'
import { twentyMcpTools } from '../support/twenty/argument-lists.ts'
import { answerOf } from '../support/twenty/tool-walk.ts'
import { startTwenty } from '../support/twenty/twenty-double.ts'
import type { TwentyDouble } from '../support/twenty/twenty-double.ts'
import { rememberingClient } from './remembering-client.ts'

// Four processes, each of which opens a database.
vi.setConfig({ testTimeout: 150_000, hookTimeout: 60_000 })

const guide = readFileSync(new URL('../../docs/guides/twenty.md', import.meta.url), 'utf8')
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const [, block = ''] = /<!-- journey:begin -->\s+```sh\n([\s\S]*?)```/.exec(guide) ?? []
const commands = block.trim().split('\n')

let twenty: TwentyDouble
let folder: string
let tools: string
let port: number
let server: { child: ChildProcess; said: string } | undefined
beforeAll(async () => {
  twenty = await startTwenty()
  folder = mkdtempSync(join(tmpdir(), 'tandem-guide-'))
  tools = mkdtempSync(join(tmpdir(), 'tandem-bin-'))
  port = await freePort()
  // The command as an installation puts it on the path.
  writeFileSync(join(tools, 'tandem'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`)
  chmodSync(join(tools, 'tandem'), 0o755)
})
afterAll(async () => {
  if (server && server.child.exitCode === null) {
    const ended = once(server.child, 'close')
    server.child.kill('SIGTERM')
    await ended
  }
  await twenty?.close()
  for (const one of [folder, tools]) rmSync(one, { recursive: true, force: true })
})

/** What the reader puts in the place of the guide's addresses. */
const mine = (command: string) =>
  command.replace('https://api.twenty.com', twenty.url).replace('localhost:3000', `localhost:${port}`)
const environment = () => ({
  PATH: `${tools}:${process.env['PATH'] ?? ''}`,
  HOME: folder,
  PORT: String(port),
  TANDEM_URL: `http://localhost:${port}`,
})

/** Runs one line in the folder, by the shell. */
function run(line: string): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn('sh', ['-c', line], { cwd: folder, env: environment() })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })))
}

describe('the guide “Claude reaches our Twenty with my key”', () => {
  it('is at most five commands, none of which has a secret in it', () => {
    expect(commands.length).toBeGreaterThan(0)
    expect(commands.length).toBeLessThanOrEqual(5)
    expect(commands.map((line) => line.split(' ')[0])).toEqual(['tandem', 'tandem', 'tandem', 'claude'])
    expect(block).not.toMatch(/password|secret|key=|token/i)
  })

  it('sets up', async () => {
    expect(readdirSync(folder)).toEqual([])
    writeFileSync(join(folder, 'twenty-key.txt'), `${twenty.key}\n`)
    const done = await run(mine(commands[0] ?? ''))
    expect([done.code, done.out]).toEqual([0, expect.stringContaining('Twenty is behind Tandem')])
  })

  it('starts, and the one-time address makes the first account', async () => {
    const line = mine(commands[1] ?? '')
    expect(line).toMatch(/ &$/)
    const child = spawn('sh', ['-c', `exec ${line.slice(0, -2)}`], { cwd: folder, env: environment() })
    const running = { child, said: '' }
    server = running
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (running.said += chunk.toString()))
    await expect.poll(() => running.said, { timeout: 140_000 }).toContain('/setup')
    const [address = ''] = /http:\/\/\S*\/setup\S*/.exec(running.said) ?? []
    const { name, email, password } = people.ada
    const browser = openBrowser(`http://localhost:${port}`)
    const token =
      new URLSearchParams(new URL(address).hash.slice(1)).get('token') ??
      new URL(address).searchParams.get('token')
    const made = await browser.json('POST', '/api/setup', { name, email, password, token })
    expect(made.status).toBe(200)
  })

  it('keeps the key, sealed, and the file is gone', async () => {
    const done = await run(mine(commands[2] ?? ''))
    expect(done).toMatchObject({ code: 0, err: '', out: expect.stringContaining('Ada for twenty') })
    expect(readdirSync(folder)).not.toContain('twenty-key.txt')
    expect(done.out).not.toContain(twenty.key)
    writeFileSync(join(folder, 'wrong.txt'), 'a-key-of-somebody-else')
    const wrong = await run('tandem keys set twenty < wrong.txt')
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('doesn’t take this key') })
    expect(wrong.err).not.toContain('somebody-else')
  })

  it('connects, with her consent in the browser, and the agent works in Twenty with her key', async () => {
    const [, address = ''] = /claude mcp add --transport http \S+ (\S+)$/.exec(mine(commands[3] ?? '')) ?? []
    const notebook = rememberingClient()
    const begin = () => new StreamableHTTPClientTransport(new URL(address), { authProvider: notebook })
    const transport = begin()
    const client = new Client({ name: 'claude', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await expect(client.connect(transport)).rejects.toThrow(UnauthorizedError)
    const browser = openBrowser(`http://localhost:${port}`)
    await browser.json('POST', '/api/session', { email: people.ada.email, password: people.ada.password })
    const { back } = await consentTo(browser, String(notebook.asked))
    await transport.finishAuth(back.searchParams)
    const connected = new Client({ name: 'claude', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await connected.connect(begin())
    const { tools: listed } = await connected.listTools()
    expect(listed.map(({ name }) => name).toSorted()).toEqual(Object.keys(twentyMcpTools).toSorted())
    const made = await connected.callTool({
      name: 'create_contact',
      arguments: { firstName: 'Grace', lastName: 'Hopper' },
    })
    expect(answerOf(made).value).toMatchObject({
      created: { firstName: 'Grace', other: { createdBy: { name: 'Ada’s key' } } },
    })
    expect(twenty.workspace.records.get('person')).toHaveLength(1)
    await connected.close()
    // Nowhere in what the server says, in any of its files' plain text.
    expect(server?.said).not.toContain(twenty.key)
  })
})

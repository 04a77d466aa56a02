import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { consentingPerson } from './consenting-person.ts'
import type { ConsentingPerson } from './consenting-person.ts'

const proxy = join(
  dirname(createRequire(import.meta.url).resolve('mcp-remote/package.json')),
  'dist/proxy.js',
)
let tandem: RunningTandem
let person: ConsentingPerson
let home: string
beforeAll(async () => {
  tandem = await startTandem()
  person = await consentingPerson(tandem)
  home = await mkdtemp(join(tmpdir(), 'mcp-remote-'))
})
afterAll(async () => {
  await person?.close()
  await tandem?.close()
  await rm(home, { recursive: true, force: true })
})

/** A program that takes the place of the browser: it writes down where it was sent. */
async function fakeBrowser(): Promise<{ path: string; sentTo(): Promise<string> }> {
  const path = join(home, 'browser.sh')
  const file = join(home, 'sent-to')
  await writeFile(path, `#!/bin/sh\nprintf '%s' "$1" > '${file}.new' && mv '${file}.new' '${file}'\n`)
  await chmod(path, 0o700)
  return {
    path,
    async sentTo() {
      for (;;) {
        const url = await readFile(file, 'utf8').catch(() => '')
        if (url) return url
        await pause(50)
      }
    },
  }
}

/** mcp-remote as a desktop app starts it: JSON-RPC lines over stdio. */
function startProxy(browser: string, port: number) {
  const child = spawn(process.execPath, [proxy, `${tandem.url}/mcp`, String(port), '--allow-http'], {
    env: { PATH: process.env['PATH'] ?? '', HOME: home, BROWSER: browser, MCP_REMOTE_CONFIG_DIR: home },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const waiting = new Map<number, (message: Record<string, unknown>) => void>()
  let rest = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines.filter(Boolean)) {
      const message = JSON.parse(line) as { id: number }
      waiting.get(message.id)?.(message)
    }
  })
  let id = 0
  return {
    log: () => errors,
    notify: (method: string) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method })}\n`),
    ask(method: string, params: unknown): Promise<Record<string, unknown>> {
      const mine = ++id
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: mine, method, params })}\n`)
      return new Promise((resolve) => waiting.set(mine, resolve))
    },
    async stop() {
      child.kill()
      if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve))
    },
  }
}

describe('mcp-remote, which desktop apps put before remote servers', () => {
  it('registers, opens the browser, and passes tools through to stdio', { timeout: 60_000 }, async () => {
    const browser = await fakeBrowser()
    const app = startProxy(browser.path, await freePort())
    try {
      const initialized = app.ask('initialize', {
        protocolVersion: '2025-06-18',
        capabilities: {},
        clientInfo: { name: 'desktop', version: '1' },
      })
      await person.allowAndFollow(await browser.sentTo())
      expect(await initialized, app.log()).toMatchObject({ result: { serverInfo: { name: 'tandem' } } })
      app.notify('notifications/initialized')
      expect(await app.ask('tools/list', {})).toMatchObject({
        result: { tools: expect.arrayContaining([expect.objectContaining({ name: 'query' })]) },
      })
      expect(await app.ask('tools/call', { name: 'whoami', arguments: {} })).toMatchObject({
        result: { structuredContent: { person: { role: 'administrator' } } },
      })
    } finally {
      await app.stop()
    }
  })
})

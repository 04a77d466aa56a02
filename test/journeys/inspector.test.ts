import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'

const run = promisify(execFile)
const inspector = join(
  dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/inspector/package.json')),
  'clients/launcher/build/index.js',
)
let tandem: RunningTandem
let home: string
let token: string
beforeAll(async () => {
  tandem = await startTandem()
  home = await mkdtemp(join(tmpdir(), 'inspector-'))
  token = (await tandem.connectAgent()).accessToken
})
afterAll(async () => {
  await tandem?.close()
  await rm(home, { recursive: true, force: true })
})

async function inspect(...args: string[]): Promise<unknown> {
  const header = `Authorization: Bearer ${token}`
  const { stdout } = await run(
    process.execPath,
    [inspector, '--cli', `${tandem.url}/mcp`, '--transport', 'http', '--header', header, ...args],
    { env: { PATH: process.env['PATH'] ?? '', HOME: home }, timeout: 30_000 },
  )
  return JSON.parse(stdout)
}

describe('the MCP Inspector’s command line', () => {
  it('finds no fault with the tools’ schemas', { timeout: 60_000 }, async () => {
    const listed = await inspect('--method', 'tools/list', '--strict')
    expect(listed).toMatchObject({ tools: { length: 8 } })
  })

  it('calls a tool', { timeout: 60_000 }, async () => {
    const result = await inspect('--method', 'tools/call', '--tool-name', 'whoami')
    expect(result).toMatchObject({ structuredContent: { person: { role: 'administrator' } } })
  })
})

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openCommandLine } from '../support/command-line.ts'
import type { CommandLine, Running } from '../support/command-line.ts'

const password = 'correct horse battery staple'
const tested = z.object({
  ok: z.boolean(),
  checks: z.array(z.object({ check: z.string(), outcome: z.string(), what: z.string() })),
})
let cli: CommandLine
let running: Running

beforeAll(async () => {
  cli = await openCommandLine()
  running = cli.run(['start'], { TANDEM_ADMIN_EMAIL: 'ada@acme.example', TANDEM_ADMIN_PASSWORD: password })
  await running.said(/Agents connect to/)
}, 120_000)
afterAll(async () => {
  running.child.kill('SIGTERM')
  await running.done
  cli.close()
})

describe('a running install', () => {
  it('passes tandem test, which leaves nothing behind', { timeout: 120_000 }, async () => {
    const { code, value, err } = await cli.json(['test'])
    const { ok, checks } = tested.parse(value)
    expect([checks.filter(({ outcome }) => outcome === 'failed'), err]).toEqual([[], ''])
    expect([code, ok]).toEqual([0, true])
    const worked = checks.filter(({ outcome }) => outcome === 'ok').map(({ check }) => check)
    // Those of twenty-mcp's own suite and the faults it didn't find.
    for (const check of [
      'challenge',
      'server metadata',
      'keys without sign-in',
      'unsigned token',
      'stored keys',
      'broken JSON',
      'older clients',
      'tools after initialize',
      'a call',
      'the end of a client',
    ])
      expect(worked).toContain(check)
    const clients = await cli.json(['clients', 'list'])
    expect(clients.value).toEqual([])
  })

  it('is told of by tandem status, with what could be better', { timeout: 120_000 }, async () => {
    const before = await cli.json(['status'])
    expect([before.code, before.value]).toMatchObject([
      0,
      { running: true, ready: true, members: 1, database: 'embedded', lastBackup: null, claimed: true },
    ])
    expect(JSON.stringify(before.value)).toContain('There is no backup')
    // From a shell with other settings than it was started with.
    const { out } = await cli.run(['status'], { TANDEM_URL: 'http://localhost:1', PORT: '1' }).done
    expect(out).toMatch(/running +yes, and ready/)
    expect(out).toContain('It was started with other settings than these, which say http://localhost:1')

    const file = join(cli.folder, 'first.backup')
    const done = await cli.run(['backup', file]).done
    expect([done.code, done.out]).toMatchObject([
      0,
      expect.stringContaining('data/secret in another safe place'),
    ])
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600)
    const { value } = await cli.json(['status'])
    expect(value).toMatchObject({ lastBackup: expect.stringMatching(/^\d{4}-/) })
    expect(JSON.stringify(value)).not.toContain('There is no backup')
  })

  it('stops within its grace, and then neither runs nor passes', { timeout: 120_000 }, async () => {
    running.child.kill('SIGTERM')
    expect((await running.done).code).toBe(0)
    const { code, value } = await cli.json(['status'])
    expect([code, value]).toMatchObject([1, { running: false, ready: false }])
    const { ok, checks } = tested.parse((await cli.json(['test'])).value)
    expect([ok, checks.some(({ outcome }) => outcome === 'failed')]).toEqual([false, true])
  })
})

import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { openCommandLine } from '../support/command-line.ts'
import type { CommandLine } from '../support/command-line.ts'
import { connectAgent } from '../support/connect-agent.ts'
import { freePort, people } from '../support/tandem.ts'

let cli: CommandLine
let folder: string
let origin: string
const run: CommandLine['run'] = (args, more) => cli.run(args, more)
const json: CommandLine['json'] = (args) => cli.json(args)

beforeAll(async () => {
  cli = await openCommandLine()
  ;({ folder, origin } = cli)
})
afterAll(() => cli.close())

// Each step starts processes of its own.
describe('the tandem command', { timeout: 180_000 }, () => {
  it('what it doesn’t understand ends with 2 and the list of commands', async () => {
    for (const args of [['dance'], ['start', '--fast'], ['clients']]) {
      const { code, err } = await run(args).done
      expect([args, code]).toEqual([args, 2])
      expect(err).toContain('tandem start [--demo]')
      expect(err).not.toContain('    at ')
    }
  })

  it('a wrong setting is one sentence without a stack', async () => {
    const { code, err } = await run(['config'], { TANDEM_URL: 'http://crm.acme.example' }).done
    expect([code, err]).toEqual([
      1,
      'TANDEM_URL must be https unless it is this computer. Set it to https://crm.acme.example\n',
    ])
  })

  it('config shows every setting and hides the secrets', async () => {
    const secrets = {
      TANDEM_SECRET: 'k9V2mX7qL4wB8nR1tZ6yH3cJ5pD0sF2g',
      DATABASE_URL: 'postgres://ada:hunter2@db/tandem',
      TANDEM_SIGN_IN_WITH: '[{"name":"google","preset":"google","clientId":"id","clientSecret":"swordfish"}]',
    }
    const { code, out } = await run(['config'], secrets).done
    expect(code).toBe(0)
    for (const name of ['PORT', 'TANDEM_URL', 'TANDEM_SECRET', 'TANDEM_TRUSTED_PROXIES'])
      expect(out).toContain(name)
    expect(out).not.toMatch(/k9V2|hunter2|swordfish/)
  })

  it('whoever stops reading sees no stack', async () => {
    const { child, done } = run(['config'])
    child.stdout?.destroy()
    expect(await done).toEqual({ code: 0, out: '', err: '' })
  })

  it('a fresh start prints a one-time address; commands reach the running server; SIGTERM ends it cleanly', async () => {
    const server = run(['start'])
    try {
      const out = await server.said(/setup#token=\S+/)
      expect(out).toContain(`Agents connect to      ${origin}/mcp`)
      const token = /setup#token=(\S+)/.exec(out)?.[1]

      const ada = openBrowser(origin)
      expect((await ada.json('GET', '/api/bootstrap')).body).toEqual({ state: 'first-run' })
      const { name, email, password } = people.ada
      expect((await ada.json('POST', '/api/setup', { token, name, email, password })).status).toBe(200)
      expect((await ada.json('GET', '/api/bootstrap')).body).toMatchObject({
        state: 'signed-in',
        issuer: origin,
      })

      const created = await json([
        'clients',
        'create',
        '--name',
        'Ledger',
        '--redirect-uri',
        'https://ledger.example/cb',
        '--confidential',
      ])
      expect(created).toMatchObject({
        code: 0,
        value: { name: 'Ledger', clientSecret: expect.stringMatching(/.{30}/) },
      })
      const refused = await run([
        'clients',
        'create',
        '--name',
        'Evil',
        '--redirect-uri',
        'javascript:alert(1)',
      ]).done
      expect([refused.code, refused.out]).toEqual([1, ''])
      expect(refused.err).toContain('redirect')
      expect(refused.err).not.toContain('    at ')

      const agent = await connectAgent({ browser: ada })
      expect((await agent.call('whoami')).status).toBe(200)
      expect(await json(['grants', 'list'])).toMatchObject({
        code: 0,
        value: [{ client: { name: 'Notebook' }, status: 'active' }],
      })
      expect(await json(['keys', 'list'])).toMatchObject({
        code: 0,
        value: [{ state: 'next' }, { state: 'current' }],
      })
      const early = await run(['keys', 'rotate']).done
      expect([early.code, early.err]).toEqual([1, expect.stringContaining('The next key may sign from')])
      expect(await json(['keys', 'rotate', '--compromised'])).toMatchObject({ code: 0 })
      await expect.poll(async () => (await agent.call('whoami')).status, { timeout: 5000 }).toBe(401)
      expect(await json(['audit', 'verify'])).toMatchObject({ code: 0, value: { broken: null } })
      expect((await json(['doctor'])).value).toMatchObject({ ok: true })

      const second = await run(['start']).done
      expect(second.code).toBe(1)
      expect(second.err.split('\n').filter(Boolean)).toHaveLength(1)
      expect((await ada.json('GET', '/api/session')).status).toBe(200)
    } finally {
      server.child.kill('SIGTERM')
    }
    expect(await server.done).toMatchObject({ code: 0 })
  })

  it('after a stop the commands open the database themselves, and a new start knows everybody', async () => {
    expect(await json(['grants', 'list'])).toMatchObject({
      code: 0,
      value: [{ client: { name: 'Notebook' } }],
    })
    const server = run(['start'])
    try {
      expect(await server.said(/Agents connect to/)).not.toContain('setup#token')
      expect((await openBrowser(origin).json('GET', '/api/bootstrap')).body).toEqual({ state: 'signed-out' })
    } finally {
      server.child.kill('SIGTERM')
      await server.done
    }
  })

  it('O3 the control channel answers nobody without the token in the data directory', async () => {
    const server = run(['start'])
    try {
      await server.said(/Agents connect to/)
      const file = join(folder, 'data', 'control.json')
      expect(statSync(file).mode & 0o777).toBe(0o600)
      const { port, token } = JSON.parse(readFileSync(file, 'utf8')) as { port: number; token: string }
      const ask = (authorization: Record<string, string>) =>
        fetch(`http://127.0.0.1:${port}/grants.list`, { method: 'POST', headers: authorization, body: '{}' })
      expect((await ask({})).status).toBe(401)
      expect((await ask({ Authorization: 'Bearer guess' })).status).toBe(401)
      expect((await ask({ Authorization: `Bearer ${token}` })).status).toBe(200)
      // The public port knows no such address.
      expect(
        (
          await fetch(`${origin}/grants.list`, {
            method: 'POST',
            headers: { Authorization: `Bearer ${token}` },
          })
        ).status,
      ).toBe(405)
    } finally {
      server.child.kill('SIGTERM')
      await server.done
    }
  })

  it('a note that a killed server left behind doesn’t mislead a command', async () => {
    const stale = { port: await freePort(), token: 'tnd_control_old' }
    writeFileSync(join(folder, 'data', 'control.json'), JSON.stringify(stale), { mode: 0o600 })
    expect(await json(['audit', 'verify'])).toMatchObject({ code: 0, value: { broken: null } })
  })
})

import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCommandLine } from '../support/command-line.ts'
import type { CommandLine } from '../support/command-line.ts'
import { freePort } from '../support/tandem.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const pty = existsSync('/usr/bin/script')
let cli: CommandLine
let port: number
beforeEach(async () => {
  cli = await openCommandLine()
  port = await freePort()
})
afterEach(() => cli.close())

const file = () => join(cli.folder, 'tandem.config.json')
const settings = (): Record<string, unknown> => JSON.parse(readFileSync(file(), 'utf8'))
const yes = (...args: string[]) => cli.run(['setup', '--yes', ...args], { PORT: String(port) }).done

describe('tandem setup --yes', () => {
  it('writes what is usual, for its owner alone, and says what to paste', async () => {
    const { code, out, err } = await yes()
    expect([code, err]).toEqual([0, ''])
    expect(settings()).toEqual({
      TANDEM_URL: 'http://localhost:3000',
      PORT: port,
      TANDEM_DATA_DIR: './data',
      TANDEM_CLIENT_POLICY: 'open',
    })
    if (process.platform !== 'win32') expect(statSync(file()).mode & 0o777).toBe(0o600)
    for (const client of ['Claude Code', 'ChatGPT', 'Cursor', 'VS Code', 'Codex', 'mcp-remote'])
      expect(out).toContain(client)
    expect(out).toContain('claude mcp add --transport http tandem http://localhost:3000/mcp')
  })

  it('changes nothing that is there unless it is told to, and then keeps a copy', async () => {
    writeFileSync(file(), JSON.stringify({ TANDEM_URL: 'http://localhost:4000', TANDEM_LOG: 'warn' }))
    const refused = await yes()
    expect([refused.code, refused.err]).toMatchObject([1, expect.stringContaining('--force')])
    expect(settings()).toEqual({ TANDEM_URL: 'http://localhost:4000', TANDEM_LOG: 'warn' })
    expect((await yes('--force', '--set', 'TANDEM_CLIENT_POLICY=closed')).code).toBe(0)
    expect(settings()).toMatchObject({
      TANDEM_URL: 'http://localhost:4000',
      TANDEM_LOG: 'warn',
      TANDEM_CLIENT_POLICY: 'closed',
    })
    expect((await yes('--reset')).code).toBe(0)
    expect(settings()).toMatchObject({ TANDEM_URL: 'http://localhost:3000' })
    expect(settings()).not.toHaveProperty('TANDEM_LOG')
    const copies = readdirSync(cli.folder).filter((name) => /^tandem\.config\.json\.\d/.test(name))
    expect(copies.length).toBe(2)
    if (process.platform !== 'win32')
      for (const name of copies) expect(statSync(join(cli.folder, name)).mode & 0o777).toBe(0o600)
  })

  it('takes no address list, proxy or provider away that it wasn’t asked to', async () => {
    const there = {
      TANDEM_URL: 'https://crm.acme.example',
      TANDEM_TRUSTED_PROXIES: ['192.0.2.7'],
      TANDEM_IP_ALLOWLIST: ['203.0.113.0/24', '2001:db8::/32'],
      TANDEM_SIGN_IN_WITH: ['google', 'microsoft'].map((name) => ({
        name,
        issuer: `https://${name}.example`,
        clientId: 'tandem',
        clientSecret: 'canary-secret',
      })),
    }
    writeFileSync(file(), JSON.stringify(there))
    expect((await yes('--force')).code).toBe(0)
    expect(settings()).toMatchObject({
      ...there,
      TANDEM_TRUSTED_PROXIES: '192.0.2.7',
      TANDEM_IP_ALLOWLIST: '203.0.113.0/24,2001:db8::/32',
    })
    expect((await yes('--force', '--set', 'provider=none', '--set', 'TANDEM_IP_ALLOWLIST=')).code).toBe(0)
    expect(settings()).not.toHaveProperty('TANDEM_SIGN_IN_WITH')
    expect(settings()).not.toHaveProperty('TANDEM_IP_ALLOWLIST')
  })

  it.each([
    ['DATABASE_URL=env:THEIRS', 'No database answers'],
    // Everybody on the machine sees what a program was started with.
    ['provider-secret=canary', '--set provider-secret=@FILE'],
  ])('refuses %s and writes nothing', async (pair, words) => {
    const env = { PORT: String(port), THEIRS: 'postgres://u:canary@127.0.0.1:9/x' }
    const { code, err } = await cli.run(['setup', '--yes', '--set', pair], env).done
    expect([code, err]).toMatchObject([1, expect.stringContaining(words)])
    expect(err).not.toContain('canary')
    expect(readdirSync(cli.folder)).toEqual([])
  })

  it('looks whether a provider is what it says, and takes its word as a setting', async () => {
    const provider = createServer((request, response) => {
      const issuer = `http://127.0.0.1:${at}`
      if (request.url !== '/.well-known/openid-configuration') return void response.writeHead(404).end()
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ issuer }))
    })
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', () => resolve()))
    const { port: at } = provider.address() as AddressInfo // listening on a port, not on a pipe
    const with_ = (issuer: string) => [
      '--set',
      'provider=other',
      '--set',
      `provider-issuer=${issuer}`,
      '--set',
      'provider-id=tandem',
      '--set',
      'provider-secret=@secret.txt',
    ]
    writeFileSync(join(cli.folder, 'secret.txt'), 'canary-secret\n')
    try {
      const wrong = await yes(...with_(`http://localhost:${at}`))
      expect([wrong.code, wrong.err]).toMatchObject([1, expect.stringContaining('It calls itself')])
      const { code, out } = await yes(...with_(`http://127.0.0.1:${at}`))
      expect([code, out.includes('canary-secret')]).toEqual([0, false])
      expect(settings()['TANDEM_SIGN_IN_WITH']).toMatchObject([
        { name: 'company', clientId: 'tandem', clientSecret: 'canary-secret' },
      ])
    } finally {
      provider.close()
    }
  })

  it('makes the first administrator, whose password is in no file', { timeout: 120_000 }, async () => {
    const password = 'lantern canary gravel staple'
    const env = {
      PORT: String(port),
      TANDEM_ADMIN_EMAIL: 'ada@acme.example',
      TANDEM_ADMIN_PASSWORD: password,
    }
    const { code, out } = await cli.run(['setup', '--yes'], env).done
    expect([code, out]).toMatchObject([0, expect.stringContaining('ada@acme.example is the administrator')])
    expect(readFileSync(file(), 'utf8')).not.toContain('canary')
    // Once is enough: who sets up again is told.
    const again = await cli.run(['setup', '--yes', '--force'], env).done
    expect([again.code, again.err]).toMatchObject([1, expect.stringContaining('already')])
  })

  it('loses no address list on the way from twenty-mcp', async () => {
    const env = join(cli.folder, 'listed.env')
    const taken = async (text: string) => {
      writeFileSync(env, `MCP_SERVER_URL=http://localhost:3111\n${text}\n`)
      return yes('--force', '--import', env)
    }
    expect((await taken('IP_PROTECTION_ENABLED=TRUE\nIP_ALLOWLIST=203.0.113.9')).code).toBe(0)
    expect(settings()).toMatchObject({ TANDEM_IP_ALLOWLIST: '203.0.113.9' })
    expect(await taken('IP_PROTECTION_ENABLED=true')).toMatchObject({
      code: 1,
      err: expect.stringContaining('names nobody'),
    })
    expect((await taken('IP_ALLOWLIST=203.0.113.9')).out).toContain('IP_ALLOWLIST is not copied')
  })

  it('takes over the settings of twenty-mcp and says what can’t come along', async () => {
    const env = join(cli.folder, 'old.env')
    writeFileSync(
      env,
      `TWENTY_API_KEY=canary-key\nCLERK_SECRET_KEY=sk_test_canary\nAPI_KEY_ENCRYPTION_SECRET=canary-secret
MCP_SERVER_URL=http://localhost:3111/mcp\nIP_PROTECTION_ENABLED=true\nIP_ALLOWLIST=203.0.113.0/24\nREQUIRE_AUTH=false\n`,
    )
    const { code, out } = await yes('--import', env)
    expect(code).toBe(0)
    expect(settings()).toMatchObject({
      TANDEM_URL: 'http://localhost:3111',
      TANDEM_IP_ALLOWLIST: '203.0.113.0/24',
    })
    expect(out).toContain('each person stores her own')
    expect(out).toContain('REQUIRE_AUTH=false')
    expect(out + readFileSync(file(), 'utf8')).not.toContain('canary')
  })
})

describe('tandem setup', () => {
  it('asks nobody who isn’t there', async () => {
    const { code, err } = await cli.run(['setup']).done
    expect([code, err]).toMatchObject([1, expect.stringContaining('--yes')])
  })

  it.runIf(pty)(
    'asks at a terminal, asks again for what can’t be, and goes on where somebody stopped',
    async () => {
      const first = atTerminal(cli.folder)
      await first.answer('The address that people', '\u0015ftp://x\r')
      await first.answer('An address begins with https', '')
      await first.answer('The address that people', `\u0015http://localhost:${port}\r`)
      await first.answer('The port to listen on', '\r')
      await first.answer('Where the data lives', '\u0003')
      expect(await first.ended).not.toBe(0)
      expect(existsSync(file())).toBe(false)

      const second = atTerminal(cli.folder)
      await second.answer('You stopped in the middle', '\r')
      await second.answer('Where the data lives', '\r')
      await second.answer('The directory', '\r')
      await second.answer('An agent that nobody here', '\r')
      await second.answer('A mail server', '\r')
      await second.answer('How people sign in', '\r')
      await second.answer('A Twenty workspace', '\r')
      await second.answer('Addresses that agents', '\r')
      await second.answer('The first administrator', '\r')
      expect(await second.ended).toBe(0)
      expect(settings()).toMatchObject({
        TANDEM_URL: `http://localhost:${port}`,
        PORT: port,
        TANDEM_CLIENT_POLICY: 'ask',
      })
      expect(readdirSync(cli.folder)).toEqual(['tandem.config.json'])
    },
  )
})

/** The command at a terminal of its own (util-linux `script`). `answer` waits for the words, then types. */
function atTerminal(cwd: string) {
  const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, TERM: 'xterm' }
  const child = spawn(
    'script',
    ['-qfec', `stty cols 160 rows 50; '${process.execPath}' '${main}' setup`, '/dev/null'],
    { cwd, env },
  )
  let out = ''
  const listeners = new Set<() => void>()
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    for (const listener of listeners) listener()
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return {
    ended,
    answer: (words: string, keys: string) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          const at = out.indexOf(words)
          if (at < 0) return
          listeners.delete(look)
          out = out.slice(at + words.length)
          child.stdin.write(keys)
          resolve()
        }
        listeners.add(look)
        look()
        void ended.then(() => reject(new Error(`ended before “${words}”: ${out.slice(-800)}`)))
      }),
  }
}

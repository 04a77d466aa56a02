import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig, silentLog } from '#foundation'
import type { Log } from '#foundation'
import { createTandem } from '#server'

let dataDir: string
beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'tandem-secret-')), 'data')
})
afterEach(() => rmSync(join(dataDir, '..'), { recursive: true, force: true }))

/** A start that gets as far as the secret, and no further: the port it is given isn't one. */
const start = (env: Record<string, string>, log: Log = silentLog) =>
  createTandem(
    { ...loadConfig({ TANDEM_DATA_DIR: dataDir, ...env }, 'none.json'), TANDEM_TRUSTED_PROXIES: [] },
    // Whoever passes the secret meets this storage and stops.
    { log, storage: pastTheSecret },
  )
const pastTheSecret = new Proxy({} as never, {
  get() {
    throw new Error('the secret was accepted')
  },
})
const good = 'k9V2mX7qL4wB8nR1tZ6yH3cJ5pD0sF2g'

describe('O1 default and sample secrets refuse to boot', () => {
  it.each([
    ['short', 'k9V2mX7qL4wB8nR1', /32 bytes/],
    ['the usual sample', 'change-me-change-me-change-me-change-me', /sample/],
    ['what a compose file says', 'replace_with_32_random_bytes_of_your_own', /sample/],
    ['one letter', 'a'.repeat(64), /sample/],
    ['the alphabet', 'abcdefghijklmnopqrstuvwxyz0123456789', /sample/],
    ['the product’s own name', 'tandem-tandem-tandem-tandem-secret!!', /sample/],
    ['empty', '', /32 bytes/],
  ])('O1 %s', async (_what, secret, why) => {
    await expect(start({ TANDEM_SECRET: secret })).rejects.toThrow(why)
    expect(existsSync(dataDir)).toBe(false)
  })

  it('O1 a PostgreSQL install without a secret doesn’t start: each replica would make its own', async () => {
    await expect(start({ DATABASE_URL: 'postgres://localhost/tandem' })).rejects.toThrow(
      /TANDEM_SECRET is required/,
    )
  })

  it('a secret of 32 random characters is accepted', async () => {
    await expect(start({ TANDEM_SECRET: good })).rejects.toThrow('the secret was accepted')
  })
})

describe('the secret file', () => {
  const file = () => join(dataDir, 'secret')

  it('is made once, with 256 random bits, readable by its owner only', async () => {
    await expect(start({})).rejects.toThrow('the secret was accepted')
    const made = readFileSync(file(), 'utf8')
    expect(Buffer.from(made.trim(), 'base64url')).toHaveLength(32)
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    await expect(start({})).rejects.toThrow('the secret was accepted')
    expect(readFileSync(file(), 'utf8')).toBe(made)
  })

  it('that others could read is closed to them, with a warning', async () => {
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(file(), `${good}\n`)
    chmodSync(file(), 0o644)
    const warnings: string[] = []
    const log = { ...silentLog, warn: (_: unknown, text: string) => void warnings.push(text) } as Log
    await expect(start({}, log)).rejects.toThrow('the secret was accepted')
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(warnings.join()).toMatch(/could read the secret/)
  })

  it('that is missing beside a database is not made anew', async () => {
    mkdirSync(join(dataDir, 'postgres'), { recursive: true })
    await expect(start({})).rejects.toThrow(/missing.*Put the file back/)
    expect(existsSync(file())).toBe(false)
  })

  it('that is cut short is refused', async () => {
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(file(), 'half', { mode: 0o600 })
    await expect(start({})).rejects.toThrow(/does not hold a secret/)
  })
})

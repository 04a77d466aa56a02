import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '#foundation'
import { askKeyCommand } from './vault-key-command.ts'
import { loadVaultKeys } from './vault-keys.ts'

const secret = 'k9V2mX7qL4wB8nR1tZ6yH3cJ5pD0sF2g'
const other = 'q8W3eR5tY7uI9oP1aS2dF4gH6jK0lZxC'
const key = () => randomBytes(32).toString('base64')
const load = (env: Record<string, string>) => loadVaultKeys(loadConfig(env, 'none.json'), secret)

/** What a start says when it refuses. */
async function refusal(env: Record<string, string>): Promise<string> {
  const error = await load(env).then(
    () => new Error('it was accepted'),
    (refused: Error) => refused,
  )
  expect(error.name).toBe('SetupError')
  return error.message
}

describe('keys of the vault', () => {
  it('without settings there is one, from the install’s secret; an explicit one takes its place by rotation', async () => {
    const alone = await load({})
    expect([alone.current, alone.versions]).toEqual([0, [{ version: 0, name: 'TANDEM_SECRET' }]])
    const later = await load({ TANDEM_VAULT_KEYS: `2:${key()}, 3:${key()}` })
    expect(later.current).toBe(3)
    expect(later.find(0)).toEqual(alone.find(0))
    expect(later.find(3)).toHaveLength(32)
    expect(later.find(4)).toBeUndefined()
  })

  it('base64 and base64url are the same key', async () => {
    const bytes = randomBytes(32)
    const ways = [bytes.toString('base64'), bytes.toString('base64url')]
    for (const text of ways)
      expect((await load({ TANDEM_VAULT_KEYS: `2:${text}` })).find(2)).toEqual(Buffer.from(bytes))
  })

  it('twenty-mcp’s API_KEY_ENCRYPTION_SECRET is key material of a version of its own', async () => {
    const keys = await load({ API_KEY_ENCRYPTION_SECRET: other })
    expect(keys.current).toBe(1)
    expect(keys.find(1)).not.toEqual(keys.find(0))
    expect(Buffer.from(keys.find(1) ?? []).toString()).not.toContain(other)
    const both = await load({ API_KEY_ENCRYPTION_SECRET: other, TANDEM_VAULT_KEYS: `2:${key()}` })
    expect([both.current, both.find(1)]).toEqual([2, keys.find(1)])
  })

  it('which one seals can be said, so that every replica knows a key before one seals with it', async () => {
    const keys = await load({ TANDEM_VAULT_KEYS: `2:${key()}`, TANDEM_VAULT_KEY_VERSION: '0' })
    expect(keys.current).toBe(0)
    expect(await refusal({ TANDEM_VAULT_KEY_VERSION: '7' })).toMatch(/no such key/)
  })

  const short = randomBytes(31).toString('base64')
  const text = Buffer.from('correct horse battery staple 123').toString('base64')
  const one = key()
  it.each([
    ['of 31 bytes', `2:${short}`, /31 bytes, not 32/],
    ['of 33 bytes', `2:${randomBytes(33).toString('base64')}`, /33 bytes/],
    ['of zeros', `2:${Buffer.alloc(32).toString('base64')}`, /sample/],
    [
      'of a few bytes over and over',
      `2:${Buffer.from('0123456789abcdef'.repeat(4), 'hex').toString('base64')}`,
      /sample/,
    ],
    ['that is a text', `2:${text}`, /sample or a text/],
    ['without a version', key(), /VERSION:KEY/],
    ['of a version that others have', `1:${key()}`, /begin with 2/],
    ['twice', `2:${one},3:${one}`, /same key/],
    ['and another of one version', `2:${key()},2:${key()}`, /version 2 twice/],
    ['that isn’t there', ' , ', /no key/],
  ])('O1 a key %s refuses to start, and is not said', async (_what, list, why) => {
    const message = await refusal({ TANDEM_VAULT_KEYS: list })
    expect(message).toMatch(why)
    for (const entry of list.split(/[\s,:]+/).filter((part) => part.length > 9))
      expect(message).not.toContain(entry)
  })

  it.each([
    ['short', 'k9V2mX7qL4wB8nR1', /API_KEY_ENCRYPTION_SECRET must have 32 bytes/],
    ['twenty-mcp’s sample', 'your-32-character-encryption-secret-here', /sample/],
  ])('O1 an API_KEY_ENCRYPTION_SECRET that is %s refuses to start', async (_what, value, why) => {
    expect(await refusal({ API_KEY_ENCRYPTION_SECRET: value })).toMatch(why)
  })
})

describe('the command that knows the keys', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tandem-kms-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const program = (name: string, code: string) => {
    const file = join(folder, name)
    writeFileSync(file, code)
    return JSON.stringify([process.execPath, file])
  }

  it('is run once, and what it prints are the keys', async () => {
    const printed = key()
    const ran = join(folder, 'ran')
    const command = program(
      'good.mjs',
      `import { appendFileSync } from 'node:fs'\nappendFileSync(${JSON.stringify(ran)}, 'x')\nconsole.log('2:${printed}')`,
    )
    const keys = await load({ TANDEM_VAULT_KEY_COMMAND: command })
    expect(keys.find(2)).toEqual(Buffer.from(printed, 'base64'))
    expect(readFileSync(ran, 'utf8')).toBe('x')
  })

  it('sees none of Tandem’s own settings, and what a KMS client needs', async () => {
    const command = program('env.mjs', 'console.log(JSON.stringify(process.env))')
    const seen = JSON.parse(
      await askKeyCommand(command, {
        TANDEM_SECRET: secret,
        DATABASE_URL: 'postgres://db',
        AWS_REGION: 'eu',
      }),
    ) as Record<string, string>
    expect(seen).toMatchObject({ AWS_REGION: 'eu' })
    expect(JSON.stringify(seen)).not.toMatch(/TANDEM|DATABASE|k9V2/)
  })

  const canary = `2:${key()}`
  it.each([
    ['fails', `console.log('${canary}'); console.error('${canary}'); process.exitCode = 3`, /ended with 3/],
    ['prints too much', `console.log('${canary}'.repeat(9999))`, /more than keys/],
    ['prints nothing', '', /no key/],
    ['prints something else', `console.log('${canary.slice(2)} is the key')`, /entry 1, is not VERSION:KEY/],
  ])(
    'G6 one that %s refuses to start with advice, and what it wrote is not said',
    async (_what, code, why) => {
      const message = await refusal({ TANDEM_VAULT_KEY_COMMAND: program('bad.mjs', code) })
      expect(message).toMatch(why)
      expect(message).not.toContain(canary.slice(2))
    },
  )

  it('goes through no shell: what a shell would do is refused with advice', async () => {
    const touched = join(folder, 'touched')
    for (const command of [
      `echo 2:${key()}; touch ${touched}`,
      `sh -c "touch ${touched}"`,
      'cat $HOME/key',
      '[]',
      '["a"',
      '[1]',
    ])
      expect(await refusal({ TANDEM_VAULT_KEY_COMMAND: command })).toMatch(/without a shell/)
    expect(() => readFileSync(touched)).toThrow(/ENOENT/)
    expect(await refusal({ TANDEM_VAULT_KEY_COMMAND: '/no/such/program' })).toMatch(/not there/)
  })

  it('excludes a list in the settings', async () => {
    const both = { TANDEM_VAULT_KEYS: `2:${key()}`, TANDEM_VAULT_KEY_COMMAND: 'kms' }
    expect(await refusal(both)).toMatch(/not both/)
  })
})

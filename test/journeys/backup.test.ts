import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId, silentLog } from '#foundation'
import type { Config } from '#foundation'
import { createTandem, makeBackup, openAdmin, restoreBackup } from '#server'
import { sql } from '#storage'
import { postgresAvailable, sharedPostgres } from '#test'
import { freePort, startTandem } from '../support/tandem.ts'
import type { RunningTandem, ConnectedAgent } from '../support/tandem.ts'

const log = silentLog
const folder = mkdtempSync(join(tmpdir(), 'tandem-backup-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const passphrase = 'seven lanterns under one bridge'
const upstream = 'ups_demo'

const drivers = postgresAvailable() ? (['disk', 'server'] as const) : (['disk'] as const)

describe.each(drivers)('a backup, %s', { timeout: 120_000 }, (database) => {
  const file = join(folder, `${database}.backup`)
  const passphrased = join(folder, `${database}-passphrase.backup`)
  const alsoPassphrase = database === drivers.at(-1)
  let tandem: RunningTandem
  let agent: ConnectedAgent
  let written: number
  let made: PromiseSettledResult<void>[]

  beforeAll(async () => {
    tandem = await startTandem({ database })
    agent = await tandem.connectAgent({ scope: 'crm:read crm:write' })
    const { status } = await agent.call('apply_changes', {
      changes: [{ do: 'create', object: 'company', values: { name: 'Canary Industries' } }],
    })
    written = status
    const { member } = await ada(tandem)
    await sql`insert into upstream (id, name, title, kind, url, base_urls, auth, limits, enabled, created_at, changed_at)
      values (${upstream}, 'demo', 'Demo', 'http', 'https://mcp.demo.example/', '[]', '{"kind":"none"}', '{}', false, now(), now())`.execute(
      tandem.parts.storage.db(),
    )
    await tandem.parts.vault.put(
      { member, upstream },
      { kind: 'key', secret: 'canary-credential-77', baseUrl: 'https://mcp.demo.example' },
      { kind: 'system', name: 'test' },
    )
    const { config } = tandem
    writeFileSync(join(config.TANDEM_DATA_DIR, 'backup-monday'), 'an archive of somebody’s')
    // Of a command that was killed; no process has such a number.
    if (database === 'disk') mkdirSync(join(config.TANDEM_DATA_DIR, `backup-999999999-${newId('evt')}`))
    const admin = openAdmin(config, log)
    const make = () => makeBackup(file, { config, admin, passphrase: undefined, log })
    made = await Promise.allSettled([make(), make()])
    // It differs in the key alone, so the smaller archive will do where there is one.
    if (alsoPassphrase) await makeBackup(passphrased, { config, admin, passphrase, log })
    await admin.close()
    await agent.call('apply_changes', {
      changes: [{ do: 'create', object: 'company', values: { name: 'Too Late Limited' } }],
    })
  }, 240_000)
  afterAll(() => tandem?.close())

  /** An empty install with the settings of the old one. */
  const empty = async (more: Partial<Config> = {}): Promise<Config> => ({
    ...tandem.config,
    PORT: await freePort(),
    TANDEM_DATA_DIR: mkdtempSync(join(folder, 'empty-')),
    DATABASE_URL: database === 'server' ? await (await sharedPostgres()).database() : undefined,
    ...more,
  })
  const isStillEmpty = (config: Config) =>
    readdirSync(config.TANDEM_DATA_DIR).filter((name) => name !== 'secret')

  it('is readable by its owner alone and shows nothing that it holds', () => {
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'latin1')).not.toMatch(/Canary|canary|ada@acme|grt_/)
    expect(readdirSync(folder).filter((name) => name.includes('unfinished'))).toEqual([])
    expect(readdirSync(tandem.config.TANDEM_DATA_DIR).filter((name) => name.startsWith('backup-'))).toEqual(
      // What somebody keeps there isn't ours to take away.
      ['backup-monday'],
    )
  })

  it('restores data, people, grants, credentials and the record, as they were at its moment', async () => {
    const config = await empty()
    const restored = await restoreBackup(file, { config, passphrase: undefined, log })
    expect(restored).toMatchObject({ audit: { broken: null }, grants: 1, secretFile: null })
    const again = await createTandem({ ...config, issuer: tandem.config.issuer }, { log })
    try {
      const { parts } = again
      // The agent's grant goes on: its token is verified by the restored keys.
      expect(await parts.oauth.verify(agent.accessToken, `${tandem.url}/mcp`)).toBeTruthy()
      const companies = await parts.crm.records.find({ kind: 'system', name: 'test' }, 'company', {})
      const names = companies.records.map(({ label }) => label)
      expect([written, names]).toEqual([200, ['Canary Industries']])
      const { member } = await ada(again)
      const opened = await parts.vault.open({ member, upstream }, ['https://mcp.demo.example'])
      expect(opened?.secret).toBe('canary-credential-77')
      expect((await parts.audit.verify()).broken).toBeNull()
      const events = (await parts.audit.list({ limit: 10 })).map(({ event }) => event)
      expect(events).toContain('backup.made')
      expect(events).toContain('backup.restored')
      await expect(restoreBackup(file, { config, passphrase: undefined, log })).rejects.toThrow(/empty/)
    } finally {
      await again.close()
    }
  })

  it.runIf(alsoPassphrase)('with a passphrase brings the secret too', async () => {
    const config = await empty({ TANDEM_SECRET: undefined })
    const wrong = restoreBackup(passphrased, { config, passphrase: 'seven lanterns over one bridge', log })
    await expect(wrong).rejects.toThrow('The passphrase is not the one')
    await expect(restoreBackup(passphrased, { config, passphrase: undefined, log })).rejects.toThrow(
      '--passphrase-file',
    )
    expect(isStillEmpty(config)).toEqual([])
    // Refused before anything was brought in: it goes on as soon as that secret is out of the way.
    const other = join(config.TANDEM_DATA_DIR, 'secret')
    writeFileSync(other, 'Qp7mN2xV9kR4tZ1wL8yB5cH3jD6sF0gA')
    await expect(restoreBackup(passphrased, { config, passphrase, log })).rejects.toThrow('Move it away')
    rmSync(other)
    const { secretFile } = await restoreBackup(passphrased, { config, passphrase, log })
    expect(readFileSync(secretFile ?? '', 'utf8').trim()).toBe(tandem.config.TANDEM_SECRET)
    if (process.platform !== 'win32') expect(statSync(secretFile ?? '').mode & 0o777).toBe(0o600)
  })

  it('opens for no other install', async () => {
    const config = await empty({ TANDEM_SECRET: 'Qp7mN2xV9kR4tZ1wL8yB5cH3jD6sF0gA' })
    await expect(restoreBackup(file, { config, passphrase: undefined, log })).rejects.toThrow(
      'another secret',
    )
    const none = await empty({ TANDEM_SECRET: undefined })
    await expect(restoreBackup(file, { config: none, passphrase: undefined, log })).rejects.toThrow(
      'set TANDEM_SECRET',
    )
  })

  it('that was cut short, changed or added to is refused, and nothing is left of it', async () => {
    const config = await empty()
    const bytes = readFileSync(file)
    const head = bytes.indexOf(0x0a, bytes.indexOf(0x0a) + 1) + 1
    const flip = (at: number) => {
      const copy = Buffer.from(bytes)
      copy[at] = (copy[at] ?? 0) ^ 1
      return copy
    }
    const claim = Buffer.from(bytes.toString('latin1').replace('"tandem":"0', '"tandem":"9'), 'latin1')
    const damaged: Record<string, Buffer> = {
      'cut in the middle': bytes.subarray(0, bytes.length >> 1),
      'cut to its head': bytes.subarray(0, head),
      'a bit in the first part': flip(head + 1000),
      'a bit in the last tag': flip(bytes.length - 1),
      'a byte more': Buffer.concat([bytes, Buffer.from([0])]),
      'another version claimed': claim,
      'no backup': Buffer.from('hello'),
    }
    // A big one costs seconds each time; what it is made of is the same.
    const all = Object.entries(damaged)
    for (const [what, content] of database === 'disk' ? all.slice(0, 3) : all) {
      const path = join(folder, `${database}-damaged`)
      writeFileSync(path, content)
      const failure = await restoreBackup(path, { config, passphrase: undefined, log }).catch(
        (error) => error,
      )
      expect([what, failure?.name, isStillEmpty(config)]).toEqual([what, 'SetupError', []])
    }
    // The place is as good as before.
    if (database === 'disk') expect(existsSync(join(config.TANDEM_DATA_DIR, 'postgres'))).toBe(false)
  })

  it('by a newer Tandem, or of the other kind of database, is refused with what to do', async () => {
    const config = await empty()
    const path = join(folder, `${database}-newer`)
    cpSync(file, path)
    const text = readFileSync(file, 'latin1').replace('"0001-storage"', '"9999-storage"')
    writeFileSync(path, text, 'latin1')
    await expect(restoreBackup(path, { config, passphrase: undefined, log })).rejects.toThrow('newer Tandem')
    const other = { ...config, DATABASE_URL: database === 'disk' ? 'postgres://127.0.0.1/x' : undefined }
    await expect(restoreBackup(file, { config: other, passphrase: undefined, log })).rejects.toThrow(
      'DATABASE_URL',
    )
  })

  // An embedded one is tried out beside its place, so that nothing has to be taken away.
  it.runIf(database === 'server')(
    'that doesn’t open once it is loaded leaves the place as it was found, as good for the next try',
    async () => {
      const config = await empty()
      const lost = { ...config, TANDEM_CLIENT_DOCUMENTS: join(folder, 'not there') }
      await expect(restoreBackup(file, { config: lost, passphrase: undefined, log })).rejects.toThrow(
        'not there',
      )
      expect(isStillEmpty(config)).toEqual([])
      expect(await restoreBackup(file, { config, passphrase: undefined, log })).toMatchObject({ grants: 1 })
    },
  )

  it('never replaces a file, nor what another one writes to the same place at once', async () => {
    const admin = openAdmin(tandem.config, log)
    const twice = makeBackup(file, { config: tandem.config, admin, passphrase: undefined, log })
    await expect(twice).rejects.toThrow('is there already')
    await admin.close()
    // What the tests above restored was made by two at once.
    expect(made.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const refused = made.find((one) => one.status === 'rejected')
    expect(String(refused?.reason)).toContain('is there already')
  })
})

async function ada({ parts }: Pick<RunningTandem, 'parts'>) {
  const member = await parts.identity.members.named('ada@acme.example')
  if (!member) throw new Error('Ada is gone')
  return { member }
}

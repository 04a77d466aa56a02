import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { randomBytes } from 'node:crypto'
import { silentLog } from '#foundation'
import type { MemberId } from '#foundation'
import { openStorage, sql } from '#storage'
import type { Storage } from '#storage'
import { openTestStorage, postgresAvailable, sharedPostgres, testClock } from '#test'
import { createVault, keyFromSecret, vaultKeys, vaultMigrations } from './index.ts'
import type { Vault, VaultActor, VaultKeys } from './index.ts'

const ada = 'mem_ada' as MemberId
const grace = 'mem_grace' as MemberId
const by: VaultActor = { kind: 'member', member: ada, name: 'Ada' }
const here = 'https://one.example/mcp'
const hers = { member: ada, upstream: 'ups_1' }
const key = (secret: string, baseUrl = here) => ({ kind: 'key' as const, secret, baseUrl })
const canary = `canary-${randomBytes(16).toString('hex')}`

const keyOf = (version: number) => ({ version, name: `key ${version}`, key: randomBytes(32) })
const first = keyFromSecret('the secret of an install that a test made up')
const second = keyOf(2)

const migrations = [
  { name: '0000-people', sql: 'create table member (id text primary key)' },
  ...vaultMigrations,
]
const drivers: Storage['driver'][] = postgresAvailable() ? ['embedded', 'server'] : ['embedded']

describe.each(drivers)('the vault, %s', (driver) => {
  const clock = testClock()
  let storage: Storage
  let vaults: Vault[] = []
  let recorded: string[] = []

  beforeAll(async () => {
    storage = await openTestStorage(migrations, { driver, clock })
    await sql`insert into member values (${ada}), (${grace})`.execute(storage.db())
  })
  afterAll(() => storage.close())
  beforeEach(async () => {
    recorded = []
    await sql`delete from credential`.execute(storage.db())
  })
  afterEach(async () => {
    for (const vault of vaults) await vault.close()
    vaults = []
  })
  const open = (keys: VaultKeys = vaultKeys([first]), on = storage): Vault => {
    const vault = createVault({
      storage: on,
      keys,
      clock,
      log: silentLog,
      record: async (_tx, event, { member, upstream }) =>
        void recorded.push(`${event} ${member} ${upstream}`),
    })
    vaults.push(vault)
    return vault
  }
  const secretOf = async (vault: Vault, place = hers, addresses = [here]) =>
    (await vault.open(place, addresses))?.secret

  it('opens what was put there, for its own address only, and tells of it without the secret', async () => {
    const vault = open()
    const view = await vault.put(hers, key(canary), by)
    expect(await secretOf(vault)).toBe(canary)
    expect(await secretOf(vault, hers, ['https://two.example/mcp', here])).toBe(canary)
    expect(await vault.open(hers, ['https://one.example/mcp/', 'https://two.example/mcp'])).toBeNull()
    expect(await vault.open({ member: grace, upstream: 'ups_1' }, [here])).toBeNull()
    expect(await vault.open({ member: null, upstream: 'ups_1' }, [here])).toBeNull()
    expect(view).toEqual(await vault.view(hers))
    expect(JSON.stringify([view, await vault.list({ member: ada }), await vault.status()])).not.toContain(
      canary,
    )
    expect(recorded).toEqual(['credential.stored mem_ada ups_1'])
  })

  it('lists a member’s own, and not somebody else’s', async () => {
    const vault = open()
    await vault.put(hers, key('a'), by)
    await vault.put({ member: grace, upstream: 'ups_1' }, key('b'), by)
    await vault.put({ member: null, upstream: 'ups_2' }, key('c'), by)
    expect((await vault.list({ member: ada })).map(({ member }) => member)).toEqual([ada])
    expect((await vault.list({ upstream: 'ups_1' })).map(({ member }) => member).toSorted()).toEqual([
      ada,
      grace,
    ])
  })

  it('G6 no table holds a secret in the clear, whatever was done with it', async () => {
    const vault = open(vaultKeys([first, second]))
    await vault.put(hers, key(canary), by)
    await vault.change(hers, async ({ secret }) => key(`${secret}-again`))
    await vault.change(hers, async () => ({ broken: 'refused' }))
    await vault.rewrap()
    const names = await sql<{ name: string }>`select table_name as name from information_schema.tables
      where table_schema = current_schema()`.execute(storage.db<never>())
    const dump: string[] = []
    for (const { name } of names.rows) {
      const { rows } = await sql`select * from ${sql.table(name)}`.execute(storage.db<never>())
      dump.push(JSON.stringify(rows))
    }
    expect(dump.join()).toContain(hers.upstream)
    expect(dump.join()).not.toContain(canary)
    expect(Buffer.from(dump.join())).not.toContain(Buffer.from(canary).toString('base64url').slice(4, -4))
  })

  it.each([
    ['another member', sql`member_id = ${grace}`, { member: grace, upstream: 'ups_1' }, here],
    ['everybody', sql`member_id = null`, { member: null, upstream: 'ups_1' }, here],
    ['another upstream', sql`upstream_id = 'ups_2'`, { member: ada, upstream: 'ups_2' }, here],
    ['another address', sql`base_url = 'https://evil.example'`, hers, 'https://evil.example'],
    ['another kind', sql`kind = 'oauth'`, hers, here],
  ])('G5 a row that somebody copies to %s doesn’t open', async (_to, change, place, address) => {
    const vault = open()
    await vault.put(hers, key(canary), by)
    await sql`update credential set ${change}`.execute(storage.db())
    const found = await open().open(place, [address])
    expect(found).toMatchObject({ secret: '', broken: expect.stringContaining('can’t read it') })
    expect(JSON.stringify(found)).not.toContain(canary)
  })

  it('a row that was changed by a bit, cut, or has a shortened tag doesn’t open', async () => {
    await open().put(hers, key(canary), by)
    const { rows } = await sql<{ sealed: string }>`select sealed from credential`.execute(storage.db<never>())
    const sealed = Buffer.from(rows[0]?.sealed ?? '', 'base64url')
    const flipped = Buffer.from(sealed)
    flipped[40] = (flipped[40] ?? 0) ^ 1
    for (const bytes of [flipped, sealed.subarray(0, 40), sealed.subarray(0, 16), Buffer.alloc(0)]) {
      await sql`update credential set sealed = ${bytes.toString('base64url')}`.execute(storage.db())
      expect(await secretOf(open())).toBe('')
    }
  })

  it('a new key is a rotation: old rows open, new ones are sealed with it, and rewrap leaves none behind', async () => {
    const before = open()
    for (const upstream of ['ups_1', 'ups_2', 'ups_3'])
      await before.put({ ...hers, upstream }, key(upstream), by)
    const both = open(vaultKeys([first, second]))
    expect(await secretOf(both)).toBe('ups_1')
    await both.put(hers, key('fresh'), by)
    expect(await both.status()).toEqual({
      current: 2,
      versions: [
        { version: 0, name: 'TANDEM_SECRET', known: true, credentials: 2, broken: 0 },
        { version: 2, name: 'key 2', known: true, credentials: 1, broken: 0 },
      ],
    })
    expect(await both.rewrap()).toEqual({ rewrapped: 2, unreadable: 0 })
    expect(await both.rewrap()).toEqual({ rewrapped: 0, unreadable: 0 })
    const alone = open(vaultKeys([second]))
    expect(await secretOf(alone, { ...hers, upstream: 'ups_3' })).toBe('ups_3')
    // Whoever was not told of the new key closes, and opens nothing wrong.
    expect(await secretOf(before)).toBe('')
  })

  it('replicas may know a key before one seals with it', async () => {
    const waiting = open(vaultKeys([first, second], 0))
    await waiting.put(hers, key('old'), by)
    expect((await waiting.status()).current).toBe(0)
    expect(await secretOf(open())).toBe('old')
  })

  it('rewrap counts what it can’t read, leaves it as it is, and goes on with the rest', async () => {
    const lost = open(vaultKeys([keyOf(1)]))
    await lost.put({ ...hers, upstream: 'ups_lost' }, key('lost'), by)
    await open().put(hers, key('kept'), by)
    await open().put({ ...hers, upstream: 'ups_bad' }, key('bad'), by)
    await sql`update credential set base_url = 'https://moved.example' where upstream_id = 'ups_bad'`.execute(
      storage.db(),
    )
    const both = open(vaultKeys([first, second]))
    expect(await both.rewrap()).toEqual({ rewrapped: 1, unreadable: 2 })
    expect(await secretOf(both)).toBe('kept')
    expect(await secretOf(lost, { ...hers, upstream: 'ups_lost' })).toBe('lost')
    expect(
      (await both.status()).versions.map(({ version, known, credentials }) => [version, known, credentials]),
    ).toEqual([
      [0, true, 1],
      [1, false, 1],
      [2, true, 1],
    ])
  })

  it('calls go on while everything is sealed again, and see nothing of it', async () => {
    const vault = open(vaultKeys([first, second], 0))
    const upstreams = Array.from({ length: 150 }, (_, at) => `ups_${at}`)
    for (const upstream of upstreams) await vault.put({ ...hers, upstream }, key(`key of ${upstream}`), by)
    const both = open(vaultKeys([first, second]))
    const over = new AbortController()
    const rewrapped = both.rewrap().finally(() => over.abort())
    const wrong: unknown[] = []
    let calls = 0
    while (!over.signal.aborted) {
      const upstream = upstreams[calls++ % upstreams.length] ?? ''
      const secret = await secretOf(calls % 2 ? vault : both, { ...hers, upstream })
      if (secret !== `key of ${upstream}`) wrong.push([upstream, secret])
      await new Promise(setImmediate)
    }
    expect(await rewrapped).toEqual({ rewrapped: 150, unreadable: 0 })
    expect(wrong).toEqual([])
    expect(calls).toBeGreaterThan(1)
  })

  it('of many who change one at once, in this process and in another, each sees what the one before left', async () => {
    const other =
      driver === 'server'
        ? await openStorage({ config: await sameDatabase(storage), migrations, clock, log: silentLog })
        : storage
    const replicas = [open(), open(undefined, other)]
    await replicas[0]?.put(hers, key('0'), by)
    let inside = 0
    let most = 0
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        replicas[at % 2]?.change(hers, async ({ secret }) => {
          most = Math.max(most, ++inside)
          await new Promise((resolve) => setTimeout(resolve, 5))
          inside--
          return key(String(Number(secret) + 1))
        }),
      ),
    )
    expect(most).toBe(1)
    expect(results.every((one) => Number(one?.secret) >= 1)).toBe(true)
    for (const replica of replicas) await expect.poll(() => secretOf(replica)).toBe('8')
    if (other !== storage) await other.close()
  })

  it('the database serves others while one is being changed', async () => {
    const vault = open()
    await vault.put(hers, key('old'), by)
    const result = await vault.change(hers, async () => {
      // Inside a transaction this would wait for ever on the embedded database.
      await vault.put({ ...hers, upstream: 'ups_2' }, key('other'), by)
      expect(await secretOf(vault)).toBe('old')
      return key('new')
    })
    expect(result?.secret).toBe('new')
  })

  it('what a person puts there during a change stays', async () => {
    const vault = open()
    await vault.put(hers, key('old'), by)
    const result = await vault.change(hers, async () => {
      await vault.put(hers, key('hers'), by)
      return key('refreshed')
    })
    expect(result?.secret).toBe('hers')
    const gone = await vault.change(hers, async () => {
      await vault.remove(hers, by)
      return key('refreshed')
    })
    expect(gone).toBeNull()
    expect(await vault.view(hers)).toBeNull()
  })

  it('a change that fails leaves everything as it was, for the next one', async () => {
    const vault = open()
    await vault.put(hers, key('old'), by)
    await expect(vault.change(hers, () => Promise.reject(new Error('no answer')))).rejects.toThrow(
      'no answer',
    )
    expect((await vault.change(hers, async ({ secret }) => key(`${secret}er`)))?.secret).toBe('older')
    expect(await vault.change({ ...hers, upstream: 'ups_none' }, async () => key('x'))).toBeNull()
  })

  it('a claim whose holder died is over after a minute, and what it decides afterwards doesn’t count', async () => {
    const vault = open()
    await vault.put(hers, key('old'), by)
    const late = await open().change(hers, async () => {
      clock.advance(61_000)
      await vault.change(hers, async (_now, { interrupted }) => key(interrupted ? 'next' : 'unheard'))
      return key('late')
    })
    expect(late?.secret).toBe('next')
    const again = await vault.change(hers, async (_now, { interrupted }) => key(String(interrupted)))
    expect(again?.secret).toBe('false')
  })

  it('a broken one says why, is recorded once, and is good again when it is given anew', async () => {
    const vault = open()
    await vault.put(hers, key('old'), by)
    for (const broken of ['One refused it', 'One refused it'])
      await vault.change(hers, async () => ({ broken }))
    expect(await vault.view(hers)).toMatchObject({ broken: 'One refused it' })
    expect(recorded.filter((one) => one.startsWith('credential.broken'))).toHaveLength(1)
    expect((await vault.change(hers, async () => ({ broken: null })))?.broken).toBeNull()
    await vault.change(hers, async () => ({ broken: 'again' }))
    expect(await vault.put(hers, key('new'), by)).toMatchObject({ broken: null })
  })

  it('a member who is gone, or an upstream, takes everything along', async () => {
    const vault = open()
    await sql`insert into member values ('mem_mallory')`.execute(storage.db())
    const mallory = 'mem_mallory' as MemberId
    await vault.put({ member: mallory, upstream: 'ups_1' }, key('m'), by)
    await vault.put(hers, key('a'), by)
    await vault.put({ ...hers, upstream: 'ups_2' }, key('b'), by)
    await sql`delete from member where id = ${mallory}`.execute(storage.db())
    expect((await vault.list({ upstream: 'ups_1' })).map(({ member }) => member)).toEqual([ada])
    expect(await vault.removeAll({ upstream: 'ups_1' }, by)).toBe(1)
    expect(await vault.open(hers, [here])).toBeNull()
    expect(await vault.removeAll({ member: ada }, by)).toBe(1)
    expect(recorded.filter((one) => one.startsWith('credential.removed'))).toHaveLength(2)
  })
})

async function sameDatabase(storage: Storage): Promise<{ databaseUrl: string }> {
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(storage.db<never>())
  const url = new URL(await (await sharedPostgres()).database())
  url.pathname = `/${rows[0]?.name}`
  return { databaseUrl: url.href }
}

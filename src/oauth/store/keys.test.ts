import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SetupError, silentLog } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import { auditMigrations, createAudit } from '#audit'
import type { Audit } from '#audit'
import { openTestStorage, testClock } from '#test'
import { createKeyTable } from './keys.ts'
import { oauthMigrations } from './migrations.ts'
import { createKeyRotation } from '../keys/rotation.ts'
import { createSigningKeys } from '../keys/signing-keys.ts'

const clock = testClock()
const day = 24 * 60 * 60 * 1000
const secret = 'a secret of this install, long enough'
let storage: Storage
let audit: Audit
beforeAll(async () => {
  storage = await openTestStorage([...auditMigrations, ...oauthMigrations], { clock })
  audit = createAudit({ storage, clock, log: silentLog, secret })
})
afterAll(async () => {
  await audit.close()
  await storage.close()
})

const open = (with_: { secret?: string } = {}) =>
  createSigningKeys({
    store: createKeyTable(storage, audit),
    events: storage.events,
    clock,
    secret,
    ...with_,
  })

describe('signing keys', () => {
  it('several that start at once agree on one current and one next key', async () => {
    const processes = [open(), open(), open()]
    const sets = await Promise.all(processes.map((keys) => keys.jwks()))
    expect(sets[1]).toEqual(sets[0])
    expect(sets[2]).toEqual(sets[0])
    expect(sets[0]?.keys).toHaveLength(2)
    const kids = await Promise.all(processes.map(async (keys) => (await keys.current()).kid))
    expect(new Set(kids).size).toBe(1)
    for (const keys of processes) keys.close()
  })

  it('rotates by itself once the key has signed for the interval, on one of many that look', async () => {
    const keys = open()
    const old = await keys.current()
    const store = createKeyTable(storage, audit)
    const rotation = createKeyRotation({ store, clock, secret, interval: 90 * day })
    clock.advance(90 * day - 1)
    expect(await rotation.rotateWhenDue()).toBe(false)
    clock.advance(1)
    const looks = await Promise.all(Array.from({ length: 8 }, () => rotation.rotateWhenDue()))
    expect(looks.filter(Boolean)).toHaveLength(1)
    expect((await keys.current()).kid).not.toBe(old.kid)
    expect((await keys.jwks()).keys).toHaveLength(3)
    expect(await keys.find(old.kid)).toBeDefined()
    expect(await rotation.rotateWhenDue()).toBe(false)
    clock.advance(day)
    expect(await keys.find(old.kid)).toBeUndefined()
    keys.close()
  })

  it('nothing of a retired key is kept once it verifies no more', async () => {
    const rotation = createKeyRotation({
      store: createKeyTable(storage, audit),
      clock,
      secret,
      interval: day,
    })
    clock.advance(2 * day)
    expect(await rotation.rotateWhenDue()).toBe(true)
    const { rows } = await sql`select kid from signing_key`.execute(storage.db<never>())
    expect(rows).toHaveLength(3)
  })

  it('an unknown key is looked for once, then not again for a while', async () => {
    clock.advance(60_000)
    let reads = 0
    const table = createKeyTable(storage, audit)
    const counting = { ...table, published: (since: Date) => (reads++, table.published(since)) }
    const keys = createSigningKeys({ store: counting, events: storage.events, clock, secret })
    for (let i = 0; i < 20; i++) expect(await keys.find(`key_${i}`)).toBeUndefined()
    expect(reads).toBe(2)
    keys.close()
  })

  it('a database that didn’t answer is asked again', async () => {
    let broken = true
    const table = createKeyTable(storage, audit)
    const published = (since: Date) => (broken ? Promise.reject(new Error('away')) : table.published(since))
    const keys = createSigningKeys({ store: { ...table, published }, events: storage.events, clock, secret })
    await expect(keys.jwks()).rejects.toThrow('away')
    broken = false
    expect((await keys.jwks()).keys.length).toBeGreaterThan(0)
    keys.close()
  })

  it('no current key is an error, not a silence', async () => {
    const store = {
      ...createKeyTable(storage, audit),
      published: async () => [],
      addMissing: async () => undefined,
    }
    const keys = createSigningKeys({ store, events: storage.events, clock, secret })
    await expect(keys.current()).rejects.toThrow('no current signing key')
    keys.close()
  })

  it('another install’s secret is named as the reason', async () => {
    const keys = open({ secret: 'another secret, just as long as it' })
    await expect(keys.current()).rejects.toThrow(SetupError)
    await expect(keys.current()).rejects.toThrow('TANDEM_SECRET')
    keys.close()
  })

  it('a gap in the events makes everybody read again', async () => {
    const gaps: (() => void)[] = []
    const events = {
      subscribe: () => () => undefined,
      onGap: (listener: () => void) => (gaps.push(listener), () => undefined),
    }
    let reads = 0
    const table = createKeyTable(storage, audit)
    const counting = { ...table, published: (since: Date) => (reads++, table.published(since)) }
    const keys = createSigningKeys({ store: counting, events, clock, secret })
    await keys.jwks()
    const before = reads
    await keys.jwks()
    expect(reads).toBe(before)
    for (const gap of gaps) gap()
    await keys.jwks()
    expect(reads).toBe(before + 1)
    keys.close()
  })
})

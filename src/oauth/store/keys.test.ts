import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SetupError } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import { auditMigrations } from '#audit'
import { openTestStorage, testClock } from '#test'
import { createKeyTable } from './keys.ts'
import { oauthMigrations } from './migrations.ts'
import { createSigningKeys, keysChanged } from '../keys/signing-keys.ts'

const clock = testClock()
const secret = 'a secret of this install, long enough'
let storage: Storage
beforeAll(async () => {
  storage = await openTestStorage([...auditMigrations, ...oauthMigrations], { clock })
})
afterAll(() => storage.close())

const open = (with_: { secret?: string } = {}) =>
  createSigningKeys({ store: createKeyTable(storage), events: storage.events, clock, secret, ...with_ })

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

  it('rotation is a change of state: next signs, the old one still verifies for a day', async () => {
    const keys = open()
    const old = await keys.current()
    const db = storage.db<never>()
    await sql`update signing_key set state = 'retired', retired_at = ${clock.now()} where state = 'current'`.execute(
      db,
    )
    await sql`update signing_key set state = 'current' where state = 'next'`.execute(db)
    expect((await keys.current()).kid).toBe(old.kid)
    await storage.publish(db, keysChanged, {})
    expect((await keys.current()).kid).not.toBe(old.kid)
    expect((await keys.jwks()).keys).toHaveLength(3)
    expect(await keys.find(old.kid)).toBeDefined()
    clock.advance(24 * 60 * 60 * 1000)
    await storage.publish(db, keysChanged, {})
    expect(await keys.find(old.kid)).toBeUndefined()
    keys.close()
  })

  it('an unknown key is looked for once, then not again for a while', async () => {
    clock.advance(60_000)
    let reads = 0
    const table = createKeyTable(storage)
    const counting = { ...table, published: (since: Date) => (reads++, table.published(since)) }
    const keys = createSigningKeys({ store: counting, events: storage.events, clock, secret })
    for (let i = 0; i < 20; i++) expect(await keys.find(`key_${i}`)).toBeUndefined()
    expect(reads).toBe(2)
    keys.close()
  })

  it('a database that didn’t answer is asked again', async () => {
    let broken = true
    const table = createKeyTable(storage)
    const published = (since: Date) => (broken ? Promise.reject(new Error('away')) : table.published(since))
    const keys = createSigningKeys({ store: { ...table, published }, events: storage.events, clock, secret })
    await expect(keys.jwks()).rejects.toThrow('away')
    broken = false
    expect((await keys.jwks()).keys.length).toBeGreaterThan(0)
    keys.close()
  })

  it('no current key is an error, not a silence', async () => {
    const store = { published: async () => [], addMissing: async () => undefined }
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
    const table = createKeyTable(storage)
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

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '#foundation'
import { auditMigrations, createAudit } from '#audit'
import type { Audit } from '#audit'
import { sql } from '#storage'
import type { RawBuilder, Storage } from '#storage'
import { openTestStorage, testClock } from '#test'

// Mallory can write to the database. She doesn't know the install's secret.
const secret = 'a secret that only this test install knows'

let storage: Storage
beforeAll(async () => {
  storage = await openTestStorage(auditMigrations)
})
afterAll(() => storage.close())

async function withChain(work: (audit: Audit) => Promise<void>): Promise<void> {
  await sql`alter table audit_entry disable trigger user`.execute(storage.db())
  await sql`delete from audit_entry`.execute(storage.db())
  await sql`delete from audit_inbox`.execute(storage.db())
  await sql`delete from audit_head`.execute(storage.db())
  await sql`insert into audit_head (seq, hash) values (0, '')`.execute(storage.db())
  await sql`alter table audit_entry enable trigger user`.execute(storage.db())
  const clock = testClock()
  const audit = createAudit({ storage, clock, log: silentLog, secret })
  for (let i = 1; i <= 8; i++) {
    audit.note({ event: 'tool.called', outcome: 'ok', actor: { kind: 'agent', id: `grt_${i}` } })
    clock.advance(1000)
  }
  expect(await audit.verify()).toEqual({ entries: 8, broken: null, unchained: 0 })
  await work(audit)
  await audit.close()
}

/** A database owner can switch the trigger off; the chain must hold without it. */
async function tamper(...statements: RawBuilder<unknown>[]): Promise<void> {
  await sql`alter table audit_entry disable trigger user`.execute(storage.db())
  for (const statement of statements) await statement.execute(storage.db())
}

const matrix: [string, RawBuilder<unknown>[], { seq: number; why: RegExp }][] = [
  [
    'a changed body',
    [sql`update audit_entry set body = jsonb_set(body, '{outcome}', '"refused"') where seq = 4`],
    { seq: 4, why: /content/ },
  ],
  [
    'a changed time',
    [sql`update audit_entry set at = at + interval '1 hour' where seq = 5`],
    { seq: 5, why: /content/ },
  ],
  ['a removed entry', [sql`delete from audit_entry where seq = 3`], { seq: 3, why: /missing/ }],
  [
    'a removed entry with the gap closed',
    [
      sql`delete from audit_entry where seq = 3`,
      sql`update audit_entry set seq = -seq where seq > 3`,
      sql`update audit_entry set seq = -seq - 1 where seq < 0`,
    ],
    { seq: 3, why: /follow/ },
  ],
  [
    'two entries swapped',
    [
      sql`update audit_entry set seq = 0 where seq = 2`,
      sql`update audit_entry set seq = 2 where seq = 6`,
      sql`update audit_entry set seq = 6 where seq = 0`,
    ],
    { seq: 2, why: /follow/ },
  ],
  ['the newest entries cut off', [sql`delete from audit_entry where seq > 6`], { seq: 7, why: /newest/ }],
  [
    'the newest entries cut off and the head moved back',
    [
      sql`delete from audit_entry where seq > 6`,
      sql`update audit_head set seq = 6, hash = (select hash from audit_entry where seq = 6)`,
    ],
    { seq: 6, why: /signed/ },
  ],
  [
    'everything deleted and the head reset',
    [sql`delete from audit_entry`, sql`update audit_head set seq = 0, hash = '', mac = 'x'`],
    { seq: 0, why: /signed/ },
  ],
  ['the head removed', [sql`delete from audit_head`], { seq: 8, why: /head/ }],
  [
    'an entry added past the head',
    [
      sql`insert into audit_entry (seq, id, at, body, prev, hash)
        select 9, 'aud_forged', at, body, hash, hash from audit_entry where seq = 8`,
    ],
    { seq: 9, why: /content/ },
  ],
]

describe('O10 audit chain tamper', () => {
  for (const [what, statements, { seq, why }] of matrix) {
    it(`O10 ${what} is found`, () =>
      withChain(async (audit) => {
        await tamper(...statements)
        const { broken } = await audit.verify()
        expect(broken?.seq).toBe(seq)
        expect(broken?.why).toMatch(why)
      }))
  }

  it('O10 a chain whose head was changed is not extended: entries wait in the inbox', () =>
    withChain(async (audit) => {
      await tamper(
        sql`delete from audit_entry where seq > 6`,
        sql`update audit_head set seq = 6, hash = (select hash from audit_entry where seq = 6)`,
      )
      audit.note({ event: 'grant.given', outcome: 'ok', actor: { kind: 'system' } })
      const { broken, unchained } = await audit.verify()
      expect({ seq: broken?.seq, unchained }).toEqual({ seq: 6, unchained: 1 })
    }))

  it('O10 a chain made under another secret does not verify', () =>
    withChain(async () => {
      const mallory = createAudit({
        storage,
        clock: testClock(),
        log: silentLog,
        secret: `${secret}, almost`,
      })
      expect((await mallory.verify()).broken?.seq).toBe(1)
      await mallory.close()
    }))

  describe('with the trigger in place', () => {
    it.each([
      ['update', sql`update audit_entry set at = at`],
      ['delete', sql`delete from audit_entry`],
      ['truncate', sql`truncate audit_entry`],
    ])('O10 the database refuses %s', async (_what, statement) => {
      await withChain(async () => {
        await expect(statement.execute(storage.db())).rejects.toThrow(/append-only/)
      })
    })
  })
})

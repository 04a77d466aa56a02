import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import { openTestStorage, testClock } from '#test'
import { auditMigrations, createAudit } from './index.ts'
import type { Audit, AuditEntry } from './index.ts'

const secret = 'a secret that only this test install knows'
const clock = testClock()
let storage: Storage
let audits: Audit[] = []

beforeAll(async () => {
  storage = await openTestStorage(auditMigrations)
})
afterAll(() => storage.close())
beforeEach(async () => {
  await sql`alter table audit_entry disable trigger user`.execute(storage.db())
  await sql`delete from audit_entry`.execute(storage.db())
  await sql`alter table audit_entry enable trigger user`.execute(storage.db())
  await sql`update audit_head set seq = 0, hash = '', mac = null`.execute(storage.db())
  clock.set(new Date('2026-11-21T09:00:00Z'))
})
afterEach(async () => {
  for (const audit of audits) await audit.close()
  audits = []
})
const audit = (maxNotes?: number): Audit => {
  const bound = maxNotes === undefined ? {} : { maxNotes }
  const made = createAudit({ storage, clock, log: silentLog, secret, ...bound })
  audits.push(made)
  return made
}

const signIn: AuditEntry = {
  event: 'session.started',
  outcome: 'ok',
  actor: { kind: 'member', id: 'mem_ada', name: 'Ada' },
  ip: '127.0.0.1',
  detail: { device: 'Firefox on Linux', first: true, tries: 1 },
}

describe('audit', () => {
  it('an entry recorded in a transaction that rolls back leaves no trace', async () => {
    const log = audit()
    await storage.transaction<never, void>((tx) => log.record(tx, signIn))
    const lost = storage.transaction<never, void>(async (tx) => {
      await log.record(tx, { ...signIn, event: 'never.happened' })
      throw new Error('no')
    })
    await expect(lost).rejects.toThrow('no')
    const events = (await log.list({ limit: 10 })).map(({ event }) => event)
    expect(events).toEqual(['session.started'])
  })

  it('what is listed is what was recorded, newest first, page by page', async () => {
    const log = audit()
    for (const event of ['a.b', 'c.d', 'e.f']) {
      log.note({ ...signIn, event })
      clock.advance(1000)
    }
    const [first, second] = await log.list({ limit: 2 })
    expect(first).toEqual({ ...signIn, event: 'e.f', seq: 3, at: '2026-11-21T09:00:02.000Z' })
    expect(second?.seq).toBe(2)
    expect((await log.list({ limit: 2, before: 2 })).map(({ seq }) => seq)).toEqual([1])
  })

  it('closing writes every note', async () => {
    const log = audit()
    for (let i = 0; i < 2500; i++) log.note(signIn)
    await log.close()
    expect(await count(storage)).toBe(2500)
    expect(await audit().verify()).toEqual({ entries: 2500, broken: null, unchained: 0 })
  })

  it('more notes than fit are counted, and the gap is an entry', async () => {
    const log = audit(50)
    for (let i = 0; i < 53; i++) log.note(signIn)
    const [newest] = await log.list({ limit: 1 })
    expect(newest).toMatchObject({ event: 'audit.overflowed', outcome: 'failed', detail: { dropped: 3 } })
  })

  it('two replicas chaining at once make one chain', async () => {
    const [one, two] = [audit(), audit()]
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 20; i++) (i % 2 ? one : two).note(signIn)
      await Promise.all([one.list({ limit: 1 }), two.list({ limit: 1 })])
    }
    expect(await one.verify()).toEqual({ entries: 200, broken: null, unchained: 0 })
  })

  it('a row written by a caller’s own statement joins the chain', async () => {
    const log = audit()
    const { id, at, body } = log.row(signIn)
    await sql`insert into audit_inbox (id, at, body) values (${id}, ${at}, cast(${body} as jsonb))`.execute(
      storage.db(),
    )
    expect((await log.list({ limit: 5 })).map(({ event }) => event)).toEqual(['session.started'])
  })

  it('O9 text with line breaks, escapes, NUL and lone surrogates is one printable line', async () => {
    const log = audit()
    const name = 'Ada\n{"event":"grant.ended"}\u0000\u001b[2J\u202e\ud800'
    log.note({ ...signIn, actor: { kind: 'client', name } })
    const [entry] = await log.list({ limit: 1 })
    expect(entry?.actor.name).toBe('Ada\uFFFD{"event":"grant.ended"}\uFFFD\uFFFD[2J\uFFFD\uFFFD')
    expect((await log.verify()).broken).toBeNull()
  })
})

const count = async (storage: Storage) =>
  Number((await sql<{ n: unknown }>`select count(*) as n from audit_entry`.execute(storage.db())).rows[0]?.n)

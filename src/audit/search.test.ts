import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import { openTestStorage, postgresAvailable, testClock } from '#test'
import { auditMigrations, createAudit } from './index.ts'
import type { Audit, AuditEntry, AuditFilter } from './index.ts'

const drivers: Storage['driver'][] = postgresAvailable() ? ['embedded', 'server'] : ['embedded']
const secret = 'a secret that only this test install knows'

const ada = { kind: 'member', id: 'mem_ada', name: 'Ada' } as const
const notebook = {
  kind: 'agent',
  id: 'mem_ada',
  name: 'Ada',
  grant: 'grt_one',
  client: 'cli_notebook',
} as const
const diary = {
  kind: 'agent',
  id: 'mem_grace',
  name: 'Grace',
  grant: 'grt_two',
  client: 'cli_diary',
} as const
const entries: AuditEntry[] = [
  { event: 'session.started', outcome: 'ok', actor: ada, ip: '192.0.2.1' },
  {
    event: 'grant.given',
    outcome: 'ok',
    actor: { kind: 'client', id: 'cli_notebook' },
    subject: { kind: 'grant', id: 'grt_one' },
  },
  { event: 'tool.called', outcome: 'ok', actor: notebook, detail: { calls: 40 } },
  { event: 'tool.called', outcome: 'refused', actor: notebook, detail: { calls: 2 } },
  {
    event: 'change_set.applied',
    outcome: 'ok',
    actor: notebook,
    subject: { kind: 'change_set', id: 'chs_1', name: '100% new' },
  },
  { event: 'tool.called', outcome: 'ok', actor: diary, detail: { calls: 7 } },
  { event: 'client.blocked', outcome: 'ok', actor: ada, subject: { kind: 'client', id: 'cli_diary' } },
  {
    event: 'grant.ended',
    outcome: 'ok',
    actor: ada,
    subject: { kind: 'grant', id: 'grt_one' },
    detail: { client: 'cli_notebook' },
  },
]

describe.each(drivers)('the searched record, %s', (driver) => {
  const clock = testClock()
  const began = clock.now()
  let storage: Storage
  let audit: Audit
  beforeAll(async () => {
    storage = await openTestStorage(auditMigrations, { driver })
    audit = createAudit({ storage, clock, log: silentLog, secret })
    for (const entry of entries) {
      audit.note(entry)
      clock.advance(60_000)
    }
  })
  afterAll(async () => {
    await audit.close()
    await storage.close()
  })
  const numbers = async (filter: AuditFilter) =>
    (await audit.search(filter, { limit: 50 })).map(({ seq }) => seq).toSorted((a, b) => a - b)
  const minute = (n: number) => new Date(began.getTime() + n * 60_000)

  it.each<[string, AuditFilter, number[]]>([
    ['everything', {}, [1, 2, 3, 4, 5, 6, 7, 8]],
    ['words, in any case', { text: 'GRACE' }, [6]],
    ['a percent sign that means itself', { text: '100% n' }, [5]],
    ['an event', { event: 'grant.ended' }, [8]],
    ['a kind of event, and not one that begins alike', { event: 'grant' }, [2, 8]],
    ['an outcome', { outcome: 'refused' }, [4]],
    ['a person, with what her agents did', { actor: 'mem_ada' }, [1, 3, 4, 5, 7, 8]],
    ['an app: its deeds, its agents’, and what was done to it', { client: 'cli_notebook' }, [2, 3, 4, 5, 8]],
    ['another app, and none of the first’s', { client: 'cli_diary' }, [6, 7]],
    ['one grant from its first day to its end, and no other', { grant: 'grt_one' }, [2, 3, 4, 5, 8]],
    ['a time', { from: minute(2), to: minute(4) }, [3, 4]],
    ['all that is given at once', { grant: 'grt_one', event: 'tool', outcome: 'ok' }, [3]],
    ['nothing', { grant: 'grt_none' }, []],
  ])('finds %s', async (_what, filter, expected) => {
    expect(await numbers(filter)).toEqual(expected)
    expect(await audit.count(filter, 100)).toBe(expected.length)
  })

  it('goes on where the page before ended, and counts no further than it is asked', async () => {
    const first = await audit.search({ grant: 'grt_one' }, { limit: 2 })
    expect(first.map(({ seq }) => seq)).toEqual([8, 5])
    const second = await audit.search({ grant: 'grt_one' }, { limit: 2, before: 5 })
    expect(second.map(({ seq }) => seq)).toEqual([4, 3])
    expect(await audit.count({}, 3)).toBe(3)
  })

  it('tells what each grant did, by what its entries count, and of nobody else', async () => {
    const deeds = await audit.deeds(['grt_one', 'grt_none'], began)
    expect([...deeds]).toEqual([['grt_one', { calls: 42, refused: 2, changes: 1 }]])
    expect((await audit.deeds(['grt_one'], minute(3))).get('grt_one')?.calls).toBe(2)
    expect(await audit.deeds([], began)).toEqual(new Map())
  })

  it('keeps a checkpoint of a chain that holds; one kept elsewhere tells an older copy', async () => {
    expect((await audit.status()).checkpoint).toBeNull()
    const found = await audit.check()
    expect(found).toMatchObject({
      entries: 8,
      broken: null,
      unchained: 0,
      checkpoint: { seq: 8 },
      disagrees: null,
    })
    expect((await audit.status()).checkpoint).toEqual(found.checkpoint)
    const kept = found.checkpoint?.text ?? ''
    expect((await audit.check(`  ${kept}\n`)).disagrees).toBeNull()
    expect((await audit.check('tandem-audit.8.x.y')).disagrees).toContain('not a checkpoint')
    expect((await audit.check(kept.replace('.8.', '.7.'))).disagrees).toContain('not made by this install')

    // An older copy: the newest entries are gone, and so is the head that knew them, rebuilt from its own time.
    await sql`alter table audit_entry disable trigger user`.execute(storage.db())
    await sql`delete from audit_entry where seq > 6`.execute(storage.db())
    expect((await audit.check(kept)).disagrees).toContain('ends before entry 8')
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations, createAudit } from '#audit'
import { silentLog } from '#foundation'
import { openTestStorage, testClock } from '#test'
import { sql } from '#storage'
import type { Storage } from '#storage'
import { createDecisionLog } from '../clients/policy/decision-log.ts'
import type { KeptDecision, PolicyStore } from '../clients/policy/policy-store.ts'
import { oauthMigrations } from './migrations.ts'
import { createPolicyTable } from './policy.ts'

const clock = testClock()
const day = 24 * 60 * 60 * 1000
let storage: Storage
let store: PolicyStore
beforeAll(async () => {
  storage = await openTestStorage([...auditMigrations, ...oauthMigrations], { clock })
  store = createPolicyTable(
    storage,
    createAudit({ storage, clock, log: silentLog, secret: 'only this test’s' }),
  )
})
afterAll(() => storage.close())

const decision = (more: Partial<KeptDecision> = {}): KeptDecision => ({
  subject: 'cli_1',
  clientId: 'cli_1',
  name: 'Agent',
  stage: 'authorize',
  outcome: 'refuse',
  rule: 'closed',
  why: 'Because.',
  redirect: 'agent.example',
  ip: null,
  version: 1,
  firstAt: clock.now(),
  at: clock.now(),
  times: 1,
  ...more,
})
const count = async (where = sql`true`) => {
  const { rows } = await sql<{ n: number }>`select count(*) as n from policy_decision where ${where}`.execute(
    storage.db<never>(),
  )
  return rows[0]?.n ?? 0
}

describe('D9 what is kept of decisions', () => {
  it('D9 is fifty of each client, and thirty days of all', async () => {
    const many = Array.from({ length: 80 }, (_, n) => decision({ redirect: `${n}.example` }))
    await store.keepDecisions([...many, decision({ subject: 'cli_2', clientId: 'cli_2' })])
    await store.trimDecisions(clock.now())
    expect([await count(sql`subject = 'cli_1'`), await count(sql`subject = 'cli_2'`)]).toEqual([50, 1])
    clock.advance(31 * day)
    await store.trimDecisions(clock.now())
    expect(await count()).toBe(0)
  })

  it('D9 is two thousand of strangers, who push out nobody with an id', async () => {
    const flood = Array.from({ length: 5000 }, (_, n) => {
      clock.advance(1)
      return decision({ subject: `new:198.51.${n >> 8}.${n & 255}`, clientId: null, stage: 'registration' })
    })
    await store.keepDecisions([decision({ subject: 'cli_3', clientId: 'cli_3' }), ...flood])
    await store.trimDecisions(clock.now())
    expect([await count(sql`subject like 'new:%'`), await count(sql`subject = 'cli_3'`)]).toEqual([2000, 1])
  })

  it('D9 a flood trims while it comes, without waiting for the sweeper', async () => {
    const log = createDecisionLog(store, clock, silentLog)
    for (let n = 0; n < 6000; n++) {
      log.note(decision({ subject: `new:203.0.${n >> 8}.${n & 255}`, clientId: null }))
      if (n % 1000 === 999) await log.flush()
    }
    await log.close()
    expect(await count(sql`subject like 'new:%'`)).toBeLessThanOrEqual(2000)
  })
})

it('a database that is away loses decisions, and stops nothing', async () => {
  const log = createDecisionLog(
    {
      keepDecisions: () => Promise.reject(new Error('disk full')),
      trimDecisions: () => Promise.resolve(),
    },
    clock,
    silentLog,
  )
  log.note(decision())
  await expect(log.flush()).resolves.toBeUndefined()
  await log.close()
})

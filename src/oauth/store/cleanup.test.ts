import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId, silentLog } from '#foundation'
import { sql } from '#storage'
import { postgresAvailable } from '../../../test/support/postgres.ts'
import { openTestClients } from '../../../test/support/clients.ts'
import { startTestOAuth, tokensFor } from '../../../test/support/oauth.ts'
import type { TestClients } from '../../../test/support/clients.ts'
import { startDaily } from '../schedule/daily.ts'
import { createApprovalTable } from './approvals.ts'
import { createApprovals } from '../clients/approvals/manage-approvals.ts'
import { createDailyTable } from './daily.ts'
import { createLastIssued } from '../clients/last-issued.ts'

const day = 24 * 60 * 60 * 1000
const local = ['http://127.0.0.1/cb']
let host = 0

async function claimed(rig: TestClients, name: string): Promise<string> {
  const ip = `203.0.${Math.floor(++host / 250)}.${host % 250}`
  const { body } = await rig.register({ client_name: name, redirect_uris: local }, { ip })
  const client = await rig.table.find(String(body['client_id']))
  if (!client) throw new Error('not registered')
  await rig.storage.transaction<never, boolean>((tx) =>
    rig.table.claim(tx, client, { at: rig.clock.now(), approvedBy: null }),
  )
  return client.id
}

/** A grant as the flow leaves it behind. */
async function grant(rig: TestClients, client: string, state: { status?: string; refreshUntil?: Date } = {}) {
  await sql`insert into oauth_grant (id, kind, member, client_id, client, resource, scopes, details, status, created_at,
    refresh_hash, refresh_expires_at) values (${newId('grt')}, 'authorization_code', 'mem_grace', ${client},
    ${JSON.stringify({ name: 'Notebook' })}::jsonb, 'r', '[]'::jsonb, '{}'::jsonb, ${state.status ?? 'active'},
    ${rig.clock.now()}, 'h', ${state.refreshUntil ?? null})`.execute(rig.storage.db<never>())
}

describe('the cleanup', () => {
  let rig: TestClients
  beforeAll(async () => {
    rig = await openTestClients()
  })
  afterAll(() => rig.close())

  it('deletes what nobody used for thirty days, and what nobody allowed for one; the rest stays', async () => {
    const began = rig.clock.now()
    const unused = await claimed(rig, 'Unused')
    const used = await claimed(rig, 'Used lately')
    const alive = await claimed(rig, 'Has a live grant')
    const waiting = await claimed(rig, 'Its grant waits')
    const idle = await claimed(rig, 'Its grant idled out')
    const blocked = await claimed(rig, 'Blocked')
    const { clientId: made } = await rig.clients.manager.create({
      name: 'Made by hand',
      redirectUris: local,
      confidential: false,
    })
    await grant(rig, alive, { refreshUntil: new Date(began.getTime() + 90 * day) })
    await grant(rig, waiting, { status: 'provisional', refreshUntil: new Date(began.getTime() + 90 * day) })
    await grant(rig, idle, { refreshUntil: new Date(began.getTime() + 20 * day) })
    await sql`update client set blocked_at = ${began} where id = ${blocked}`.execute(rig.storage.db<never>())
    rig.clock.advance(29 * day)
    await rig.table.touch([used], rig.clock.now())
    expect(await rig.clients.manager.clean()).toEqual({ unclaimed: 0, unused: 0 })
    rig.clock.advance(day + 1)
    await rig.register({ redirect_uris: local }, { ip: '203.0.113.200' })

    const forgotten = await rig.clients.manager.forgotten()
    expect(forgotten.unused.map(({ id }) => id).sort()).toEqual([unused, idle].sort())
    expect(forgotten.unclaimed).toEqual([])
    expect(await rig.clients.manager.clean()).toEqual({ unclaimed: 0, unused: 2 })
    const left = async (id: string) => (await rig.table.find(id, 'anew')) !== undefined
    expect(await Promise.all([unused, idle].map(left))).toEqual([false, false])
    expect(await Promise.all([used, alive, waiting, blocked, made].map(left))).toEqual([
      true,
      true,
      true,
      true,
      true,
    ])

    rig.clock.advance(day)
    expect((await rig.clients.manager.forgotten()).unclaimed).toHaveLength(1)
    expect(await rig.clients.manager.clean()).toEqual({ unclaimed: 1, unused: 0 })
  })

  it('keeps what an administrator blocked or refused before anybody allowed it: it can’t come back as new', async () => {
    const own = await openTestClients()
    const store = createApprovalTable(own.storage, own.audit, own.table.forget)
    const approvals = createApprovals({
      ...own,
      approvals: store,
      clients: own.table,
      resources: () => [],
      appSchemes: [],
    })
    const by = { actor: { kind: 'member', id: 'mem_ada' }, member: newId('mem') } as const
    for (const decision of ['block', 'refuse'] as const) {
      const { body } = await own.register({ redirect_uris: local })
      const id = String(body['client_id'])
      const fingerprint = (await own.table.find(id))?.fingerprint ?? ''
      await approvals.decide({ client: id, fingerprint, decision }, by)
      own.clock.advance(2 * day)
      expect(await own.clients.manager.clean(), decision).toEqual({ unclaimed: 0, unused: 0 })
      expect((await own.clients.find(id, { at: 'token', ip: '203.0.113.9' })).found, decision).toBe('client')
    }
    own.clock.advance(31 * day)
    expect(await own.clients.manager.clean()).toEqual({ unclaimed: 0, unused: 0 })
    await own.close()
  })

  it('says of each client that had been used why it went, and ends what was left of its grants', async () => {
    const id = await claimed(rig, 'Forgotten')
    await grant(rig, id, { refreshUntil: new Date(rig.clock.now().getTime() + day) })
    rig.clock.advance(31 * day)
    await rig.clients.manager.clean()
    const entries = await rig.audit.list({ limit: 50 })
    expect(
      entries.find(({ event, subject }) => event === 'client.deleted' && subject?.id === id),
    ).toMatchObject({
      actor: { kind: 'system', name: 'cleanup' },
      detail: { why: 'unused' },
    })
    const left = await sql<{
      status: string
    }>`select status from oauth_grant where client_id = ${id}`.execute(rig.storage.db<never>())
    expect(left.rows).toEqual([{ status: 'ended' }])
  })

  it('goes on past a batch of a hundred', async () => {
    const own = await openTestClients()
    await sql`insert into client (id, registration, name, redirect_uris, grant_types, auth_methods, links, fingerprint,
      first_seen_at, claimed_at) select 'cli_' || n, 'dynamic', 'N', '[]'::jsonb, '[]'::jsonb, '[]'::jsonb, '{}'::jsonb,
      'f', ${own.clock.now()}, ${own.clock.now()} from generate_series(1, 250) as n`.execute(
      own.storage.db<never>(),
    )
    own.clock.advance(31 * day)
    expect(await own.clients.manager.clean()).toEqual({ unclaimed: 0, unused: 250 })
    expect(await own.count()).toBe(0)
    await own.close()
  })
})

describe('the last use of a client', () => {
  it('is written once a day, when tokens are issued', async () => {
    const rig = await openTestClients()
    const id = await claimed(rig, 'Notebook')
    const writes: string[][] = []
    const store = {
      touch: (ids: readonly string[], at: Date) => {
        writes.push([...ids])
        return rig.table.touch(ids, at)
      },
    }
    const last = createLastIssued(store, rig.clock, silentLog)
    for (let n = 0; n < 100; n++) last.mark(id)
    await last.flush()
    last.mark(id)
    await last.flush()
    expect(writes).toEqual([[id]])
    expect((await rig.clients.manager.view(id))?.lastUsedAt).toBe('2026-11-21T00:00:00.000Z')
    rig.clock.advance(day)
    last.mark(id)
    await last.close()
    expect((await rig.clients.manager.view(id))?.lastUsedAt).toBe('2026-11-22T00:00:00.000Z')
    await rig.close()
  })
})

it('the token endpoint marks whom it issues tokens to, and nobody else', async () => {
  const t = await startTestOAuth()
  await tokensFor(t)
  await t.oauth.close()
  const { rows } = await sql<{
    name: string
  }>`select name from client where last_used_at is not null`.execute(t.storage.db<never>())
  expect(rows).toEqual([{ name: 'Notebook' }])
  await t.close()
})

const drivers = [
  ['embedded', true],
  ['server', postgresAvailable()],
] as const
describe.each(drivers)('a daily job on the %s database', (driver, available) => {
  describe.skipIf(!available)('with many replicas', () => {
    it('is done by one of eight, once a day at its time, and by another when that one died', async () => {
      const rig = await openTestClients({ driver })
      rig.clock.set(new Date('2026-11-21T02:29:00Z'))
      let runs = 0
      let fails = true
      const replicas = Array.from({ length: 8 }, () =>
        startDaily({
          store: createDailyTable(rig.storage),
          clock: rig.clock,
          log: silentLog,
          jobs: [
            {
              name: 'clients.cleanup',
              at: 150,
              async run() {
                runs++
                if (fails) throw new Error('the process dies here')
              },
            },
          ],
        }),
      )
      const lookAll = () => Promise.all(replicas.map(({ look }) => look()))
      // Yesterday's was never done: it is caught up with, by one.
      await lookAll()
      expect(runs).toBe(1)
      await lookAll()
      expect(runs).toBe(1)
      // It never finished: when its lease has run out another tries, and does it.
      fails = false
      rig.clock.advance(30 * 60_000)
      await lookAll()
      expect(runs).toBe(2)
      await lookAll()
      expect(runs).toBe(2)
      rig.clock.set(new Date('2026-11-22T02:29:59Z'))
      await lookAll()
      expect(runs).toBe(2)
      rig.clock.set(new Date('2026-11-22T02:30:00Z'))
      await lookAll()
      expect(runs).toBe(3)
      await Promise.all(replicas.map(({ stop }) => stop()))
      await rig.close()
    })
  })
})

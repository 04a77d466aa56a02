import { describe, expect, it } from 'vitest'
import { sql } from '#storage'
import { openTestClients } from '../support/clients.ts'
import type { TestClients } from '../support/clients.ts'
import { postgresAvailable } from '../support/postgres.ts'

const notebook = { client_name: 'Notebook', redirect_uris: ['http://127.0.0.1/callback'] }
const day = 24 * 60 * 60 * 1000
/** A network of its own for each stranger, so that only what holds for all together can stop them. */
const stranger = (n: number) =>
  `2001:db8:${Math.floor(n / 65_536).toString(16)}:${(n % 65_536).toString(16)}::1`

const rowsOf = async (rig: TestClients) => {
  await rig.audit.list({ limit: 1 })
  const { rows } = await sql<{ clients: number; entries: number; decisions: number }>`select
    (select count(*) from client) as clients, (select count(*) from audit_entry) as entries,
    (select count(*) from policy_decision) as decisions`.execute(rig.storage.db<never>())
  return rows[0] ?? { clients: 0, entries: 0, decisions: 0 }
}
async function flood(rig: TestClients, from: number, count: number): Promise<number[]> {
  const statuses: number[] = []
  for (let n = 0; n < count; n += 50) {
    const some = Array.from({ length: Math.min(50, count - n) }, (_, k) =>
      rig.register({ ...notebook, client_name: `Spam ${from + n + k}` }, { ip: stranger(from + n + k) }),
    )
    statuses.push(...(await Promise.all(some)).map(({ status }) => status))
  }
  return statuses
}
const drivers = [
  ['embedded', true],
  ['server', postgresAvailable()],
] as const

describe.each(drivers)('D9 a flood of registrations on the %s database', (driver, available) => {
  it.skipIf(!available)(
    'D9 leaves no more rows than the cap, however many come, and none of yesterday’s',
    { timeout: 120_000 },
    async () => {
      const rig = await openTestClients({ driver, limits: { unclaimed: 200 } })
      // Somebody's client from before: the flood is not to cost her anything.
      const { body } = await rig.register(notebook, { ip: '203.0.113.1' })
      const mine = await rig.table.find(String(body['client_id']))
      if (!mine) throw new Error('not registered')
      await rig.storage.transaction<never, boolean>((tx) =>
        rig.table.claim(tx, mine, { at: rig.clock.now(), approvedBy: null }),
      )
      const first = await flood(rig, 0, 600)
      expect(first.filter((status) => status === 201).length).toBeLessThanOrEqual(200)
      expect(new Set(first)).toEqual(new Set([201, 429]))
      const full = await rowsOf(rig)
      expect(full.clients).toBeLessThanOrEqual(201)

      // As many again: nothing grows any more, neither clients nor what is written about them.
      const again = await flood(rig, 600, 600)
      expect(new Set(again)).toEqual(new Set([429]))
      const still = await rowsOf(rig)
      expect(still.clients).toBe(full.clients)
      expect(still.entries).toBe(full.entries)
      expect(still.decisions).toBeLessThanOrEqual(201)
      // An administrator isn't held up by strangers.
      const input = { name: 'Ledger', redirectUris: ['https://ledger.example/cb'], confidential: true }
      expect((await rig.clients.manager.create(input)).clientSecret).toMatch(/^tnd_cs_/)

      // A day later they are as good as gone, and go in passing and for good.
      rig.clock.advance(day)
      expect((await rig.register(notebook, { ip: '203.0.113.2' })).status).toBe(201)
      await rig.clients.manager.clean()
      expect((await rowsOf(rig)).clients).toBe(3)
      expect((await rig.clients.find(mine.id, { at: 'token', ip: '203.0.113.1' })).found).toBe('client')
      await rig.close()
    },
  )
})

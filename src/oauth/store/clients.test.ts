import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Events } from '#foundation'
import { sql } from '#storage'
import { openTestClients, outside } from '../../../test/support/clients.ts'
import type { TestClients } from '../../../test/support/clients.ts'
import type { Client } from '../clients/client.ts'
import { secretOf } from '../clients/client.ts'
import { clientCache } from './client-cache.ts'
import { createClientTable } from './clients.ts'

let rig: TestClients
let client: Client
beforeAll(async () => {
  rig = await openTestClients()
  const { body } = await rig.register({ redirect_uris: ['http://localhost/cb'] })
  const found = await rig.table.find(String(body['client_id']))
  if (!found) throw new Error('gone')
  client = found
})
afterAll(() => rig.close())
const entry = { event: 'client.registered', outcome: 'ok', actor: { kind: 'system' } } as const

describe('clients in the database', () => {
  it('come back as they went in', async () => {
    const at = rig.clock.now()
    const full: Client = {
      ...client,
      id: 'https://app.example/client.json',
      registration: 'metadata-document',
      scopes: ['crm:read'],
      links: { tos_uri: 'https://app.example/terms' },
      secrets: [secretOf('a', at), secretOf('b', at)],
      keys: { uri: 'https://app.example/keys' },
      about: { software_id: 'app', contacts: ['ada@acme.example'] },
      lastUsedAt: at,
      claimedAt: at,
      approved: true,
      document: { etag: '"v1"', fetchedAt: at, freshUntil: new Date(at.getTime() + 1000) },
    }
    await rig.table.add(full, entry)
    expect(await rig.table.find(full.id)).toEqual(full)
    expect(await rig.table.saveDocument(full, null)).toBe(true)
    expect(await rig.table.find(full.id)).toEqual(full)
  })

  it('are not overwritten by a document of the same id', async () => {
    await rig.table.saveDocument({ ...client, registration: 'metadata-document', name: 'Mallory' }, null)
    expect((await rig.table.find(client.id, 'anew'))?.name).toBe(client.name)
  })

  it('are added with their audit entry or not at all', async () => {
    const before = (await rig.audit.list({ limit: 100 })).length
    const quota = { ip: outside, perAddress: 0, since: new Date(0) }
    expect(await rig.table.add({ ...client, id: 'cli_new' }, entry, quota)).toBe(false)
    expect(await rig.table.find('cli_new')).toBeUndefined()
    expect((await rig.audit.list({ limit: 100 })).length).toBe(before)
  })

  it('are deleted in batches, the oldest first, and never one that somebody uses', async () => {
    const own = await openTestClients()
    const day = 24 * 60 * 60 * 1000
    for (let n = 0; n < 5; n++) {
      await own.table.add({ ...client, id: `cli_${n}`, firstSeenAt: new Date(n * 1000) }, entry)
    }
    await own.table.add(
      { ...client, id: 'cli_used', firstSeenAt: new Date(0), claimedAt: new Date(0) },
      entry,
    )
    await own.table.add(
      { ...client, id: 'cli_made', firstSeenAt: new Date(0), registration: 'manual' },
      entry,
    )
    expect(await own.table.countUnclaimed(new Date(0))).toBe(4)
    expect(await own.table.deleteUnclaimed(new Date(day), 3)).toBe(3)
    expect(await own.table.find('cli_0')).toBeUndefined()
    expect(await own.table.find('cli_4')).toBeDefined()
    expect(await own.table.deleteUnclaimed(new Date(day), 3)).toBe(2)
    expect(await own.count()).toBe(2)
    await own.close()
  })

  it('changed on another replica are read anew', async () => {
    const replica = createClientTable(rig.storage, rig.audit)
    expect((await replica.find(client.id))?.approved).toBe(false)
    await rig.storage.transaction<never, boolean>((tx) =>
      rig.table.claim(tx, client, { at: rig.clock.now(), approvedBy: 'mem_ada' }),
    )
    expect((await replica.find(client.id))?.approved).toBe(true)
    expect((await replica.trusted()).map(({ id }) => id)).toContain(client.id)
    replica.close()
  })

  it('are remembered: a second look costs the database nothing', async () => {
    await rig.table.find(client.id)
    await sql`update client set name = 'Changed behind our back' where id = ${client.id}`.execute(
      rig.storage.db<never>(),
    )
    expect((await rig.table.find(client.id))?.name).toBe(client.name)
    expect((await rig.table.find(client.id, 'anew'))?.name).toBe('Changed behind our back')
  })
})

describe('the memory of clients', () => {
  function memory() {
    const heard: { change: (payload: Record<string, string>) => void; gap: () => void } = {
      change: () => undefined,
      gap: () => undefined,
    }
    const events: Events = {
      subscribe(_topic, listener) {
        heard.change = listener
        return () => (heard.change = () => undefined)
      },
      onGap(listener) {
        heard.gap = listener
        return () => (heard.gap = () => undefined)
      },
    }
    return { cache: clientCache(events, 'topic'), heard }
  }

  it('doesn’t keep what was read before a change came', async () => {
    const { cache, heard } = memory()
    await cache.through('a', async () => {
      heard.change({ id: 'a' })
      return { ...client, name: 'old' }
    })
    expect((await cache.through('a', async () => ({ ...client, name: 'new' })))?.name).toBe('new')
  })

  it('is emptied when events may have been missed', async () => {
    const { cache, heard } = memory()
    await cache.through('a', async () => client)
    heard.gap()
    expect(await cache.through('a', async () => undefined)).toBeUndefined()
  })

  it('keeps five thousand, and nobody who wasn’t found', async () => {
    const { cache } = memory()
    for (let n = 0; n <= 5000; n++) await cache.through(`c${n}`, async () => client)
    let reads = 0
    const read = async () => {
      reads++
      return undefined
    }
    await cache.through('c0', read)
    await cache.through('c0', read)
    await cache.through('c5000', read)
    expect(reads).toBe(2)
  })
})

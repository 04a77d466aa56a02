import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '#foundation'
import { createTandem } from '#server'
import type { Tandem } from '#server'
import { startChangingServer } from '../support/changing-server.ts'
import type { ChangingServer } from '../support/changing-server.ts'
import { testClock } from '../support/clock.ts'
import { postgresAvailable } from '../support/postgres.ts'
import { freePort, startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'
import { acceptAll, addUpstream } from '../support/upstreams.ts'

const find = { name: 'find_invoice', annotations: { readOnlyHint: true } }
const clock = testClock(new Date())

// What one replica is told holds on the other, which has the upstreams in its memory.
describe.skipIf(!postgresAvailable())('upstreams on two replicas', { timeout: 60_000 }, () => {
  let here: RunningTandem
  let there: Tandem
  let ada: Browser
  let server: ChangingServer
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-second-'))
    here = await startTandem({ database: 'server', clock, config: { TANDEM_CALLS_PER_MINUTE: 100_000 } })
    const second = { ...here.config, PORT: await freePort(), TANDEM_DATA_DIR: folder }
    there = await createTandem(second, { log: silentLog, clock })
    server = await startChangingServer(find)
    ada = await here.signIn('ada')
  })
  afterAll(async () => {
    await there?.close()
    await here?.close()
    await server?.close()
    await rm(folder, { recursive: true, force: true })
  })
  const named = (name: string) => there.parts.gateway.upstreams.named(name)
  const soon = (what: () => unknown) => expect.poll(what, { timeout: 5000, interval: 50 })
  const add = (name: string, unreviewed = false) =>
    addUpstream(here, { kind: 'http', name, url: server.url }, { browser: ada, unreviewed })
  /** As an agent that reached the other replica; a name of the issuer, whichever port it came to. */
  const listThere = async (name: string, token: string) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })
    const request = new Request(`${here.url}/mcp/${name}`, { method: 'POST', headers, body })
    const answer = await there.parts.gateway.handle(request, { ip: '127.0.0.1' }, `/mcp/${name}`)
    return answer?.status ?? 404
  }

  it('one that is added, reviewed, changed and turned off here is so there within a second', async () => {
    const added = await add('ledger', true)
    await soon(() => named('ledger')?.tools.size).toBe(0)
    await acceptAll(ada, added)
    await soon(() => [...(named('ledger')?.tools.keys() ?? [])]).toEqual([find.name])
    const at = `/api/upstreams/${added.id}`
    await ada.json('PATCH', `${at}/tools`, { name: find.name, access: 'write' })
    await soon(() => named('ledger')?.tools.get(find.name)?.access).toBe('write')
    const { accessToken } = await here.connectAgent({ browser: ada, resource: added.resource })
    expect(await listThere('ledger', accessToken)).not.toBe(404)
    await ada.json('PATCH', at, { enabled: false })
    await soon(() => listThere('ledger', accessToken)).toBe(404)
    await ada.json('PATCH', at, { enabled: true })
    await ada.json('DELETE', at)
    await soon(() => named('ledger')).toBeUndefined()
    expect(there.parts.gateway.resources().map(({ id }) => id)).not.toContain(added.resource)
  })

  it('is checked by one of them, not by both, and both say what it found', async () => {
    const quick = await add('quick')
    const dead = await startChangingServer(find)
    await addUpstream(here, { kind: 'http', name: 'dead', url: dead.url }, { browser: ada })
    await dead.close()
    await soon(() => named('dead')?.enabled).toBe(true)
    clock.advance(6 * 60_000)
    await Promise.all([here.parts.gateway.watch(), there.parts.gateway.watch()])
    // Notes are written down within a tenth of a second, by whichever of the two made them.
    await soon(async () => {
      const seen = await here.parts.audit.search({ event: 'upstream.trouble' }, { limit: 10 })
      return seen.map(({ subject }) => subject?.name)
    }).toEqual(['dead'])
    await Promise.all([here.parts.gateway.watch(), there.parts.gateway.watch()])
    for (const { gateway } of [here.parts, there.parts])
      expect(gateway.health()).toMatchObject({ quick: 'well', dead: 'trouble' })
    const [one, two] = await Promise.all([here, there].map(({ parts }) => parts.gateway.admin.view(quick.id)))
    expect(one?.health.checkedAt).toBe(two?.health.checkedAt)
    expect(one?.health.checkedAt).toBe(clock.now().toISOString())
  })
})

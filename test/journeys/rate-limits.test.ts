import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leasingLimiter, systemClock } from '#foundation'
import type { LeasingLimiter } from '#foundation'
import type { Storage } from '#storage'
import { testClock } from '../support/clock.ts'
import type { TestClock } from '../support/clock.ts'
import { postgresAvailable } from '../support/postgres.ts'
import { openTestStorage } from '../support/storage.ts'
import { startTandem } from '../support/tandem.ts'
import type { ConnectedAgent, RunningTandem } from '../support/tandem.ts'

const rate = { limit: 40, window: 60 }
const drivers: Storage['driver'][] = postgresAvailable() ? ['embedded', 'server'] : ['embedded']

describe.each(drivers)('places handed out from leases, %s', (driver) => {
  let storage: Storage
  let clock: TestClock
  /** Two replicas' hands in one count. */
  let replicas: [LeasingLimiter, LeasingLimiter]
  beforeAll(async () => {
    clock = testClock()
    storage = await openTestStorage([], { driver, clock })
    replicas = [leasingLimiter(storage.rateLimiter, clock), leasingLimiter(storage.rateLimiter, clock)]
  })
  afterAll(() => storage.close())
  const take = (key: string, times: number) =>
    Promise.all(Array.from({ length: times }, (_, n) => replicas[n % 2 === 0 ? 0 : 1].take(key, rate)))

  it('are never more than the limit, however many ask at once at both', async () => {
    const places = await take('door', 200)
    const allowed = places.filter((place) => place.allowed).length
    // A replica may hold a lease of three that the other would have used.
    expect(allowed).toBeGreaterThan(rate.limit - 6)
    expect(allowed).toBeLessThanOrEqual(rate.limit)
    expect((await take('door', 20)).some((place) => place.allowed)).toBe(allowed < rate.limit)
    expect((await take('other door', 1))[0]?.allowed).toBe(true)
  })

  it('say how many are left and when the window ends, and begin anew then', async () => {
    const [place] = await take('clock', 1)
    expect(place).toMatchObject({ allowed: true, limit: 40, remaining: 39, reset: 60 })
    clock.advance(20_000)
    expect((await take('clock', 1))[0]).toMatchObject({ remaining: 38, reset: 40 })
    await take('clock', 100)
    expect((await take('clock', 1))[0]).toMatchObject({ allowed: false, remaining: 0, reset: 40 })
    clock.advance(40_000)
    expect((await take('clock', 1))[0]).toMatchObject({ allowed: true, remaining: 39, reset: 60 })
  })

  it('can be given back', async () => {
    for (let turn = 0; turn < 100; turn++) {
      const place = await replicas[0].take('back', rate)
      expect(place.allowed).toBe(true)
      place.giveBack()
    }
  })

  it('tell of a refusal once a window and replica', async () => {
    const places = await take('news', 200)
    expect(places.filter(({ news }) => news).length).toBeLessThanOrEqual(2)
    expect(places.filter(({ news }) => news).length).toBeGreaterThan(0)
  })
})

const databases = postgresAvailable() ? (['memory', 'server'] as const) : (['memory'] as const)

describe.each(databases)('calls behind a listed proxy, %s', (database) => {
  let tandem: RunningTandem
  let notebook: ConnectedAgent
  let diary: ConnectedAgent
  beforeAll(async () => {
    tandem = await startTandem({
      database,
      clock: systemClock,
      config: { TANDEM_TRUSTED_PROXIES: ['127.0.0.1', '::1'], TANDEM_CALLS_PER_MINUTE: 32 },
    })
    const browser = await tandem.signIn('ada')
    notebook = await tandem.connectAgent({ browser, name: 'Notebook' })
    diary = await tandem.connectAgent({ browser, name: 'Diary', resource: `${tandem.url}/api` })
  })
  afterAll(() => tandem?.close())

  const whoami = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami' } }
  const mcp = (token: string | null, ip: string, body: object = whoami) =>
    fetch(new URL('/mcp', tandem.url), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'x-forwarded-for': ip,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    })
  const api = (token: string, ip: string) =>
    fetch(new URL('/api/objects', tandem.url), {
      headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': ip },
    })
  const times = async (count: number, ask: () => Promise<Response>) => {
    const answers: Response[] = []
    for (let turn = 0; turn < count; turn++) answers.push(await ask())
    return answers.map(({ status }) => status)
  }

  it('are counted by grant: one agent’s limit isn’t its neighbour’s, nor another address a way round it', async () => {
    const first = await mcp(notebook.accessToken, '198.51.100.1')
    expect([first.status, first.headers.get('ratelimit-limit')]).toEqual([200, '32'])
    expect(first.headers.get('ratelimit-remaining')).toBe('31')
    const statuses = await times(40, () => mcp(notebook.accessToken, '198.51.100.1'))
    expect(statuses.filter((status) => status === 200)).toHaveLength(31)
    const refused = await mcp(notebook.accessToken, '198.51.100.2')
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await refused.json()).toMatchObject({
      error: { message: expect.stringContaining('Too many calls') },
    })
    // The same address, another grant.
    const neighbour = await api(diary.accessToken, '198.51.100.1')
    expect([neighbour.status, neighbour.headers.get('ratelimit-remaining')]).toEqual([200, '31'])
    const theirs = await times(40, () => api(diary.accessToken, '198.51.100.1'))
    expect(theirs.filter((status) => status === 429)).toHaveLength(9)
    const entries = await tandem.parts.audit.search({ event: 'rate_limit.reached' }, { limit: 10 })
    expect(entries.map(({ actor, detail }) => [actor.client, detail?.['limit']]).toSorted()).toEqual(
      [
        [notebook.clientId, 'calls'],
        [diary.clientId, 'calls'],
      ].toSorted(),
    )
  })

  it('without a good token are counted by address, and lock out nobody who has one', async () => {
    const fresh = await tandem.connectAgent({ name: 'Fresh' })
    const statuses = await times(620, () => mcp(null, '203.0.113.9'))
    expect(statuses.filter((status) => status === 401)).toHaveLength(600)
    expect(statuses.at(-1)).toBe(429)
    expect((await mcp('not.a.token', '203.0.113.9')).status).toBe(429)
    expect((await mcp(fresh.accessToken, '203.0.113.9')).status).toBe(200)
    expect((await mcp(null, '203.0.113.10')).status).toBe(401)
  })

  it('at the token endpoint: Mallory behind our address uses up her own tries, not ours', async () => {
    const token = (client_id: string, refresh_token: string, ip: string) =>
      fetch(new URL('/oauth/token', tandem.url), {
        method: 'POST',
        headers: { 'x-forwarded-for': ip },
        body: new URLSearchParams({ grant_type: 'refresh_token', client_id, refresh_token }),
      })
    const shared = '192.0.2.200'
    const mallory = await tandem.connectAgent({ name: 'Mallory’s own' })
    const statuses = await times(310, () => token(mallory.clientId, 'guess', shared))
    expect(statuses.filter((status) => status === 400)).toHaveLength(300)
    expect(statuses.at(-1)).toBe(429)
    // Basic names the client too, and the secret in it is written nowhere.
    const basic = Buffer.from(`${mallory.clientId}:a secret of hers`).toString('base64')
    const headers = { authorization: `Basic ${basic}`, 'x-forwarded-for': shared }
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'guess' })
    const named = await fetch(new URL('/oauth/token', tandem.url), { method: 'POST', headers, body })
    expect(named.status).toBe(429)
    const ours = await token(notebook.clientId, notebook.refreshToken, shared)
    expect(ours.status).toBe(200)
    expect(Number(ours.headers.get('ratelimit-limit'))).toBe(6000)
  })

  it('a grant is refreshed sixty times a minute at most, and good requests use up nobody’s tries', async () => {
    const agent = await tandem.connectAgent({ name: 'Loop' })
    let refresh_token = agent.refreshToken
    const statuses: number[] = []
    for (let turn = 0; turn < 61; turn++) {
      const body = new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: agent.clientId,
        refresh_token,
      })
      const headers = { 'x-forwarded-for': '192.0.2.201' }
      const answer = await fetch(new URL('/oauth/token', tandem.url), { method: 'POST', headers, body })
      statuses.push(answer.status)
      if (answer.status === 200) ({ refresh_token } = (await answer.json()) as { refresh_token: string })
    }
    expect(statuses.slice(0, 60).every((status) => status === 200)).toBe(true)
    expect(statuses[60]).toBe(429)
  })

  it('are counted one by one where many come in one request', async () => {
    const { accessToken } = await tandem.connectAgent({ browser: await tandem.signIn('ada'), name: 'Batch' })
    const batch = (length: number) => Array.from({ length }, (_, id) => ({ ...whoami, id }))
    const first = await mcp(accessToken, '198.51.100.9', batch(10))
    expect([first.status, (await first.text()).match(/"result"/g)?.length]).toEqual([200, 10])
    const second = await mcp(accessToken, '198.51.100.9')
    expect([second.status, second.headers.get('ratelimit-remaining')]).toEqual([200, '21'])
    const third = await mcp(accessToken, '198.51.100.9', batch(22))
    expect([third.status, await third.text()]).toEqual([429, expect.not.stringContaining('"result"')])
    expect((await mcp(accessToken, '198.51.100.9')).status).toBe(429)
  })
})

describe('without a listed proxy', () => {
  it('a forwarded address is a claim that changes nothing: on this computer nobody is counted', async () => {
    const tandem = await startTandem({ config: { TANDEM_CALLS_PER_MINUTE: 2 } })
    const agent = await tandem.connectAgent()
    for (let turn = 0; turn < 5; turn++) {
      const { status, headers } = await agent.call('whoami')
      expect([status, headers.get('ratelimit-limit')]).toEqual([200, null])
    }
    await tandem.close()
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashSecret } from '#foundation'
import { sql } from '#storage'
import { startingPolicy } from '../../src/oauth/clients/policy/presets.ts'
import { openTestClients } from '../support/clients.ts'
import { startTestOAuth } from '../support/oauth.ts'
import type { Json, TestClients } from '../support/clients.ts'
import { postgresAvailable } from '../support/postgres.ts'

const notebook = { client_name: 'Notebook', redirect_uris: ['http://127.0.0.1/callback'] }
const admin = { actor: { kind: 'member', id: 'mem_ada', name: 'Ada' } } as const
const day = 24 * 60 * 60 * 1000

const drivers = [
  ['embedded', true],
  ['server', postgresAvailable()],
] as const

describe.each(drivers)('D4 initial access tokens on the %s database', (driver, available) => {
  describe.skipIf(!available)('where the policy wants one', () => {
    let rig: TestClients
    beforeAll(async () => {
      rig = await openTestClients({
        driver,
        startingPolicy: startingPolicy('open', { initialAccessToken: true, registrationsPerMinute: 1000 }),
        limits: { unclaimedPerAddress: 1000 },
      })
    })
    afterAll(() => rig?.close())

    const issue = (uses: number, days = 7) =>
      rig.clients.manager.initialAccess.create({ note: 'for a test', uses, days }, admin)
    const register = async (token: string | null, ip = '203.0.113.5', metadata: Json = notebook) => {
      const response = await rig.send(
        new Request('http://localhost:3000/oauth/register', {
          method: 'POST',
          headers: {
            'Content-Type': 'application/json',
            ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
          },
          body: JSON.stringify(metadata),
        }),
        ip,
      )
      const body = (await response.json()) as Json
      return { status: response.status, headers: response.headers, body }
    }
    const usesOf = async (id: string) =>
      (await rig.clients.manager.initialAccess.list()).find((one) => one.id === id)

    it('D4 good for one: of 32 registrations at once exactly one gets in', async () => {
      const { token, view } = await issue(1)
      const before = await rig.count()
      const answers = await Promise.all(
        Array.from({ length: 32 }, (_, n) => register(token, `203.0.113.${n + 1}`)),
      )
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
      const others = answers.filter(({ status }) => status !== 201)
      expect(new Set(others.map(({ status, body }) => `${status} ${String(body['error'])}`))).toEqual(
        new Set(['401 invalid_token']),
      )
      expect(await rig.count()).toBe(before + 1)
      expect(await usesOf(view.id)).toMatchObject({ uses: 1, state: 'used-up' })
    })

    it('D4 good for five: five of 16 at once', async () => {
      const { token, view } = await issue(5)
      const answers = await Promise.all(Array.from({ length: 16 }, () => register(token)))
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(5)
      expect(await usesOf(view.id)).toMatchObject({ uses: 5 })
    })

    it('D4 without one, or with one that is made up: 401 with a challenge, nothing kept', async () => {
      const before = await rig.count()
      const none = await register(null)
      expect([none.status, none.body['error']]).toEqual([401, 'invalid_token'])
      // RFC 6750 §3.1: nothing was wrong with a token that wasn't there.
      expect(none.headers.get('www-authenticate')).toBe('Bearer')
      const madeUp = await register(`tnd_iat_${'a'.repeat(43)}`)
      expect([madeUp.status, madeUp.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer error="invalid_token"',
      ])
      expect(await rig.count()).toBe(before)
    })

    it('D4 expired or withdrawn it lets nobody in; one that is neither does', async () => {
      const [late, gone, good] = [await issue(9, 1), await issue(9), await issue(9)]
      expect(await rig.clients.manager.initialAccess.withdraw(gone.view.id, admin)).toBe(true)
      expect(await rig.clients.manager.initialAccess.withdraw(gone.view.id, admin)).toBe(false)
      expect((await register(late.token)).status).toBe(201)
      rig.clock.advance(day)
      expect((await register(late.token)).status).toBe(401)
      expect((await register(gone.token)).status).toBe(401)
      expect((await register(good.token)).status).toBe(201)
      expect((await usesOf(late.view.id))?.state).toBe('expired')
      expect((await usesOf(gone.view.id))?.state).toBe('withdrawn')
    })

    it('D4 a registration that is refused for something else doesn’t use it up', async () => {
      const { token, view } = await issue(1)
      expect((await register(token, '203.0.113.5', { redirect_uris: ['javascript:1'] })).status).toBe(400)
      expect((await usesOf(view.id))?.uses).toBe(0)
      const full = rig.clientsWith({ limits: { unclaimedPerAddress: 0 } })
      const response = await rig.send(
        new Request('http://localhost:3000/oauth/register', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
          body: JSON.stringify(notebook),
        }),
        '203.0.113.77',
        full,
      )
      expect(response.status).toBe(429)
      expect((await usesOf(view.id))?.uses).toBe(0)
      expect((await register(token)).status).toBe(201)
    })

    it('D4 is kept as a hash alone, recorded when it is made, and known of the client it let in', async () => {
      const { token, view } = await issue(1)
      const { body } = await register(token)
      const rows = await sql`select * from initial_access_token where id = ${view.id}`.execute(
        rig.storage.db<never>(),
      )
      expect(JSON.stringify(rows.rows)).not.toContain(token)
      expect(JSON.stringify(rows.rows)).toContain(hashSecret(token))
      const entries = await rig.audit.list({ limit: 100 })
      expect(JSON.stringify(entries)).not.toContain(token)
      expect(entries.find(({ subject }) => subject?.id === view.id)).toMatchObject({
        event: 'initial_access_token.created',
        actor: { kind: 'member', name: 'Ada' },
      })
      expect((await rig.clients.manager.view(String(body['client_id'])))?.initialAccessToken).toBe(view.id)
    })
  })
})

describe('D4 where none is needed', () => {
  it('D4 a token that is presented must be good all the same', async () => {
    const rig = await openTestClients()
    const send = (token: string) =>
      rig.send(
        new Request('http://localhost:3000/oauth/register', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Authorization: token },
          body: JSON.stringify(notebook),
        }),
      )
    expect((await send('Bearer nonsense')).status).toBe(401)
    expect((await send('Basic bm9ib2R5Og==')).status).toBe(401)
    const { token } = await rig.clients.manager.initialAccess.create({ note: '', uses: 1, days: 1 }, admin)
    expect((await send(`Bearer ${token}`)).status).toBe(201)
    await rig.close()
  })

  it('registration switched off takes nobody, token or not', async () => {
    const rig = await openTestClients({ startingPolicy: startingPolicy('open', { registration: false }) })
    const { token } = await rig.clients.manager.initialAccess.create({ note: '', uses: 1, days: 1 }, admin)
    for (const headers of [{}, { Authorization: `Bearer ${token}` }]) {
      const response = await rig.send(
        new Request('http://localhost:3000/oauth/register', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', ...headers },
          body: JSON.stringify(notebook),
        }),
      )
      expect([response.status, ((await response.json()) as Json)['error']]).toEqual([403, 'access_denied'])
    }
    expect(await rig.count()).toBe(0)
    await rig.close()
  })
})

describe('A13 the registration endpoint', () => {
  it.each([
    ['on', {}, 'open', true],
    ['wanting a token', { initialAccessToken: true }, 'ask', true],
    ['off', { registration: false }, 'open', false],
    ['closed', {}, 'closed', false],
    ['for apps on this computer', {}, 'local', true],
  ] as const)(
    'is named by discovery exactly while somebody could use it: %s',
    async (_, switches, preset, named) => {
      const t = await startTestOAuth({ clientPolicy: preset, policySwitches: switches })
      const document = await (await t.get('/.well-known/oauth-authorization-server')).json()
      expect('registration_endpoint' in (document as Json)).toBe(named)
      await t.close()
    },
  )
})

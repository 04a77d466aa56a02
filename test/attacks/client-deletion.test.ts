import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '#audit'
import { oauthMigrations } from '#oauth'
import { sql } from '#storage'
import { testClock } from '../support/clock.ts'
import { askDevice, decideDevice, poll, registerDevice } from '../support/device.ts'
import { basic, codeFor, composeTestOAuth, resource, startTestOAuth, tokensFor } from '../support/oauth.ts'
import type { TestOAuth } from '../support/oauth.ts'
import { postgresAvailable } from '../support/postgres.ts'
import { openTestStorage } from '../support/storage.ts'

let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth()
})
afterAll(() => t.close())

const redirectUri = 'https://diary.example/callback'
const ada = { actor: { kind: 'member', id: 'mem_ada', name: 'Ada' } } as const

async function diary() {
  const { status, body } = await t.register({
    client_name: 'Diary',
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'none',
  })
  if (status !== 201) throw new Error('not registered')
  const said = body as unknown as Record<string, string>
  return {
    clientId: body.client_id,
    uri: said['registration_client_uri'] ?? '',
    token: said['registration_access_token'] ?? '',
  }
}
const remove = (uri: string, token: string) =>
  t.oauth.handle(new Request(uri, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } }), {
    ip: '127.0.0.1',
  })
const refresh = (client_id: string, refresh_token: string) =>
  t.post('/oauth/token', { grant_type: 'refresh_token', client_id, refresh_token })
const redeem = (client_id: string, { code, verifier }: { code: string; verifier: string }) =>
  t.post('/oauth/token', { grant_type: 'authorization_code', client_id, code, code_verifier: verifier })

/** Every way in that a client's end must close. */
const ends = [
  [
    'by the client itself (RFC 7592 §2.3)',
    async (c: Awaited<ReturnType<typeof diary>>) => remove(c.uri, c.token),
  ],
  [
    'by an administrator',
    async (c: Awaited<ReturnType<typeof diary>>) => t.oauth.clients.remove([c.clientId], ada),
  ],
] as const

describe.each(ends)('A116 a client deleted %s', (_, end) => {
  it('has no token, refresh token, code or consent page that still works; another client has', async () => {
    const client = await diary()
    const { clientId } = client
    const tokens = await tokensFor(t, { clientId, redirectUri })
    const waiting = await codeFor(t, { clientId, redirectUri })
    const others = await tokensFor(t)
    expect(await t.oauth.verify(tokens.access_token, resource)).toBeDefined()

    await end(client)
    await expect.poll(() => t.oauth.verify(tokens.access_token, resource), { timeout: 5000 }).toBeUndefined()
    expect((await refresh(clientId, tokens.refresh_token)).status).toBe(401)
    expect((await redeem(clientId, waiting)).status).toBe(401)
    await expect(codeFor(t, { clientId, redirectUri })).rejects.toThrow('no interaction: 400')

    expect(await t.oauth.verify(others.access_token, resource)).toBeDefined()
    expect((await refresh(t.clients.notebook.clientId, others.refresh_token)).status).toBe(200)
    const mine = (await t.oauth.grants.list(null)).filter((grant) => grant.client.id === clientId)
    expect(mine.map(({ status }) => status)).toEqual(['ended'])
    expect(mine[0]?.endedReason).toMatch(/deleted/)
  })
})

it('A116 a device of a deleted client never gets what was allowed: nothing is left to collect', async () => {
  const television = await registerDevice(t)
  const asked = await askDevice(t, television)
  await decideDevice(t, asked.user_code, { decision: 'allow' })
  expect(await t.oauth.clients.remove([television], ada)).toBe(1)
  expect((await poll(t, television, asked.device_code)).status).toBe(401)
  const { rows } = await sql`select hash from device_request where client_id = ${television}`.execute(
    t.storage.db<never>(),
  )
  expect(rows).toEqual([])
})

const drivers = [
  ['embedded', true],
  ['server', postgresAvailable()],
] as const
describe.each(drivers)('A116 deleted while it asks, on the %s database', (driver, available) => {
  it.skipIf(!available)('a machine’s tokens end, whichever came first', async () => {
    const clock = testClock()
    const storage = await openTestStorage([...auditMigrations, ...oauthMigrations], { clock, driver })
    const own = await composeTestOAuth(storage, clock)
    for (let round = 0; round < 5; round++) {
      const machine = await own.oauth.clients.create({
        name: 'Machine',
        redirectUris: [],
        confidential: true,
        grantTypes: ['client_credentials'],
        owner: own.people.grace.member,
      })
      const ask = () => own.post('/oauth/token', { grant_type: 'client_credentials' }, basic(machine))
      const asking = Array.from({ length: 8 }, ask)
      const [, ...answers] = await Promise.all([own.oauth.clients.remove([machine.clientId], ada), ...asking])
      for (const answer of answers.filter(({ status }) => status === 200)) {
        const { access_token } = (await answer.json()) as { access_token: string }
        await expect.poll(() => own.oauth.verify(access_token, resource), { timeout: 5000 }).toBeUndefined()
      }
      const left = (await own.oauth.grants.list(null)).filter(({ client }) => client.id === machine.clientId)
      expect(left.filter(({ status }) => status !== 'ended')).toEqual([])
    }
    await own.close()
  })
})

describe('an administrator’s list of clients', () => {
  it('ends the grants of those chosen, who may ask again, and nobody else’s', async () => {
    const [one, two] = [await diary(), await diary()]
    const tokens = await tokensFor(t, { clientId: one.clientId, redirectUri })
    const others = await tokensFor(t, { clientId: two.clientId, redirectUri })
    expect(await t.oauth.clients.endGrants([one.clientId], ada)).toBe(1)
    await expect.poll(() => t.oauth.verify(tokens.access_token, resource), { timeout: 5000 }).toBeUndefined()
    expect(await t.oauth.verify(others.access_token, resource)).toBeDefined()
    const again = await tokensFor(t, { clientId: one.clientId, redirectUri })
    expect(await t.oauth.verify(again.access_token, resource)).toBeDefined()
  })

  it('is filtered by kind, state and name, page by page, without repeating one', async () => {
    const used = await diary()
    await tokensFor(t, { clientId: used.clientId, redirectUri })
    const ids = async (filter: Parameters<typeof t.oauth.clients.list>[0]) =>
      (await t.oauth.clients.list(filter)).clients.map(({ id }) => id)
    const manual = await ids({ registration: 'manual', limit: 100 })
    expect(manual).toContain(t.clients.ledger.clientId)
    expect(manual).not.toContain(used.clientId)
    expect(await ids({ text: 'DIAR', limit: 100 })).toContain(used.clientId)
    expect(await ids({ text: 'DIAR', limit: 100 })).not.toContain(t.clients.ledger.clientId)
    expect(await ids({ text: '%', limit: 100 })).toEqual([])
    expect(await ids({ state: 'approved', limit: 100 })).not.toContain(used.clientId)
    // Its tokens are a moment old.
    expect(await ids({ state: 'unused', limit: 100 })).not.toContain(used.clientId)
    expect(await ids({ state: 'unused', limit: 100 })).toContain(t.clients.ledger.clientId)

    const all = await ids({ limit: 200 })
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await t.oauth.clients.list({ limit: 2, after })
      seen.push(...page.clients.map(({ id }) => id))
      after = page.next ?? undefined
    } while (after !== undefined)
    expect(seen).toEqual(all)
    expect(new Set(seen).size).toBe(seen.length)
  })

  it('shows what waits: a client with a provisional grant', async () => {
    const asking = await startTestOAuth({ clientPolicy: 'ask' })
    const { body } = await asking.register({
      client_name: 'New',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
    })
    await tokensFor(asking, { clientId: body.client_id, redirectUri })
    const { clients } = await asking.oauth.clients.list({ state: 'waiting', limit: 10 })
    expect(clients).toMatchObject([
      { id: body.client_id, state: 'waiting', grants: { active: 0, provisional: 1, people: 1 } },
    ])
    await asking.close()
  })
})

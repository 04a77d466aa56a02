import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '#audit'
import { silentLog } from '#foundation'
import { jwksVerifier } from '#guard'
import { oauthMigrations } from '#oauth'
import { openStorage } from '#storage'
import { testClock } from '../support/clock.ts'
import { composeTestOAuth, issuer, resource, tokensFor } from '../support/oauth.ts'
import type { ComposedOAuth, Tokens } from '../support/oauth.ts'
import { postgresAvailable } from '../support/postgres.ts'
import { openTestStorage, sharedPostgres } from '../support/storage.ts'

const minute = 60_000
const ada = { kind: 'member' as const, id: 'mem_ada', name: 'Ada' }
const asked = { compromised: false }
const migrations = [...auditMigrations, ...oauthMigrations]

function kidOf({ access_token: token }: Tokens): string {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
}

const refreshed = async (t: ComposedOAuth, by: ComposedOAuth, { refresh_token }: Tokens): Promise<Tokens> => {
  const form = { grant_type: 'refresh_token', client_id: t.clients.notebook.clientId, refresh_token }
  const answer = await by.post('/oauth/token', form)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Tokens
}

/** Two authorization servers: on one PostgreSQL as replicas are, or, where there is none, on one embedded database. */
const kinds = postgresAvailable() ? (['server', 'embedded'] as const) : (['embedded'] as const)

describe.each(kinds)('O6 key rotation with tokens in flight, two servers on one %s database', (kind) => {
  const clock = testClock()
  let one: ComposedOAuth
  let two: ComposedOAuth
  beforeAll(async () => {
    if (kind === 'embedded') {
      const storage = await openTestStorage(migrations, { clock })
      one = await composeTestOAuth(storage, clock)
      two = await composeTestOAuth(storage, clock)
    } else {
      const databaseUrl = await (await sharedPostgres()).database()
      const open = () => openStorage({ config: { databaseUrl }, migrations, clock, log: silentLog })
      one = await composeTestOAuth(await open(), clock)
      two = await composeTestOAuth(await open(), clock)
    }
    await tokensFor(one)
    clock.advance(15 * minute)
  })
  afterAll(async () => {
    await one.oauth.close()
    await one.audit.close()
    await two.close()
    if (kind === 'server') await one.storage.close()
  })
  const good = (t: ComposedOAuth, tokens: Tokens) => t.oauth.verify(tokens.access_token, resource)
  /** Somebody else's resource server, whose key set was fetched before anything happened. */
  const elsewhere = () =>
    jwksVerifier({
      issuer,
      jwksUri: `${issuer}/oauth/jwks.json`,
      clock,
      fetch: async () => one.get('/oauth/jwks.json'),
    })

  it('every token stays good on both, new ones carry the new key, and a cached key set knows it (A23, A163)', async () => {
    const before = await tokensFor(one)
    const beforeToo = await tokensFor(two)
    const stranger = elsewhere()
    expect(await stranger.verify(before.access_token, resource)).toBeDefined()
    const old = kidOf(before)

    const [now] = (await one.oauth.keys.rotate(ada, asked)).filter(({ state }) => state === 'current')
    expect(now?.kid).not.toBe(old)
    await expect.poll(async () => kidOf(await tokensFor(two))).toBe(now?.kid)
    for (const t of [one, two]) {
      expect(await good(t, before)).toBeDefined()
      expect(await good(t, beforeToo)).toBeDefined()
      expect(await good(t, await refreshed(one, t, await tokensFor(one)))).toBeDefined()
    }
    const fresh = await refreshed(one, one, before)
    expect(kidOf(fresh)).toBe(now?.kid)
    // Its set is as old as before the rotation: the key was in it already.
    expect(await stranger.verify(fresh.access_token, resource)).toBeDefined()

    const { keys } = (await (await two.get('/oauth/jwks.json')).json()) as { keys: Record<string, string>[] }
    expect(keys.map(({ kid }) => kid)).toEqual(expect.arrayContaining([old, now?.kid]))
    expect(keys).toHaveLength(3)
    for (const key of keys) {
      expect(key).toMatchObject({ alg: 'ES256', use: 'sig', kty: 'EC', crv: 'P-256' })
      expect(key).not.toHaveProperty('d')
    }
  })

  it('a key that others had no time to learn doesn’t sign', async () => {
    const before = await one.oauth.keys.list()
    await expect(two.oauth.keys.rotate(ada, asked)).rejects.toMatchObject({ status: 409 })
    clock.advance(14 * minute)
    await expect(two.oauth.keys.rotate(ada, asked)).rejects.toThrow(/may sign from 2026-11-21T09:30/)
    expect(await one.oauth.keys.list()).toEqual(before)
    clock.advance(minute)
  })

  it('of many rotations at once, on both, one happens', async () => {
    const tries = await Promise.allSettled(
      Array.from({ length: 16 }, (_, n) => (n % 2 ? one : two).oauth.keys.rotate(ada, asked)),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const states = (await one.oauth.keys.list()).map(({ state }) => state)
    expect(states).toEqual(['next', 'current', 'retired', 'retired'])
  })

  it('who rotated what is in the record', async () => {
    const entries = await one.audit.list({ limit: 100 })
    const rotations = entries.filter(({ event }) => event === 'signing_key.rotated')
    expect(rotations).toHaveLength(2)
    expect(rotations[0]).toMatchObject({ outcome: 'ok', actor: ada, detail: { why: 'asked' } })
  })

  it('a retired key is published for a day, longer than anything it signed lives', async () => {
    const published = async () => {
      const { keys } = (await (await one.get('/oauth/jwks.json')).json()) as { keys: unknown[] }
      return keys.length
    }
    clock.advance(23 * 60 * minute)
    expect(await published()).toBe(4)
    clock.advance(60 * minute)
    expect(await published()).toBe(2)
    expect(await one.oauth.keys.list()).toHaveLength(2)
  })

  it('compromised keys are taken back at once: what they signed is refused on both, refresh tokens go on', async () => {
    const before = await tokensFor(one)
    expect(await good(one, before)).toBeDefined()
    expect(await good(two, before)).toBeDefined()
    const keys = await two.oauth.keys.rotate(ada, { compromised: true })
    expect(keys.map(({ state }) => state).toSorted()).toEqual(['current', 'next'])
    expect(keys.map(({ kid }) => kid)).not.toContain(kidOf(before))
    for (const t of [one, two]) await expect.poll(() => good(t, before), { timeout: 5000 }).toBeUndefined()
    const after = await refreshed(one, one, before)
    for (const t of [one, two]) expect(await good(t, after)).toBeDefined()
    expect(keys.map(({ kid }) => kid)).toContain(kidOf(after))
  })
})

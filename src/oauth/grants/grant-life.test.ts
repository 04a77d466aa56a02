import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isId } from '#foundation'
import { person, resource, startTestOAuth, tokensFor } from '../../../test/support/oauth.ts'
import type { TestOAuth, Tokens } from '../../../test/support/oauth.ts'
import { openOAuthStore } from '../store/open-store.ts'
import { endIdle } from './idle-ending.ts'

const day = 86_400_000
let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth({ grantIdleMs: 90 * day })
})
afterAll(() => t.close())

/** A grant of a person's own, so that no test sees another's. */
async function given(options: Parameters<typeof tokensFor>[1] = {}) {
  const who = person('Grace', false, t.clock)
  const tokens = await tokensFor(t, { who, ...options })
  const [view] = await t.oauth.grants.list(who.member)
  if (!isId('grt', view?.id)) throw new Error('no grant')
  return { who, tokens, id: view.id, by: { member: who.member, name: 'Grace', ip: '192.0.2.7' } }
}
const verify = ({ access_token }: Tokens) => t.oauth.verify(access_token, resource)
const refresh = ({ refresh_token }: Tokens) =>
  t.post('/oauth/token', {
    grant_type: 'refresh_token',
    client_id: t.clients.notebook.clientId,
    refresh_token,
  })

describe('a paused grant', () => {
  it('can do nothing until its person resumes it, and then all of it goes on', async () => {
    const { tokens, id, by } = await given()
    expect(await t.oauth.grants.pause(id, by)).toBe(true)
    expect(await t.oauth.grants.pause(id, by)).toBe(false)
    await expect(verify(tokens)).rejects.toMatchObject({ withheld: expect.stringContaining('paused') })
    const refused = await refresh(tokens)
    // Not invalid_grant: a client would forget a refresh token that will be good again.
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: 'temporarily_unavailable' }])
    expect((await t.oauth.grants.list(by.member))[0]).toMatchObject({ status: 'paused' })

    expect(await t.oauth.grants.resume(id, by)).toBe(true)
    expect(await t.oauth.grants.resume(id, by)).toBe(false)
    expect(await verify(tokens)).toBeDefined()
    expect((await refresh(tokens)).status).toBe(200)
    const events = (await t.audit.search({ grant: id }, { limit: 10 })).map(({ event }) => event)
    expect(events).toEqual(['token.refreshed', 'grant.resumed', 'grant.paused', 'grant.given'])
  })

  it('is nobody else’s to pause or to resume', async () => {
    const { tokens, id, by } = await given()
    const mallory = { member: person('Mallory', false, t.clock).member }
    expect(await t.oauth.grants.pause(id, mallory)).toBe(false)
    expect(await verify(tokens)).toBeDefined()
    await t.oauth.grants.pause(id, by)
    expect(await t.oauth.grants.resume(id, mallory)).toBe(false)
    expect(await t.oauth.grants.resume(id, { member: t.people.ada.member })).toBe(false)
    await expect(verify(tokens)).rejects.toThrow()
  })
})

describe('narrowing', () => {
  it('holds for tokens that are out already, and for what they are refreshed to', async () => {
    const { tokens, id, by } = await given()
    expect((await verify(tokens))?.scopes).toEqual(['crm:read', 'crm:write'])
    const view = await t.oauth.grants.narrow(id, by, { scopes: ['crm:read'], objects: ['company'] })
    expect(view).toMatchObject({ scopes: [{ scope: 'crm:read' }], limits: { objects: ['company'] } })
    expect(await verify(tokens)).toMatchObject({ scopes: ['crm:read'], details: { objects: ['company'] } })
    const refreshed = (await (await refresh(tokens)).json()) as Tokens
    expect(refreshed.scope).toBe('crm:read')
    expect((await verify(refreshed))?.scopes).toEqual(['crm:read'])
  })

  it('brings the end date forward', async () => {
    const { tokens, id, by } = await given()
    const until = new Date(t.clock.now().getTime() + 60_000).toISOString()
    expect((await t.oauth.grants.narrow(id, by, { until }))?.expiresAt).toBe(until)
    expect(await verify(tokens)).toBeDefined()
    t.clock.advance(60_001)
    expect(await verify(tokens)).toBeUndefined()
    expect((await refresh(tokens)).status).toBe(400)
    t.clock.advance(-60_001)
  })

  it.each([
    ['a scope it never had', { scopes: ['crm:read', 'crm:delete'] }],
    ['a scope taken away before', { scopes: ['crm:read', 'crm:write'] }],
    ['an object taken away before', { objects: ['company', 'person'] }],
    ['a later end', { until: new Date('2030-01-01T00:00:00Z').toISOString() }],
    ['an end that has passed', { until: new Date('2020-01-01T00:00:00Z').toISOString() }],
    ['an object that there isn’t', { objects: ['secret'] }],
  ])('never widens: %s', async (_what, to) => {
    const { id, by } = await given({ decision: { scopes: ['crm:read'], objects: ['company'], days: 7 } })
    const before = await t.oauth.grants.list(by.member)
    await expect(t.oauth.grants.narrow(id, by, to)).rejects.toMatchObject({ code: 'invalid_request' })
    expect(await t.oauth.grants.list(by.member)).toEqual(before)
  })

  it('is nobody else’s to do, and two at once both hold', async () => {
    const { tokens, id, by } = await given()
    expect(
      await t.oauth.grants.narrow(id, { member: t.people.ada.member }, { scopes: ['crm:read'] }),
    ).toBeNull()
    await Promise.all([
      t.oauth.grants.narrow(id, by, { scopes: ['crm:read'] }),
      t.oauth.grants.narrow(id, by, { objects: ['person'] }),
    ])
    expect(await verify(tokens)).toMatchObject({ scopes: ['crm:read'], details: { objects: ['person'] } })
  })
})

describe('an unused grant', () => {
  it('ends after the idle time, and one that is used doesn’t', async () => {
    const own = await startTestOAuth({ grantIdleMs: 10 * day })
    const tokens = await tokensFor(own)
    const other = await tokensFor(own)
    own.clock.advance(6 * day)
    const again = await own.post('/oauth/token', {
      grant_type: 'refresh_token',
      client_id: own.clients.notebook.clientId,
      refresh_token: other.refresh_token,
    })
    const { access_token, refresh_token } = (await again.json()) as Tokens
    own.clock.advance(5 * day)
    const asked = (token: string) =>
      own.post('/oauth/token', {
        grant_type: 'refresh_token',
        client_id: own.clients.notebook.clientId,
        refresh_token: token,
      })
    // Refused at once, before anybody swept.
    expect((await asked(tokens.refresh_token)).status).toBe(400)
    expect(await own.oauth.verify(access_token, resource)).toBeUndefined()
    const store = openOAuthStore(own.storage, own.audit)
    expect(await endIdle({ store: store.grants, idleMs: 10 * day, clock: own.clock })).toBe(1)
    const views = await own.oauth.grants.list(own.people.grace.member)
    expect(views.map(({ status, endedReason }) => [status, endedReason]).toSorted()).toEqual([
      ['active', null],
      ['ended', 'Nobody used it for 10 days.'],
    ])
    expect((await asked(refresh_token)).status).toBe(200)
    store.close()
    await own.close()
  })

  it('that another replica saw used is not idle, whatever this one remembers', async () => {
    const own = await startTestOAuth({ grantIdleMs: 10 * day })
    const { access_token, refresh_token } = await tokensFor(own)
    expect(await own.oauth.verify(access_token, resource)).toBeDefined()
    const [view] = await own.oauth.grants.list(own.people.grace.member)
    own.clock.advance(11 * day)
    const other = openOAuthStore(own.storage, own.audit)
    await other.grants.touch([{ id: view?.id ?? '', ip: null, tool: null }], own.clock.now())
    const again = await own.post('/oauth/token', {
      grant_type: 'refresh_token',
      client_id: own.clients.notebook.clientId,
      refresh_token,
    })
    expect(again.status).toBe(200)
    other.close()
    await own.close()
  })
})

describe('the emergency stop', () => {
  const ada = () => ({ member: t.people.ada.member, name: 'Ada', ip: '192.0.2.1' })

  it('refuses every agent in words, also at the token endpoint, until it is lifted; grants stay', async () => {
    const { tokens } = await given()
    const stop = { reason: 'A prompt went round', endGrants: false }
    expect(await t.oauth.stops.stop(stop, ada())).toEqual({ stopped: true, ended: 0 })
    expect(await t.oauth.stops.stop(stop, ada())).toEqual({ stopped: false, ended: 0 })
    await expect(verify(tokens)).rejects.toMatchObject({
      withheld: expect.stringContaining('stopped all agents'),
    })
    const refused = await refresh(tokens)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '60'])
    expect(await t.oauth.stops.list()).toMatchObject([
      { client: null, reason: 'A prompt went round', by: 'Ada' },
    ])

    expect(await t.oauth.stops.lift(null, ada())).toBe(true)
    expect(await t.oauth.stops.lift(null, ada())).toBe(false)
    expect(await verify(tokens)).toBeDefined()
    expect((await refresh(tokens)).status).toBe(200)
    const events = await t.audit.search({ event: 'agents' }, { limit: 2 })
    expect(events).toMatchObject([
      { event: 'agents.released' },
      { event: 'agents.stopped', actor: { name: 'Ada' } },
    ])
  })

  it('of one app stops that one, and no other', async () => {
    const { tokens } = await given()
    const { clientId, clientSecret } = t.clients.ledger
    await t.oauth.stops.stop({ client: clientId, reason: 'odd', endGrants: false }, ada())
    expect(await verify(tokens)).toBeDefined()
    const asked = await t.post('/oauth/token', {
      grant_type: 'refresh_token',
      client_id: clientId,
      client_secret: clientSecret ?? '',
      refresh_token: 'x',
    })
    expect(asked.status).toBe(503)
    await t.oauth.stops.stop({ client: t.clients.notebook.clientId, reason: 'odd', endGrants: false }, ada())
    const [entry] = await t.audit.search({ event: 'client.stopped' }, { limit: 1 })
    expect(entry?.subject).toMatchObject({ kind: 'client', name: 'Notebook' })
    await expect(verify(tokens)).rejects.toMatchObject({
      withheld: expect.stringContaining('stopped this app'),
    })
    await t.oauth.stops.lift(clientId, ada())
    await t.oauth.stops.lift(t.clients.notebook.clientId, ada())
    expect(await verify(tokens)).toBeDefined()
  })

  it('ends the grants too when asked, of that app alone', async () => {
    const { tokens } = await given()
    const { clientId } = t.clients.mallory
    expect(
      (await t.oauth.stops.stop({ client: clientId, reason: 'evil', endGrants: true }, ada())).ended,
    ).toBe(0)
    expect(await verify(tokens)).toBeDefined()
    await t.oauth.stops.lift(clientId, ada())
    const { ended } = await t.oauth.stops.stop({ reason: 'all of it', endGrants: true }, ada())
    expect(ended).toBeGreaterThan(0)
    await t.oauth.stops.lift(null, ada())
    expect(await verify(tokens)).toBeUndefined()
    expect((await refresh(tokens)).status).toBe(400)
  })
})

describe('an administrator', () => {
  it('finds grants by person, app, kind, state and name, page by page', async () => {
    const { by, id, who } = await given()
    await tokensFor(t, { who })
    const first = await t.oauth.grants.search({ member: by.member, limit: 1 })
    expect([first.total, first.grants.length]).toEqual([2, 1])
    const second = await t.oauth.grants.search({ member: by.member, limit: 1, after: first.next ?? '' })
    expect(second.next).toBeNull()
    expect([first.grants[0]?.id, second.grants[0]?.id]).toContain(id)
    await t.oauth.grants.pause(id, by)
    const of = async (filter: object) =>
      (await t.oauth.grants.search({ member: by.member, limit: 10, ...filter })).grants.map((g) => g.id)
    expect(await of({ state: 'paused' })).toEqual([id])
    expect(await of({ state: 'active' })).not.toContain(id)
    expect(await of({ state: 'ended' })).toEqual([])
    expect(await of({ text: 'noteb' })).toHaveLength(2)
    expect(await of({ text: '%' })).toEqual([])
    expect(await of({ client: t.clients.notebook.clientId, kind: 'authorization_code' })).toHaveLength(2)
    expect(await of({ kind: 'device_code' })).toEqual([])
  })

  it('ends many at once, and no one else’s', async () => {
    const [one, two, other] = [await given(), await given(), await given()]
    const ada = { member: t.people.ada.member, name: 'Ada' }
    expect(await t.oauth.grants.endMany({ ids: [one.id, two.id] }, ada, 'tidied up')).toBe(2)
    for (const { tokens } of [one, two]) expect(await verify(tokens)).toBeUndefined()
    expect(await verify(other.tokens)).toBeDefined()
    expect(await t.oauth.grants.endMany({ member: other.by.member }, ada, 'left')).toBe(1)
    expect(await verify(other.tokens)).toBeUndefined()
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RecentMap, isId, newId } from '#foundation'
import type { GrantId } from '#foundation'
import { otherResource, person, resource, startTestOAuth, tokensFor } from '../../../test/support/oauth.ts'
import type { TestOAuth } from '../../../test/support/oauth.ts'
import { openOAuthStore } from '../store/open-store.ts'
import { createLiveGrants } from './live-grants.ts'
import type { Grant } from './grant.ts'

let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth()
})
afterAll(() => t.close())

describe('grants', () => {
  it('a person sees her own grants and not someone else’s', async () => {
    const [ada, grace] = [person('Ada', true, t.clock), person('Grace', false, t.clock)]
    await tokensFor(t, { who: ada })
    await tokensFor(t, { who: grace, decision: { scopes: ['crm:read'], objects: ['company'], days: 2 } })
    const graces = await t.oauth.grants.list(grace.member)
    expect(graces).toMatchObject([
      {
        client: { name: 'Notebook', verifiedDomain: null, registration: 'manual' },
        redirectHost: 'notebook.example',
        scopes: [{ scope: 'crm:read', words: 'See records and their history' }],
        limits: { objects: ['company'] },
        status: 'active',
        endedAt: null,
      },
    ])
    expect(graces[0]?.expiresAt).toBe(new Date(t.clock.now().getTime() + 2 * 86_400_000).toISOString())
    expect(await t.oauth.grants.list(ada.member)).toHaveLength(1)
    expect((await t.oauth.grants.list(null)).length).toBeGreaterThanOrEqual(2)
  })

  it('the limits reach whoever verifies', async () => {
    const tokens = await tokensFor(t, { decision: { objects: ['company'] } })
    expect((await t.oauth.verify(tokens.access_token, resource))?.details).toEqual({ objects: ['company'] })
  })

  it('a grant past its last day is listed as ended, and says why', async () => {
    const who = person('Grace', false, t.clock)
    await tokensFor(t, { who, decision: { days: 1 } })
    t.clock.advance(86_400_000)
    expect(await t.oauth.grants.list(who.member)).toMatchObject([
      { status: 'ended', endedReason: 'It reached its end date.', endedAt: t.clock.now().toISOString() },
    ])
  })

  it('an administrator ends anybody’s, and all of one person’s at once, and no one else’s', async () => {
    const [who, other] = [person('Grace', false, t.clock), person('Linus', false, t.clock)]
    const tokens = [await tokensFor(t, { who }), await tokensFor(t, { who }), await tokensFor(t, { who })]
    const others = await tokensFor(t, { who: other })
    const [first] = await t.oauth.grants.list(who.member)
    if (!isId('grt', first?.id)) throw new Error('no grant')
    const by = { member: t.people.ada.member, administrator: true }
    expect(await t.oauth.grants.end(first.id, by, 'no longer needed')).toBe(true)
    expect(await t.oauth.grants.end(first.id, by, 'twice')).toBe(false)
    expect(await t.oauth.grants.endAllOf(who.member, 'left the company')).toBe(2)
    for (const { access_token } of tokens)
      expect(await t.oauth.verify(access_token, resource)).toBeUndefined()
    expect(await t.oauth.verify(others.access_token, resource)).toBeDefined()
    const reasons = (await t.oauth.grants.list(who.member)).map(({ endedReason }) => endedReason)
    expect(reasons.toSorted()).toEqual(['left the company', 'left the company', 'no longer needed'])
    expect((await t.audit.list({ limit: 3 })).map(({ event }) => event)).toEqual(Array(3).fill('grant.ended'))
  })

  it('tells when it was last used', async () => {
    const own = await startTestOAuth()
    const who = own.people.grace
    const { access_token } = await tokensFor(own)
    own.clock.advance(60_000)
    await own.oauth.verify(access_token, resource)
    // A call costs no write: it is written down before somebody looks, and now and then.
    const store = openOAuthStore(own.storage, own.audit)
    expect((await store.grants.list(who.member, 1))[0]?.lastUsedAt).toBeNull()
    expect((await own.oauth.grants.list(who.member))[0]?.lastUsedAt).toBe(own.clock.now().toISOString())
    store.close()
    await own.close()
  })
})

describe('verification', () => {
  it('holds for the token’s own audience alone', async () => {
    const { access_token } = await tokensFor(t)
    expect(await t.oauth.verify(access_token, otherResource)).toBeUndefined()
    expect(await t.oauth.verify(access_token, resource)).toBeDefined()
    expect(await t.oauth.verify(access_token, otherResource)).toBeUndefined()
    expect(await t.oauth.verify(access_token, `${resource}/`)).toBeUndefined()
  })

  it('ends with the token, give or take the clocks of replicas', async () => {
    const { access_token } = await tokensFor(t)
    t.clock.advance(599_000)
    expect(await t.oauth.verify(access_token, resource)).toBeDefined()
    t.clock.advance(6_000)
    expect(await t.oauth.verify(access_token, resource)).toBeUndefined()
  })

  it('a token from the future is refused', async () => {
    const { access_token } = await tokensFor(t)
    t.clock.advance(-120_000)
    expect(await t.oauth.verify(access_token, resource)).toBeUndefined()
    t.clock.advance(120_000)
    expect(await t.oauth.verify(access_token, resource)).toBeDefined()
  })
})

describe('grants in memory', () => {
  const id = newId('grt')
  const grant = { id, parent: null, status: 'active', createdAt: new Date(0), lastUsedAt: null } as Grant
  const fake = () => {
    const listeners = new Map<string, (payload: Record<string, string>) => void>()
    const gaps: (() => void)[] = []
    return {
      events: {
        subscribe: (topic: string, listener: (payload: Record<string, string>) => void) => {
          listeners.set(topic, listener)
          return () => undefined
        },
        onGap: (listener: () => void) => (gaps.push(listener), () => undefined),
      },
      tell: (topic: string, of: GrantId) => listeners.get(topic)?.({ grant: of }),
      gap: () => gaps.forEach((listener) => listener()),
    }
  }

  it('are dropped for everybody who holds them, by an ending, a change or a gap', async () => {
    const { events, tell, gap } = fake()
    const live = createLiveGrants({ find: async () => grant }, events)
    for (const drop of [() => tell('grant.ended', id), () => tell('grant.changed', id), gap]) {
      const held = await live.find(id)
      expect(await live.find(id)).toBe(held)
      tell('grant.ended', newId('grt'))
      expect(held?.current).toBe(true)
      drop()
      expect(held?.current).toBe(false)
      expect(await live.find(id)).not.toBe(held)
    }
  })

  it('one read while news came is not kept', async () => {
    const { events, tell } = fake()
    const live = createLiveGrants(
      {
        async find() {
          tell('grant.ended', id)
          return grant
        },
      },
      events,
    )
    const read = await live.find(id)
    expect(read?.current).toBe(false)
    expect(await live.find(id)).not.toBe(read)
  })

  it('X4 hang from a line that is followed so far and no further; what happens above happens below', async () => {
    const { events, tell } = fake()
    const ids = Array.from({ length: 12 }, () => newId('grt'))
    const live = createLiveGrants(
      { find: async (asked) => ({ ...grant, id: asked, parent: ids[ids.indexOf(asked) + 1] ?? null }) },
      events,
    )
    const [near, far] = [ids[6], ids[0]]
    if (!near || !far) throw new Error('no ids')
    expect(await live.find(far)).toBeUndefined()
    const held = await live.find(near)
    expect(held?.parent?.grant.id).toBe(ids[7])
    tell('grant.changed', ids[11] ?? near)
    expect(held?.current).toBe(false)
    const again = await live.find(near)
    expect(again).not.toBe(held)
    expect(await live.findAnew(near)).not.toBe(again)
  })

  it('are bounded, and those that leave are no longer current', () => {
    const left: number[] = []
    const map = new RecentMap<string, number>(2, (value) => left.push(value))
    for (const [index, key] of ['a', 'b', 'c', 'd'].entries()) map.set(key, index)
    expect(map.get('a')).toBe(0)
    map.set('e', 4)
    expect(left).toEqual([1])
    expect([map.get('b'), map.get('a')]).toEqual([undefined, 0])
    map.delete('a')
    map.clear()
    expect(left.toSorted()).toEqual([0, 1, 2, 3, 4])
  })
})

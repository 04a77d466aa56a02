import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '#audit'
import { epochSeconds, isId } from '#foundation'
import type { GrantId } from '#foundation'
import { oauthMigrations } from '#oauth'
import { sql } from '#storage'
import { testClock } from '../support/clock.ts'
import { accessTokenType, allowExchange, connected, exchange, exchanger } from '../support/exchange.ts'
import type { Confidential } from '../support/exchange.ts'
import {
  basic,
  codeFor,
  composeTestOAuth,
  issuer,
  otherResource,
  resource,
  startTestOAuth,
  tokensFor,
} from '../support/oauth.ts'
import type { ComposedOAuth, TestOAuth, Tokens } from '../support/oauth.ts'
import { proofKey } from '../support/proofs.ts'
import { postgresAvailable } from '../support/postgres.ts'
import { openTestStorage } from '../support/storage.ts'

let t: TestOAuth
/** Planner may exchange what other apps were given for `/mcp`; Stranger may not. */
let planner: Confidential
let stranger: Confidential
beforeAll(async () => {
  t = await startTestOAuth()
  planner = await exchanger(t, 'Planner')
  stranger = await exchanger(t, 'Stranger')
  await allowExchange(t, planner, resource)
})
afterAll(() => t.close())

type Exchanged = Tokens & { issued_token_type: string }
const errorOf = async (response: Response) => ((await response.json()) as { error: string }).error
const tokensOf = async (response: Response) => {
  const body = (await response.json()) as Exchanged
  if (response.status !== 200) throw new Error(`not exchanged: ${JSON.stringify(body)}`)
  return body
}
const grantOf = async (own: ComposedOAuth, token: string): Promise<GrantId> => {
  const id = (await own.oauth.verify(token, resource))?.grantId
  if (!isId('grt', id)) throw new Error('the token is not good')
  return id
}
const administrator = (own: ComposedOAuth) => ({ member: own.people.ada.member, administrator: true })

describe('token exchange', () => {
  it('gives a narrower token for the same person, which says who acts (RFC 8693 §2.2, §4.1)', async () => {
    const tokens = await tokensFor(t, { decision: { objects: ['company'] } })
    const answer = await exchange(t, planner, tokens.access_token, { scope: 'crm:read' })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const given = await tokensOf(answer)
    expect(given).toEqual({
      access_token: expect.any(String),
      issued_token_type: accessTokenType,
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'crm:read',
    })
    expect(await t.oauth.verify(given.access_token, resource)).toMatchObject({
      subject: t.people.grace.member,
      resourceOwner: t.people.grace.member,
      clientId: planner.clientId,
      scopes: ['crm:read'],
      details: { objects: ['company'] },
      act: { sub: planner.clientId },
    })
    const [id, parent] = [await grantOf(t, given.access_token), await grantOf(t, tokens.access_token)]
    expect(await t.oauth.grants.list(t.people.grace.member)).toContainEqual(
      expect.objectContaining({ id, parent, kind: 'token_exchange' }),
    )
    expect(await t.audit.list({ limit: 10 })).toContainEqual(
      expect.objectContaining({
        event: 'grant.given',
        detail: expect.objectContaining({ grant_type: 'token_exchange', parent, scope: 'crm:read' }),
      }),
    )
  })

  it('a client narrows its own token without anybody’s word, and stays the one that acts', async () => {
    const tokens = await connected(t, stranger)
    const given = await tokensOf(await exchange(t, stranger, tokens.access_token, { scope: 'crm:read' }))
    expect(await t.oauth.verify(given.access_token, resource)).toMatchObject({
      clientId: stranger.clientId,
      scopes: ['crm:read'],
      act: null,
    })
  })

  it('lives no second longer than the token it came from', async () => {
    const tokens = await tokensFor(t)
    t.clock.advance(590_000)
    const given = await tokensOf(await exchange(t, planner, tokens.access_token))
    expect(given.expires_in).toBe(10)
    t.clock.advance(10_000)
    expect(await errorOf(await exchange(t, planner, tokens.access_token))).toBe('invalid_request')
    expect(await errorOf(await exchange(t, planner, given.access_token))).toBe('invalid_request')
  })

  it('while its person pauses it, its token is exchanged for nothing, and nobody forgets it', async () => {
    const { access_token: token } = await tokensFor(t)
    const [id, hers] = [await grantOf(t, token), { member: t.people.grace.member }]
    expect(await t.oauth.grants.pause(id, hers)).toBe(true)
    const paused = await exchange(t, planner, token)
    expect([paused.status, await errorOf(paused)]).toEqual([503, 'temporarily_unavailable'])
    expect(await t.oauth.grants.resume(id, hers)).toBe(true)
    expect((await exchange(t, planner, token)).status).toBe(200)
  })

  it('the same exchange again finds the same grant, however many at once', async () => {
    const tokens = await tokensFor(t)
    const answers = await Promise.all(
      Array.from({ length: 32 }, () => exchange(t, planner, tokens.access_token)),
    )
    const grants = new Set<string>()
    for (const answer of answers) grants.add(await grantOf(t, (await tokensOf(answer)).access_token))
    expect(grants.size).toBe(1)
  })
})

describe('X1 whose token', () => {
  it('X1 another client’s token is none, unless an administrator said so for its resource', async () => {
    const tokens = await tokensFor(t)
    const refused = await exchange(t, stranger, tokens.access_token)
    expect([refused.status, await errorOf(refused)]).toEqual([400, 'invalid_request'])
    const elsewhere = await tokensFor(t, { more: { resource: otherResource } })
    expect(await errorOf(await exchange(t, planner, elsewhere.access_token))).toBe('invalid_request')
    await allowExchange(t, planner)
    expect(await errorOf(await exchange(t, planner, tokens.access_token))).toBe('invalid_request')
    await allowExchange(t, planner, resource)
    expect((await exchange(t, planner, tokens.access_token)).status).toBe(200)
  })

  it('X1 a client that may not exchange, and one that nobody can check, get nothing', async () => {
    const tokens = await tokensFor(t)
    expect(await errorOf(await exchange(t, t.clients.ledger, tokens.access_token))).toBe(
      'unauthorized_client',
    )
    const form = { subject_token: tokens.access_token, subject_token_type: accessTokenType }
    const anyone = await t.post('/oauth/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      client_id: planner.clientId,
      ...form,
    })
    expect([anyone.status, await errorOf(anyone)]).toEqual([401, 'invalid_client'])
  })

  it('X1 forged, ended and other kinds of tokens are refused, in the record too', async () => {
    const tokens = await tokensFor(t)
    const [head, body, signature = ''] = tokens.access_token.split('.')
    const forged = `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    for (const token of [forged, tokens.refresh_token, '', 'none']) {
      expect(await errorOf(await exchange(t, planner, token))).toBe('invalid_request')
    }
    for (const form of [
      { subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      { actor_token: tokens.access_token, actor_token_type: accessTokenType },
    ]) {
      expect(await errorOf(await exchange(t, planner, tokens.access_token, form))).toBe('invalid_request')
    }
    await t.oauth.grants.end(await grantOf(t, tokens.access_token), administrator(t), 'over')
    expect(await errorOf(await exchange(t, planner, tokens.access_token))).toBe('invalid_request')
    const refusals = (await t.audit.list({ limit: 20 })).filter(({ event }) => event === 'token.refused')
    expect(refusals.length).toBeGreaterThanOrEqual(8)
    expect(refusals[0]).toMatchObject({ actor: { id: planner.clientId }, outcome: 'refused' })
  })

  it('X1 a bound token is exchanged by who holds its key, never into a free one (RFC 9449 §5)', async () => {
    const [key, other] = [await proofKey(), await proofKey()]
    const prove = async (by: typeof key) => ({
      dpop: await by.prove({ url: `${issuer}/oauth/token`, now: epochSeconds(t.clock.now()) }),
    })
    const { code, verifier } = await codeFor(t)
    const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
    const sent = { ...form, client_id: t.clients.notebook.clientId }
    const { access_token: token } = await tokensOf(await t.post('/oauth/token', sent, await prove(key)))
    expect(await errorOf(await exchange(t, planner, token))).toBe('invalid_request')
    expect(await errorOf(await exchange(t, planner, token, {}, await prove(other)))).toBe('invalid_request')
    const given = await tokensOf(await exchange(t, planner, token, {}, await prove(key)))
    expect(given.token_type).toBe('DPoP')
    expect((await t.oauth.verify(given.access_token, resource))?.boundTo).toBe(key.jkt)
  })

  it('X1 a client’s own token (client_credentials) stands for nobody who could be acted for', async () => {
    const robot = await t.oauth.clients.create({
      name: 'Robot',
      redirectUris: [],
      confidential: true,
      grantTypes: ['client_credentials'],
      owner: t.people.grace.member,
    })
    const own = await t.post('/oauth/token', { grant_type: 'client_credentials' }, basic(robot))
    const { access_token: token } = await tokensOf(own)
    expect(await errorOf(await exchange(t, planner, token))).toBe('invalid_request')
  })
})

describe('X2 only ever narrower', () => {
  it('X2 no scope that the token lacks, though its grant has it', async () => {
    const tokens = await connected(t, planner, { more: { scope: 'crm:read crm:write' } })
    const narrow = await tokensOf(await exchange(t, planner, tokens.access_token, { scope: 'crm:read' }))
    for (const scope of ['crm:write', 'crm:read crm:write', 'crm:delete', 'made:up']) {
      expect(await errorOf(await exchange(t, planner, narrow.access_token, { scope }))).toBe('invalid_scope')
    }
    const capped = await exchanger(t, 'Capped', ['crm:read'])
    await allowExchange(t, capped, resource)
    expect((await tokensOf(await exchange(t, capped, tokens.access_token))).scope).toBe('crm:read')
    const wants = { scope: 'crm:write' }
    expect(await errorOf(await exchange(t, capped, tokens.access_token, wants))).toBe('invalid_scope')
  })

  it('X2 who the person is isn’t passed on: she told the app that asked her', async () => {
    const tokens = await tokensFor(t, { more: { scope: 'openid email crm:read' } })
    expect(tokens.scope).toBe('openid email crm:read')
    expect((await tokensOf(await exchange(t, planner, tokens.access_token))).scope).toBe('crm:read')
    const wants = { scope: 'openid' }
    expect(await errorOf(await exchange(t, planner, tokens.access_token, wants))).toBe('invalid_scope')
  })

  it('X2 no other resource, by whichever name it is asked for (RFC 8693 §2.2.2)', async () => {
    await allowExchange(t, planner, resource, otherResource)
    const { access_token: token } = await tokensFor(t)
    for (const form of [
      { resource: otherResource },
      { audience: otherResource },
      { resource, audience: otherResource },
      { resource: 'https://elsewhere.example/mcp' },
    ]) {
      expect(await errorOf(await exchange(t, planner, token, form))).toBe('invalid_target')
    }
    expect((await exchange(t, planner, token, { resource, audience: resource })).status).toBe(200)
    await allowExchange(t, planner, resource)
  })
})

describe('X4 chains', () => {
  it('X4 names every actor, the newest outermost, and ends after four exchanges (RFC 8693 §4.1)', async () => {
    let { access_token: token } = await tokensFor(t)
    const line: Confidential[] = []
    for (const name of ['One', 'Two', 'Three', 'Four', 'Five']) {
      const client = await exchanger(t, name)
      await allowExchange(t, client, resource)
      line.push(client)
    }
    const last = line.pop()
    if (!last) throw new Error('nobody')
    for (const client of line) token = (await tokensOf(await exchange(t, client, token))).access_token
    const ids = line.map(({ clientId }) => clientId)
    expect(decodeJwt(token)['act']).toEqual({
      sub: ids[3],
      act: { sub: ids[2], act: { sub: ids[1], act: { sub: ids[0] } } },
    })
    expect(await errorOf(await exchange(t, last, token))).toBe('invalid_request')
  })

  it('X4 narrowing one’s own token again and again ends there too', async () => {
    let { access_token: token } = await connected(t, stranger)
    for (let n = 0; n < 4; n++) token = (await tokensOf(await exchange(t, stranger, token))).access_token
    expect(await errorOf(await exchange(t, stranger, token))).toBe('invalid_request')
  })

  it('ending any link ends all behind it, and nothing before it', async () => {
    const { access_token: first } = await tokensFor(t)
    const second = await tokensOf(await exchange(t, planner, first))
    const tail = await exchanger(t, 'Tail')
    await allowExchange(t, tail, resource)
    const third = await tokensOf(await exchange(t, tail, second.access_token))
    await t.oauth.grants.end(await grantOf(t, second.access_token), administrator(t), 'over')
    expect(await t.oauth.verify(first, resource)).toBeDefined()
    expect(await t.oauth.verify(second.access_token, resource)).toBeUndefined()
    expect(await t.oauth.verify(third.access_token, resource)).toBeUndefined()
    // What a person ended isn't made again by the next request.
    expect(await errorOf(await exchange(t, planner, first))).toBe('invalid_request')
    expect(await errorOf(await exchange(t, planner, first, { scope: 'crm:read' }))).toBe('invalid_request')
  })
})

describe.each(['embedded', 'server'] as const)('ending while exchanging, %s', (driver) => {
  it.skipIf(driver === 'server' && !postgresAvailable())(
    'leaves no live grant below an ended one, two levels deep',
    async () => {
      const clock = testClock()
      const storage = await openTestStorage([...auditMigrations, ...oauthMigrations], { clock, driver })
      const own = await composeTestOAuth(storage, clock)
      const clients = await Promise.all(['A', 'B', 'C', 'D'].map((name) => exchanger(own, name)))
      for (const client of clients) await allowExchange(own, client, resource)
      const [middle] = clients
      if (!middle) throw new Error('nobody')
      for (let round = 0; round < 8; round++) {
        const { access_token: root } = await tokensFor(own)
        const child = await tokensOf(await exchange(own, middle, root))
        const id = await grantOf(own, root)
        const [ended] = await Promise.all([
          own.oauth.grants.end(id, administrator(own), 'now'),
          ...clients.flatMap((client) => [
            exchange(own, client, root, { scope: 'crm:read' }),
            exchange(own, client, child.access_token),
          ]),
        ])
        expect(ended).toBe(true)
        const { rows } = await sql`
          with recursive family as (
            select id, status from oauth_grant where id = ${id}
            union select g.id, g.status from oauth_grant g join family on g.parent = family.id
          ) select id from family where status <> 'ended'`.execute(storage.db<never>())
        expect(rows).toEqual([])
      }
      await own.close()
    },
    60_000,
  )
})

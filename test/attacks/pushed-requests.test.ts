import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { epochSeconds } from '#foundation'
import { sql } from '#storage'
import { openOAuthStore } from '../../src/oauth/store/open-store.ts'
import { asserted, assertionKey } from '../support/assertions.ts'
import {
  basic,
  interactionOf,
  issuer,
  ledgerRedirect,
  notebookRedirect,
  pkce,
  resource,
  startTestOAuth,
} from '../support/oauth.ts'
import type { TestOAuth, Tokens } from '../support/oauth.ts'
import { proofKey } from '../support/proofs.ts'

let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth()
})
afterAll(() => t.close())

const { verifier, challenge } = pkce()
const request = (more: Record<string, string> = {}) => ({
  response_type: 'code',
  redirect_uri: ledgerRedirect,
  code_challenge: challenge,
  code_challenge_method: 'S256',
  state: 'the client’s own',
  scope: 'crm:read',
  resource,
  ...more,
})
const push = (form: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  t.post('/oauth/par', request(form), { ...basic(t.clients.ledger), ...headers })
const pushed = async (form: Record<string, string> = {}) => {
  const answer = await push(form)
  expect(answer.status).toBe(201)
  return ((await answer.json()) as { request_uri: string }).request_uri
}
const errorOf = async (response: Response) => [
  response.status,
  ((await response.json()) as { error: string }).error,
]
const ledger = () => t.clients.ledger.clientId
const openedBy = (browser: ReturnType<TestOAuth['browser']>, request_uri: string, client_id = ledger()) =>
  browser.open({ client_id, request_uri })
const redeem = (code: string | null, headers: Record<string, string> = {}) =>
  t.post(
    '/oauth/token',
    { grant_type: 'authorization_code', code: code ?? '', code_verifier: verifier },
    { ...basic(t.clients.ledger), ...headers },
  )

describe('pushed authorization requests (RFC 9126)', () => {
  it('A176 a pushed request gets a name that lives shortly and isn’t cached', async () => {
    const answer = await push()
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store'])
    const { request_uri, expires_in, ...rest } = (await answer.json()) as Record<string, unknown>
    expect(request_uri).toMatch(/^urn:ietf:params:oauth:request_uri:tnd_par_[A-Za-z0-9_-]{43}$/)
    expect(expires_in).toBe(90)
    expect(rest).toEqual({})
  })

  it('the browser carries the name alone; the answer has what was pushed', async () => {
    const browser = t.browser(t.people.grace)
    const opened = await openedBy(browser, await pushed())
    const id = interactionOf(opened)
    expect((await browser.view(id)).scopes.map(({ scope }) => scope)).toEqual(['crm:read'])
    const answer = await browser.answer(id, {})
    expect(answer.href.startsWith(ledgerRedirect)).toBe(true)
    expect([answer.searchParams.get('state'), answer.searchParams.get('iss')]).toEqual([
      'the client’s own',
      issuer,
    ])
    expect((await redeem(answer.searchParams.get('code'))).status).toBe(200)
  })

  it('A20 is named in discovery', async () => {
    const document = (await (await t.get('/.well-known/oauth-authorization-server')).json()) as object
    expect(document).toMatchObject({ pushed_authorization_request_endpoint: `${issuer}/oauth/par` })
    expect(document).not.toHaveProperty('require_pushed_authorization_requests')
  })

  it('A178 POST and a bounded form only', async () => {
    expect((await t.get('/oauth/par')).status).toBe(405)
    expect((await push({ state: 'x'.repeat(70_000) })).status).toBe(413)
    // What nobody reads is kept all the same: less of it.
    expect((await push({ unknown: 'x'.repeat(17_000) })).status).toBe(413)
    expect((await push({ unknown: 'x'.repeat(15_000) })).status).toBe(201)
  })

  it('RFC 9126 §4: other parameters beside the name don’t count', async () => {
    const browser = t.browser(t.people.grace)
    const request_uri = await pushed()
    const opened = await browser.open({
      client_id: ledger(),
      request_uri,
      redirect_uri: 'https://mallory.example/callback',
      scope: 'crm:delete',
      state: 'mallory',
      code_challenge: 'A'.repeat(43),
    })
    const id = interactionOf(opened)
    const view = await browser.view(id)
    expect([view.redirect?.host, view.scopes.map(({ scope }) => scope)]).toEqual([
      'ledger.example',
      ['crm:read'],
    ])
    expect((await browser.answer(id, {})).searchParams.get('state')).toBe('the client’s own')
  })
})

describe('A174: who pushes, and what', () => {
  it('A174 the client authenticates as at the token endpoint', async () => {
    const bare = { ...request(), client_id: ledger() }
    expect(await errorOf(await t.post('/oauth/par', bare))).toEqual([401, 'invalid_client'])
    const wrong = basic({ clientId: ledger(), clientSecret: 'wrong' })
    expect(await errorOf(await t.post('/oauth/par', request(), wrong))).toEqual([401, 'invalid_client'])
    const notebook = {
      ...request({ redirect_uri: notebookRedirect }),
      client_id: t.clients.notebook.clientId,
    }
    expect((await t.post('/oauth/par', notebook)).status).toBe(201)
    expect(await errorOf(await push({ client_id: t.clients.notebook.clientId }))).toEqual([
      400,
      'invalid_request',
    ])
  })

  it('a metadata document’s client comes here first, with an assertion for this endpoint (§2)', async () => {
    const key = await assertionKey('RS256')
    const chat = 'https://chat.example/oauth/client.json'
    const redirect_uri = 'https://chat.example/callback'
    t.publish(chat, {
      client_name: 'Chat',
      redirect_uris: [redirect_uri],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
    })
    const now = epochSeconds(t.clock.now())
    for (const aud of [issuer, `${issuer}/oauth/token`, `${issuer}/oauth/par`]) {
      const assertion = await key.sign(now, { iss: chat, sub: chat, aud })
      const answer = await t.post('/oauth/par', { ...request({ redirect_uri }), ...asserted(assertion) })
      expect(answer.status, aud).toBe(201)
      // Used up like everywhere else (attacks A2).
      const again = await t.post('/oauth/par', { ...request({ redirect_uri }), ...asserted(assertion) })
      expect(await errorOf(again)).toEqual([401, 'invalid_client'])
    }
    // An assertion for this endpoint is good at no other.
    const assertion = await key.sign(now, { iss: chat, sub: chat, aud: `${issuer}/oauth/par` })
    const elsewhere = await t.post('/oauth/revoke', { token: 'x', ...asserted(assertion) })
    expect(await errorOf(elsewhere)).toEqual([401, 'invalid_client'])
    // What proves who it is isn't kept with the request.
    const kept = await sql<{ params: unknown }>`select params from pushed_request`.execute(t.storage.db())
    expect(JSON.stringify(kept.rows)).not.toMatch(/client_assertion|client_secret/)
  })

  it.each<[string, Record<string, string>, string]>([
    ['R1 another redirect URI', { redirect_uri: 'https://mallory.example/callback' }, 'invalid_request'],
    [
      'R1 one that isn’t registered, though the client is confidential (A180)',
      { redirect_uri: `${ledgerRedirect}/new` },
      'invalid_request',
    ],
    ['P1 no challenge', { code_challenge: '' }, 'invalid_request'],
    ['P2 a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
    ['another resource', { resource: 'https://other.example' }, 'invalid_target'],
    ['a state of 3 KB', { state: 'x'.repeat(3000) }, 'invalid_request'],
    [
      'A175 a reference to another pushed request',
      { request_uri: 'urn:ietf:params:oauth:request_uri:x' },
      'invalid_request',
    ],
    ['a request object', { request: 'e30.e30.' }, 'invalid_request'],
    ['something that is no thumbprint', { dpop_jkt: 'x' }, 'invalid_request'],
  ])('A174 refuses what /authorize would refuse: %s', async (_name, more, error) => {
    expect(await errorOf(await push(more))).toEqual([400, error])
  })
})

describe('A177: whose it is, and how often', () => {
  it('A177 another client can’t open it, nor can anybody guess one', async () => {
    const request_uri = await pushed()
    const browser = t.browser(t.people.grace)
    for (const [uri, client] of [
      [request_uri, t.clients.mallory.clientId],
      [`${request_uri}x`, ledger()],
      ['urn:ietf:params:oauth:request_uri:', ledger()],
      ['urn:ietf:params:oauth:request_uri:tnd_par_x', ledger()],
    ] as const) {
      const answer = await openedBy(browser, uri, client)
      expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
    }
    expect((await openedBy(browser, request_uri)).status).toBe(303)
  })

  it('a request_uri of somebody else’s server is not fetched (CVE-2020-10770)', async () => {
    const answer = await t.browser(t.people.grace).open({
      ...request(),
      client_id: ledger(),
      request_uri: 'https://mallory.example/request.jwt',
    })
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_request')
  })

  it('A177 it may be loaded again until it was answered, and then never more', async () => {
    const request_uri = await pushed()
    const browser = t.browser(t.people.grace)
    const first = interactionOf(await openedBy(browser, request_uri))
    const second = interactionOf(await openedBy(browser, request_uri))
    const elsewhere = t.browser(t.people.ada)
    const third = interactionOf(await openedBy(elsewhere, request_uri))
    expect((await browser.answer(second, {})).searchParams.get('code')).toBeTruthy()
    await expect(browser.answer(first, {})).rejects.toThrow('answered already')
    await expect(elsewhere.answer(third, {})).rejects.toThrow('answered already')
    expect((await openedBy(browser, request_uri)).status).toBe(400)
  })

  it('a refusal answers it too', async () => {
    const request_uri = await pushed()
    const browser = t.browser(t.people.grace)
    const id = interactionOf(await openedBy(browser, request_uri))
    expect((await browser.answer(id, { decision: 'deny' })).searchParams.get('error')).toBe('access_denied')
    expect((await openedBy(browser, request_uri)).status).toBe(400)
  })

  it('of eight people who answer it at once one does', async () => {
    const request_uri = await pushed()
    const people = Array.from({ length: 8 }, () => t.browser(t.people.grace))
    const ids = await Promise.all(people.map(async (one) => interactionOf(await openedBy(one, request_uri))))
    const answers = await Promise.allSettled(people.map((one, i) => one.answer(ids[i] ?? '', {})))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('A176 too late it can’t be opened; opened in time it can be decided', async () => {
    const request_uri = await pushed()
    const browser = t.browser(t.people.grace)
    const id = interactionOf(await openedBy(browser, request_uri))
    t.clock.advance(90_000)
    expect((await openedBy(browser, request_uri)).status).toBe(400)
    await openOAuthStore(t.storage, t.audit).sweep(t.clock.now())
    expect((await browser.answer(id, {})).searchParams.get('code')).toBeTruthy()
  })

  it('what nobody answers is swept', async () => {
    await pushed()
    t.clock.advance(90_000 + 10 * 60_000 + 1)
    await openOAuthStore(t.storage, t.audit).sweep(t.clock.now())
    const left = await sql<{ n: number }>`select count(*) as n from pushed_request`.execute(t.storage.db())
    expect(left.rows[0]?.n).toBe(0)
  })

  it('T3 the name is no token, and no code', async () => {
    const request_uri = await pushed()
    const secret = request_uri.split(':').at(-1) ?? ''
    for (const text of [request_uri, secret]) {
      expect(await errorOf(await redeem(text))).toEqual([400, 'invalid_grant'])
      const form = { grant_type: 'refresh_token', refresh_token: text }
      expect(await errorOf(await t.post('/oauth/token', form, basic(t.clients.ledger)))).toEqual([
        400,
        'invalid_grant',
      ])
      expect(await t.oauth.verify(text, resource)).toBeUndefined()
    }
    const rows = await sql<Record<string, unknown>>`select * from pushed_request`.execute(t.storage.db())
    expect(JSON.stringify(rows.rows)).not.toContain(secret)
  })
})

describe('A179: where pushing is required', () => {
  const plain = (client_id: string, redirect_uri: string) => ({ ...request({ redirect_uri }), client_id })

  it('A179 by a client’s own word', async () => {
    const { body } = await t.register({
      client_name: 'Careful',
      redirect_uris: [notebookRedirect],
      token_endpoint_auth_method: 'none',
      require_pushed_authorization_requests: true,
    })
    const browser = t.browser(t.people.grace)
    const direct = await browser.open(plain(body.client_id, notebookRedirect))
    expect(direct.status).toBe(400)
    const form = { ...request({ redirect_uri: notebookRedirect }), client_id: body.client_id }
    const { request_uri } = (await (await t.post('/oauth/par', form)).json()) as { request_uri: string }
    expect((await openedBy(browser, request_uri, body.client_id)).status).toBe(303)
    // Others are as free as before.
    expect((await browser.open(plain(ledger(), ledgerRedirect))).headers.get('location')).toContain(
      '/consent/',
    )
  })

  it('A179 by setting, which discovery tells', async () => {
    const strict = await startTestOAuth({ requirePar: true })
    const { clientId } = strict.clients.ledger
    const direct = await strict.browser(strict.people.grace).open(plain(clientId, ledgerRedirect))
    expect(new URL(direct.headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_request')
    const form = await strict.post('/oauth/par', request(), basic(strict.clients.ledger))
    const { request_uri } = (await form.json()) as { request_uri: string }
    const opened = await strict.browser(strict.people.grace).open({ client_id: clientId, request_uri })
    expect(opened.headers.get('location')).toContain('/consent/')
    const document = await (await strict.get('/.well-known/oauth-authorization-server')).json()
    expect(document).toMatchObject({ require_pushed_authorization_requests: true })
    await strict.close()
  })
})

describe('A168: a proof when pushing binds the code (RFC 9449 §10.1)', () => {
  it('A168 the code is good with that key alone', async () => {
    const [key, other] = [await proofKey(), await proofKey()]
    const now = epochSeconds(t.clock.now())
    const prove = (by: typeof key, path: string) => by.prove({ url: issuer + path, now })
    const answer = await push({}, { dpop: await prove(key, '/oauth/par') })
    const { request_uri } = (await answer.json()) as { request_uri: string }
    const browser = t.browser(t.people.grace)
    const code = (
      await browser.answer(interactionOf(await openedBy(browser, request_uri)), {})
    ).searchParams.get('code')
    expect((await redeem(code)).status).toBe(400)
    expect((await redeem(code, { dpop: await prove(other, '/oauth/token') })).status).toBe(400)
    const tokens = (await (await redeem(code, { dpop: await prove(key, '/oauth/token') })).json()) as Tokens
    expect((await t.oauth.verify(tokens.access_token, resource))?.boundTo).toBe(key.jkt)
  })

  it('A168 a dpop_jkt that isn’t the proof’s is refused', async () => {
    const [key, other] = [await proofKey(), await proofKey()]
    const dpop = await key.prove({ url: `${issuer}/oauth/par`, now: epochSeconds(t.clock.now()) })
    expect(await errorOf(await push({ dpop_jkt: other.jkt }, { dpop }))).toEqual([400, 'invalid_dpop_proof'])
  })
})

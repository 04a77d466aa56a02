import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isId } from '#foundation'
import { createSigningKeys } from '../../src/oauth/keys/signing-keys.ts'
import { signIdToken } from '../../src/oauth/openid/id-token.ts'
import { createKeyTable } from '../../src/oauth/store/keys.ts'
import {
  codeFor,
  interactionOf,
  issuer,
  ledgerRedirect,
  notebookRedirect,
  person,
  pkce,
  resource,
  startTestOAuth,
  testSecret,
} from '../support/oauth.ts'
import type { TestOAuth, Tokens } from '../support/oauth.ts'

let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth()
})
afterAll(() => t.close())

type SignedInTokens = Tokens & { id_token: string }
const signIn = { scope: 'openid profile email' }
const asking = (more: Record<string, string> = {}) => ({
  response_type: 'code',
  client_id: t.clients.notebook.clientId,
  redirect_uri: notebookRedirect,
  code_challenge: pkce().challenge,
  code_challenge_method: 'S256',
  ...signIn,
  ...more,
})
async function exchange(code: string, verifier: string, clientId = t.clients.notebook.clientId) {
  const form = { grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier }
  return (await (await t.post('/oauth/token', form)).json()) as SignedInTokens
}
async function tokensOf(options: Parameters<typeof codeFor>[1] = {}): Promise<SignedInTokens> {
  // Always with a page, whatever was allowed before.
  const more = { prompt: 'consent', ...(options.more ?? signIn) }
  const { code, verifier } = await codeFor(t, { ...options, more })
  return exchange(code, verifier, options.clientId)
}
const bodyOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
const userinfo = (token: string) => t.get('/oauth/userinfo', { authorization: `Bearer ${token}` })
/** The error that the browser carries, or null when a page is shown. */
async function errorOf(more: Record<string, string>, who = t.people.grace): Promise<string | null> {
  const location = (await t.browser(who).open(asking(more))).headers.get('location') ?? ''
  return new URL(location, issuer).searchParams.get('error')
}

describe('T3 A160 no token passes for another', () => {
  let tokens: SignedInTokens
  beforeAll(async () => {
    tokens = await tokensOf({ more: { scope: 'openid crm:read', resource } })
  })

  it('an ID token is no access token, at the resource, at userinfo and at introspection', async () => {
    expect(await t.oauth.verify(tokens.access_token, resource)).toBeDefined()
    expect(await t.oauth.verify(tokens.id_token, resource)).toBeUndefined()
    expect(await t.oauth.verify(tokens.id_token, t.clients.notebook.clientId)).toBeUndefined()
    expect((await userinfo(tokens.id_token)).status).toBe(401)
  })

  it('one that claims everything an access token does is still none: its type says what it is', async () => {
    const keys = createSigningKeys({
      store: createKeyTable(t.storage, t.audit),
      events: t.storage.events,
      clock: t.clock,
      secret: testSecret,
    })
    const { signJwt } = await import('../../src/oauth/keys/sign-jwt.ts')
    const forged = signJwt(await keys.current(), 'JWT', bodyOf(tokens.access_token))
    expect(await t.oauth.verify(forged, resource)).toBeUndefined()
    keys.close()
  })

  it.each(['access_token', 'id_token'] as const)('%s is no refresh token and no code', async (name) => {
    const client_id = t.clients.notebook.clientId
    const refresh = { grant_type: 'refresh_token', client_id, refresh_token: tokens[name] }
    const code = {
      grant_type: 'authorization_code',
      client_id,
      code: tokens[name],
      code_verifier: pkce().verifier,
    }
    for (const form of [refresh, code]) expect((await t.post('/oauth/token', form)).status).toBe(400)
  })

  it('an access token is no ID token: it can’t be a hint', async () => {
    expect(await errorOf({ id_token_hint: tokens.access_token })).toBe('invalid_request')
    expect(await errorOf({ id_token_hint: tokens.id_token })).toBeNull()
  })
})

describe('the ID token', () => {
  it('says who signed in, for whom, when, and nothing it isn’t asked (OIDC Core §2, §5.4)', async () => {
    const { id_token, access_token } = await tokensOf({ more: { ...signIn, nonce: 'n-0S6_WzA2Mj' } })
    const now = t.clock.now().getTime() / 1000
    expect(bodyOf(id_token)).toEqual({
      iss: issuer,
      sub: t.people.grace.member,
      aud: t.clients.notebook.clientId,
      iat: now,
      exp: now + 3600,
      auth_time: t.people.grace.signedInAt.getTime() / 1000,
      amr: ['pwd'],
      nonce: 'n-0S6_WzA2Mj',
      at_hash: expect.stringMatching(/^[\w-]{22}$/),
    })
    expect(bodyOf(access_token)).toMatchObject({ aud: `${issuer}/oauth/userinfo` })
  })

  it('isn’t there without openid, nor when she took that back', async () => {
    expect(await tokensOf({ more: { scope: 'crm:read' } })).not.toHaveProperty('id_token')
    const narrowed = await tokensOf({
      more: { scope: 'openid crm:read', resource },
      decision: { scopes: ['crm:read'] },
    })
    expect(narrowed).not.toHaveProperty('id_token')
  })

  it('a nonce is bound to its code, not to what is sent later', async () => {
    const [first, second] = [await tokensOf({ more: { ...signIn, nonce: 'one' } }), await tokensOf()]
    expect(bodyOf(first.id_token)['nonce']).toBe('one')
    expect(bodyOf(second.id_token)).not.toHaveProperty('nonce')
    expect(await errorOf({ nonce: 'x'.repeat(1025) })).toBe('invalid_request')
  })
})

describe('userinfo', () => {
  it('tells by scope what the person allowed, by GET and POST, of nobody else', async () => {
    const { access_token: hers } = await tokensOf()
    const { access_token: adas } = await tokensOf({
      who: t.people.ada,
      decision: { scopes: ['openid', 'email'] },
    })
    expect(await (await userinfo(hers)).json()).toEqual({
      sub: t.people.grace.member,
      name: 'Grace',
      email: 'grace@acme.example',
      email_verified: false,
    })
    expect(await (await userinfo(adas)).json()).toEqual({
      sub: t.people.ada.member,
      email: 'ada@acme.example',
      email_verified: false,
    })
    expect((await t.post('/oauth/userinfo', {}, { authorization: `Bearer ${hers}` })).status).toBe(200)
  })

  it('refuses in the words of RFC 6750 §3', async () => {
    const nothing = await t.get('/oauth/userinfo')
    expect([nothing.status, nothing.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    const wrong = await userinfo('x.y.z')
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer error="invalid_token"',
    ])
    const { access_token: records } = await tokensOf({ more: { scope: 'crm:read' } })
    const short = await userinfo(records)
    expect(short.status).toBe(403)
    expect(short.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="openid"')
    // RFC 6750 §2.3: never in the query.
    const { access_token } = await tokensOf()
    expect((await t.get(`/oauth/userinfo?access_token=${access_token}`)).status).toBe(401)
  })

  it('a paused grant is told of in words that keep the token (decision 14)', async () => {
    const { access_token } = await tokensOf()
    const content = await t.oauth.verify(access_token, `${issuer}/oauth/userinfo`)
    const [id, hers] = [content?.grantId, { member: t.people.grace.member }]
    if (!isId('grt', id)) throw new Error('no grant')
    await t.oauth.grants.pause(id, hers)
    await expect.poll(async () => (await userinfo(access_token)).status).toBe(403)
    const paused = await userinfo(access_token)
    expect([paused.headers.get('www-authenticate'), await paused.json()]).toMatchObject([
      null,
      { error: 'access_denied' },
    ])
    await t.oauth.grants.resume(id, hers)
    await expect.poll(async () => (await userinfo(access_token)).status).toBe(200)
  })

  it('knows a token no longer once its grant ended', async () => {
    const { access_token, refresh_token } = await tokensOf()
    const { clientId: client_id } = t.clients.notebook
    await t.post('/oauth/revoke', { client_id, token: refresh_token })
    await expect.poll(async () => (await userinfo(access_token)).status).toBe(401)
  })
})

describe('prompt, max_age and hints', () => {
  it('C6 prompt=none without consent, without a person or with an old sign-in is an error, never a page', async () => {
    const ledger = { client_id: t.clients.ledger.clientId, redirect_uri: ledgerRedirect, prompt: 'none' }
    expect(await errorOf(ledger)).toBe('consent_required')
    const response = await t.browser(null).open(asking({ prompt: 'none' }))
    expect(response.headers.get('location')).toContain('error=login_required')
    expect(await errorOf({ prompt: 'none login' })).toBe('invalid_request')
    t.clock.advance(60_000)
    expect(await errorOf({ prompt: 'none', max_age: '30' })).toBe('login_required')
  })

  it('C6 prompt=none never opens records, whatever was allowed before', async () => {
    const more = { scope: 'crm:read', resource }
    await tokensOf({ more })
    expect(await errorOf({ ...more, prompt: 'none' })).toBe('consent_required')
    expect(await errorOf({ ...more, scope: 'openid crm:read', prompt: 'none' })).toBe('consent_required')
  })

  it('who signed in too long ago, or is asked to, signs in again before she decides', async () => {
    t.clock.advance(60_000)
    for (const more of [{ max_age: '30' }, { prompt: 'login' }, { max_age: '0' }]) {
      const browser = t.browser(t.people.grace)
      const response = await browser.open(asking(more))
      expect(response.headers.get('location')).toMatch(/^\/sign-in/)
      await expect(browser.view(interactionOf(response))).rejects.toMatchObject({ code: 'login_required' })
    }
    expect(await errorOf({ max_age: '3600' })).toBeNull()
  })

  it('id_token_hint admits nobody else, signed in before or after', async () => {
    const { id_token } = await tokensOf({ who: t.people.ada })
    expect(await errorOf({ id_token_hint: id_token, prompt: 'consent' }, t.people.ada)).toBeNull()
    expect(await errorOf({ id_token_hint: id_token })).toBe('login_required')
    const nobody = t.browser(null)
    const begun = await nobody.open(asking({ id_token_hint: id_token, login_hint: 'ada@acme.example' }))
    expect(new URL(begun.headers.get('location') ?? '', issuer).searchParams.get('email')).toBe(
      'ada@acme.example',
    )
    const grace = t.browser(t.people.grace)
    for (const [name, value] of nobody.jar) grace.jar.set(name, value)
    await expect(grace.view(interactionOf(begun))).rejects.toMatchObject({ code: 'access_denied' })
  })

  it('a hint of another issuer, or from nowhere, is none', async () => {
    const keys = createSigningKeys({
      store: createKeyTable(t.storage, t.audit),
      events: t.storage.events,
      clock: t.clock,
      secret: testSecret,
    })
    const told = { subject: t.people.grace.member, clientId: 'x', facts: undefined, accessToken: '', now: 0 }
    const elsewhere = signIdToken(await keys.current(), { ...told, issuer: 'https://mallory.example' })
    keys.close()
    for (const id_token_hint of [elsewhere, 'x.y.z', '']) {
      expect(await errorOf({ id_token_hint })).toBe(id_token_hint === '' ? null : 'invalid_request')
    }
  })
})

describe('C4, C5, A208 what is remembered of a consent', () => {
  const silently = async (more: Record<string, string>, who = t.people.grace) => {
    const answer = await t.browser(who).open(asking({ prompt: 'none', ...more }))
    const { searchParams } = new URL(answer.headers.get('location') ?? issuer, issuer)
    return searchParams.get('error') ?? (searchParams.has('code') ? 'code' : 'page')
  }
  let linus: ReturnType<typeof person>
  beforeEach(() => {
    linus = person('Linus', false, t.clock)
  })

  it('signing in again is answered at once, for the same person, app, place and scopes', async () => {
    expect(await silently({}, linus)).toBe('consent_required')
    await tokensOf({ who: linus })
    expect(await silently({}, linus)).toBe('code')
    expect(await silently({ scope: 'openid' }, linus)).toBe('code')
    expect(await silently({}, person('Margaret', false, t.clock))).toBe('consent_required')
  })

  it('a scope more is asked for', async () => {
    await tokensOf({ who: linus, more: { scope: 'openid email' } })
    expect(await silently({ scope: 'openid email' }, linus)).toBe('code')
    expect(await silently({}, linus)).toBe('consent_required')
  })

  it('another redirect URI of the same app is asked for', async () => {
    const elsewhere = 'https://notebook.example/other'
    const { clientId } = await t.oauth.clients.create({
      name: 'Two places',
      redirectUris: [notebookRedirect, elsewhere],
      confidential: false,
    })
    await tokensOf({ who: linus, clientId })
    expect(await silently({ client_id: clientId }, linus)).toBe('code')
    expect(await silently({ client_id: clientId, redirect_uri: elsewhere }, linus)).toBe('consent_required')
  })

  it('an ended grant is forgotten', async () => {
    await tokensOf({ who: linus })
    await t.oauth.grants.endAllOf(linus.member, 'over')
    expect(await silently({}, linus)).toBe('consent_required')
  })

  it('a program on this computer is always asked for, and so is an app that nobody here knows', async () => {
    const local = 'http://127.0.0.1:7777/cb'
    const { clientId } = await t.oauth.clients.create({
      name: 'Local',
      redirectUris: [local],
      confidential: false,
    })
    await tokensOf({ who: linus, clientId, redirectUri: local })
    expect(await silently({ client_id: clientId, redirect_uri: local }, linus)).toBe('consent_required')

    const register = async () => {
      const { body } = await t.register({ client_name: 'Anybody', redirect_uris: ['https://any.example/cb'] })
      return { clientId: body.client_id, redirectUri: 'https://any.example/cb' }
    }
    const stranger = await register()
    await tokensOf({ who: linus, ...stranger })
    const open = (client_id: string) =>
      t.browser(linus).open(asking({ client_id, redirect_uri: 'https://any.example/cb' }))
    expect((await open(stranger.clientId)).headers.get('location')).toMatch(/^\/consent\//)
    // C5: a new one of the same name and place inherits nothing, not even a shorter page.
    const double = await register()
    const browser = t.browser(linus)
    const page = await browser.open(asking({ client_id: double.clientId, redirect_uri: double.redirectUri }))
    expect((await browser.view(interactionOf(page))).remembered).toBeNull()
  })
})

describe('R8 signing out is no open redirect', () => {
  const logout = (query: Record<string, string>, who = t.people.grace) =>
    t.get(`/oauth/logout?${new URLSearchParams(query)}`, { 'x-test-person': who.session })
  let clientId: string
  const registered = 'https://notebook.example/bye?from=tandem'
  beforeAll(async () => {
    const created = await t.oauth.clients.create({
      name: 'Leaver',
      redirectUris: [notebookRedirect],
      confidential: false,
      postLogoutRedirectUris: [registered],
    })
    clientId = created.clientId
  })

  it.each([
    'https://mallory.example/',
    'https://notebook.example/bye',
    'https://notebook.example/bye?from=tandem#x',
    'https://notebook.example/bye?from=tandem/',
    'HTTPS://notebook.example/bye?from=tandem',
    'javascript:alert(1)',
    '//notebook.example/bye?from=tandem',
  ])('%s isn’t what was registered: a page, no redirect, still signed in', async (uri) => {
    const answer = await logout({ client_id: clientId, post_logout_redirect_uri: uri })
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
    expect(await answer.text()).not.toContain(`href="${uri}`)
    expect(await errorOf({})).toBeNull()
  })

  it('without an app there is nowhere to go', async () => {
    expect((await logout({ post_logout_redirect_uri: registered })).status).toBe(400)
    expect((await logout({ client_id: 'cli_nobody', post_logout_redirect_uri: registered })).status).toBe(400)
  })

  it('an ID token of another app is refused', async () => {
    const { id_token } = await tokensOf()
    const answer = await logout({
      client_id: clientId,
      id_token_hint: id_token,
      post_logout_redirect_uri: registered,
    })
    expect(answer.status).toBe(400)
  })

  it('C3 asks first; only the answer of that very page signs out, in that very session', async () => {
    const leaver = person('Leaver', false, t.clock)
    const query = { client_id: clientId, post_logout_redirect_uri: registered, state: '<b>"&' }
    const page = await logout(query, leaver)
    const html = await page.text()
    expect(html).toContain('Sign out of Tandem?')
    expect(html).not.toContain('<b>')
    const policy = page.headers.get('content-security-policy')
    expect(policy).toContain("form-action 'self' https://notebook.example")
    expect(policy).toContain("frame-ancestors 'none'")
    const csrf = /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? ''

    const post = (form: Record<string, string>, who = leaver) =>
      t.post('/oauth/logout', form, { 'x-test-person': who.session })
    const still = async () => (await t.browser(leaver).open(asking())).headers.get('location')
    // Another site's form: the question, by a link that carries the session.
    expect((await post(query)).headers.get('location')).toMatch(/^\?client_id=/)
    expect(await (await post({ ...query, csrf: 'guess' })).text()).toContain('Sign out of Tandem?')
    const graces = await post({ ...query, csrf }, t.people.grace)
    expect(await graces.text()).toContain('Sign out of Tandem?')
    expect(await still()).toMatch(/^\/consent\//)

    const done = await post({ ...query, csrf })
    expect(done.status).toBe(303)
    expect(done.headers.get('location')).toBe(`${registered}&state=%3Cb%3E%22%26`)
    expect(done.headers.getSetCookie().join()).toContain('Max-Age=0')
    expect(await still()).toMatch(/^\/sign-in/)
  })

  it('A42 nobody is sent on without a click to what anybody could have registered', async () => {
    const { body } = await t.register({
      client_name: 'Anybody',
      redirect_uris: ['https://any.example/cb'],
      post_logout_redirect_uris: ['https://any.example/bye'],
    })
    const query = { client_id: body.client_id, post_logout_redirect_uri: 'https://any.example/bye' }
    const answer = await t.get(`/oauth/logout?${new URLSearchParams(query)}`)
    expect([answer.status, answer.headers.get('location')]).toEqual([200, null])
    expect(await answer.text()).toContain('Go to https://any.example')
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consentDecision } from '#contract'
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
  tokensFor,
} from '../support/oauth.ts'
import type { TestOAuth, Tokens } from '../support/oauth.ts'

let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth()
})
afterAll(() => t.close())

const request = (more: Record<string, string> = {}) => ({
  response_type: 'code',
  client_id: t.clients.notebook.clientId,
  redirect_uri: notebookRedirect,
  code_challenge: pkce().challenge,
  code_challenge_method: 'S256',
  ...more,
})
const loopback = { redirect_uris: ['http://localhost/callback'], token_endpoint_auth_method: 'none' }

describe('consent', () => {
  it('C1 an interaction begun in one browser is nothing in another, even one of the same person', async () => {
    const mallory = t.browser(person('Mallory', false, t.clock))
    const id = interactionOf(await mallory.open(request()))
    const { csrf } = await mallory.view(id)
    const victim = t.browser(t.people.grace)
    await expect(victim.view(id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(victim.decide(id, { csrf, decision: 'allow' })).rejects.toMatchObject({ code: 'not_found' })
    await victim.open(request())
    await expect(victim.view(id)).rejects.toMatchObject({ code: 'not_found' })
    const otherBrowser = t.browser(t.people.grace)
    const own = interactionOf(await victim.open(request()))
    await expect(otherBrowser.view(own)).rejects.toMatchObject({ code: 'not_found' })
    expect((await victim.view(own)).id).toBe(own)
  })

  it('C2 the cookie of an interaction can’t be read by scripts, nor sent from other sites but by a link', async () => {
    const response = await t.browser(null).open(request())
    const [cookie] = response.headers.getSetCookie()
    expect(cookie).toMatch(/^tandem_itx=[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/)
  })

  it('C2 over https the cookie is __Host- and Secure', async () => {
    const secure = await startTestOAuth({ issuer: 'https://crm.acme.example' })
    const response = await secure
      .browser(null)
      .open({ ...request(), client_id: secure.clients.notebook.clientId })
    expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-tandem_itx=.*; Path=\/; .*; Secure$/)
    await secure.close()
  })

  it('C2 a decision counts once, also when two are posted at once', async () => {
    const browser = t.browser(t.people.grace)
    const id = interactionOf(await browser.open(request()))
    const { csrf } = await browser.view(id)
    const posts = await Promise.allSettled(
      Array.from({ length: 8 }, () => browser.decide(id, { csrf, decision: 'allow' })),
    )
    expect(posts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await expect(browser.decide(id, { csrf, decision: 'deny' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(browser.view(id)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('C2 after ten minutes there is nothing left to decide', async () => {
    const browser = t.browser(t.people.grace)
    const id = interactionOf(await browser.open(request()))
    const { csrf } = await browser.view(id)
    t.clock.advance(10 * 60_000)
    await expect(browser.view(id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(browser.decide(id, { csrf, decision: 'allow' })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('C3 a decision without the page’s token, or with another’s, changes nothing', async () => {
    const browser = t.browser(t.people.grace)
    const id = interactionOf(await browser.open(request()))
    const other = interactionOf(await browser.open(request()))
    const foreign = (await browser.view(other)).csrf
    for (const csrf of ['', foreign, 'x'.repeat(43)]) {
      await expect(browser.decide(id, { csrf, decision: 'allow' })).rejects.toMatchObject({
        code: 'access_denied',
      })
    }
    const answer = await browser.answer(id, { decision: 'deny' })
    expect(answer.searchParams.get('error')).toBe('access_denied')
    expect(consentDecision.safeParse({ decision: 'allow' }).success).toBe(false)
  })

  it('C3 the page of one person is not the page of the next who signs in at that browser', async () => {
    const graces = t.browser(t.people.grace)
    const id = interactionOf(await graces.open(request()))
    const { csrf } = await graces.view(id)
    const adas = t.browser(t.people.ada)
    for (const [name, value] of graces.jar) adas.jar.set(name, value)
    await expect(adas.decide(id, { csrf, decision: 'allow' })).rejects.toMatchObject({
      code: 'access_denied',
    })
    expect((await adas.view(id)).person.name).toBe('Ada')
  })

  it('C3 nothing but the decision endpoint decides: no request to the authorization endpoint approves', async () => {
    const before = await t.oauth.grants.list(t.people.grace.member)
    const browser = t.browser(t.people.grace)
    const response = await browser.open(request({ decision: 'allow', approve: 'true', prompt: 'consent' }))
    expect(interactionOf(response)).toMatch(/^itx_/)
    expect(await t.oauth.grants.list(t.people.grace.member)).toHaveLength(before.length)
  })

  it('C4 consent is asked each time: none is remembered, for the same request or a larger one', async () => {
    await tokensFor(t, { more: { scope: 'crm:read' } })
    const browser = t.browser(t.people.grace)
    for (const more of [
      { scope: 'crm:read' },
      { scope: 'crm:read crm:delete' },
      { resource: `${issuer}/api` },
    ]) {
      expect(interactionOf(await browser.open(request(more)))).toMatch(/^itx_/)
    }
  })

  it('C5 a new client of the same name inherits nothing and is called what it is', async () => {
    const ada = { ...t.people.ada }
    await tokensFor(t, { who: ada })
    const { body } = await t.register({ ...loopback, client_name: 'Notebook' })
    const browser = t.browser(ada)
    const id = interactionOf(
      await browser.open(
        request({ client_id: body.client_id, redirect_uri: 'http://localhost:1234/callback' }),
      ),
    )
    const view = await browser.view(id)
    expect(view.client).toMatchObject({ verifiedDomain: null, registration: 'dynamic', firstSeenToday: true })
    expect(view.warnings.join(' ')).toMatch(/like that of “Notebook”/)
  })

  it('C6 prompt=none is an error, signed in or not, and shows no page', async () => {
    const ledger = { client_id: t.clients.ledger.clientId, redirect_uri: ledgerRedirect, prompt: 'none' }
    const errorOf = async (who: TestOAuth['people']['ada'] | null) => {
      const response = await t.browser(who).open(request(ledger))
      return new URL(response.headers.get('location') ?? '').searchParams.get('error')
    }
    expect(await errorOf(t.people.grace)).toBe('consent_required')
    expect(await errorOf(null)).toBe('login_required')
  })

  it('C6 prompt=login and max_age ask for a new sign-in before anything is shown', async () => {
    t.clock.advance(60_000)
    const stale = t.browser(t.people.grace)
    for (const more of [{ prompt: 'login' }, { max_age: '30' }]) {
      const response = await stale.open(request(more))
      expect(response.headers.get('location')).toMatch(/^\/sign-in/)
      const id = interactionOf(response)
      await expect(stale.view(id)).rejects.toMatchObject({ code: 'login_required', status: 401 })
      const fresh = t.browser(person('Grace', false, t.clock))
      for (const [name, value] of stale.jar) fresh.jar.set(name, value)
      expect((await fresh.view(id)).id).toBe(id)
    }
    const young = t.browser(person('Grace', false, t.clock))
    expect((await young.open(request({ max_age: '30' }))).headers.get('location')).toMatch(/^\/consent/)
  })

  it('C7 what a client calls itself reaches the page as clean text', async () => {
    const { body } = await t.register({ ...loopback, client_name: '<script>x</script> \u202Eevil' })
    const browser = t.browser(t.people.grace)
    const response = await browser.open(
      request({
        client_id: body.client_id,
        redirect_uri: 'http://localhost:1/callback',
        scope: 'crm:read <script> crm:write"',
      }),
    )
    const view = await browser.view(interactionOf(response))
    expect(view.client.name).not.toMatch(/[\p{Cc}\u202a-\u202e]/u)
    expect(view.scopes).toMatchObject([{ scope: 'crm:read', words: 'See records and their history' }])
  })

  it('C8 the page tells where the answer goes, and warns when that is a program on this computer', async () => {
    const { body } = await t.register({ ...loopback, client_name: 'Terminal' })
    const browser = t.browser(t.people.grace)
    const open = { client_id: body.client_id, redirect_uri: 'http://localhost:8123/callback' }
    const view = await browser.view(interactionOf(await browser.open(request(open))))
    expect(view.redirect).toEqual({ host: 'localhost:8123', loopback: true, appScheme: false })
    expect(view.warnings.join(' ')).toMatch(/program on this computer/)
    // A110: the page says "Unverified app" for a client without a verified domain (browser/consent).
    expect(view.client).toMatchObject({ registration: 'dynamic', verifiedDomain: null })
  })

  it('people can only narrow', async () => {
    const browser = t.browser(t.people.grace)
    const id = interactionOf(await browser.open(request({ scope: 'crm:read' })))
    for (const scopes of [['crm:read', 'crm:delete'], ['crm:write'], []]) {
      await expect(browser.answer(id, { scopes })).rejects.toMatchObject({ code: 'invalid_scope' })
    }
    await expect(browser.answer(id, { objects: ['secret'] })).rejects.toMatchObject({
      code: 'invalid_request',
    })
    const answer = await browser.answer(id, { objects: ['company'], days: 7 })
    expect(answer.searchParams.get('code')).toMatch(/^tnd_ac_/)
  })

  it('a refusal tells the client and gives nothing', async () => {
    const browser = t.browser(t.people.grace)
    const answer = await browser.answer(interactionOf(await browser.open(request({ state: 's' }))), {
      decision: 'deny',
    })
    expect(Object.fromEntries(answer.searchParams)).toMatchObject({
      error: 'access_denied',
      state: 's',
      iss: issuer,
    })
    expect(answer.searchParams.get('code')).toBeNull()
  })
})

describe('consent where an administrator is asked first', () => {
  let ask: TestOAuth
  beforeAll(async () => {
    ask = await startTestOAuth({ clientPolicy: 'ask' })
  })
  afterAll(() => ask.close())

  it('a member’s grant can do nothing until an administrator consents to the same app', async () => {
    const { body } = await ask.register({ ...loopback, client_name: 'Terminal' })
    const options = { clientId: body.client_id, redirectUri: 'http://localhost:8123/callback' }
    const graces: Tokens = await tokensFor(ask, options)
    expect(await ask.oauth.verify(graces.access_token, resource)).toBeUndefined()
    expect((await ask.oauth.grants.list(ask.people.grace.member))[0]?.status).toBe('provisional')

    const malloryRegistered = await ask.register({ ...loopback, client_name: 'Terminal two' })
    const theirs = await tokensFor(ask, { ...options, clientId: malloryRegistered.body.client_id })

    const adas = await tokensFor(ask, { ...options, who: ask.people.ada })
    expect(await ask.oauth.verify(adas.access_token, resource)).toBeDefined()
    expect(await ask.oauth.verify(graces.access_token, resource)).toBeDefined()
    expect(await ask.oauth.verify(theirs.access_token, resource)).toBeUndefined()
  })

  it('the page says so beforehand', async () => {
    const { body } = await ask.register({ ...loopback, client_name: 'Terminal three' })
    const open = { ...request(), client_id: body.client_id, redirect_uri: 'http://localhost:1/callback' }
    const views = []
    for (const who of [ask.people.grace, ask.people.ada]) {
      const browser = ask.browser(who)
      views.push(await browser.view(interactionOf(await browser.open(open))))
    }
    expect(views.map(({ needsAdministrator }) => needsAdministrator)).toEqual([true, false])
    expect(views[1]?.warnings.join(' ')).toMatch(/approves it for everybody/)
  })

  it('a client that an administrator set up waits for nobody', async () => {
    const { code } = await codeFor(ask)
    expect(code).toMatch(/^tnd_ac_/)
    const tokens = await tokensFor(ask)
    expect(await ask.oauth.verify(tokens.access_token, resource)).toBeDefined()
  })
})

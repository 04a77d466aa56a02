import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  codeFor,
  interactionOf,
  issuer,
  ledgerRedirect,
  notebookRedirect,
  pkce,
  startTestOAuth,
  tokensFor,
} from '../support/oauth.ts'
import type { TestOAuth } from '../support/oauth.ts'

let t: TestOAuth
/** An app on this computer, and one of Ada's with a plain path. */
let sketch: string
const loopback = 'http://127.0.0.1/callback'

beforeAll(async () => {
  t = await startTestOAuth()
  const { clientId } = await t.oauth.clients.create({
    name: 'Sketch',
    redirectUris: [loopback, 'http://[::1]/callback', 'https://sketch.example/callback'],
    confidential: false,
  })
  sketch = clientId
})
afterAll(() => t.close())

const good = () => ({
  response_type: 'code',
  client_id: t.clients.notebook.clientId,
  redirect_uri: notebookRedirect,
  code_challenge: pkce().challenge,
  code_challenge_method: 'S256',
  state: 'st',
})

async function expectPage(response: Response, status = 400): Promise<string> {
  expect(response.status).toBe(status)
  expect(response.headers.get('location')).toBeNull()
  expect(response.headers.get('content-type')).toContain('text/html')
  return response.text()
}

describe('redirects', () => {
  it('R1 an unregistered redirect URI gets a page here, even with a session and an earlier consent', async () => {
    await tokensFor(t)
    const browser = t.browser(t.people.grace)
    for (const redirect_uri of [
      'https://mallory.example/callback',
      `${notebookRedirect}/`,
      `${notebookRedirect}?x=1`,
      'https://notebook.example/',
      'https://notebook.example.evil/callback',
      'https://NOTEBOOK.example/callback',
    ]) {
      await expectPage(await browser.open({ ...good(), redirect_uri }))
    }
    expect(interactionOf(await browser.open(good()))).toMatch(/^itx_/)
  })

  it('R1 an unknown client gets a page here', async () => {
    const page = await expectPage(
      await t.browser(t.people.grace).open({ ...good(), client_id: 'cli_nobody' }),
    )
    expect(page).toContain('Register it again')
  })

  it('R2 no trick of spelling passes for a registered redirect URI', async () => {
    const browser = t.browser(t.people.grace)
    for (const redirect_uri of [
      'http://127.0.0.1:80@evil.example/callback',
      'http://127.0.0.1@evil.example/callback',
      'http://localhost.evil.example/callback',
      'http://127.0.0.1.nip.io/callback',
      'http://127.0.0.1\\@evil.example/callback',
      'http://127.0.0.1/call\tback',
      'http://127.0.0.1/call\nback',
      'http://127.0.0.1/%2e%2e/callback',
      'http://127.0.0.1/x/../callback',
      'http://127.0.0.1/%2563allback',
      'http://127.0.0.1/%63allback',
      'http://0177.0.0.1/callback',
      'http://2130706433/callback',
      'http://0x7f.1/callback',
      'http://127.1/callback',
      'http://[::ffff:127.0.0.1]/callback',
      'http://127.0.0.1/callback#fragment',
      'http://127.0.0.1/callback#',
      'http://user@127.0.0.1/callback',
      'http://127.0.0.1:80/callback',
      'http://127.0.0.1./callback',
      'https://sketch.example:443/callback',
      'https://sketch.example./callback',
      'https://ѕketch.example/callback',
      'https://sketch.example\\.evil.example/callback',
      ' https://sketch.example/callback',
    ]) {
      await expectPage(await browser.open({ ...good(), client_id: sketch, redirect_uri }))
    }
  })

  it('R3 only the port of an exact loopback address is free, never that of https', async () => {
    const browser = t.browser(t.people.grace)
    const ask = (redirect_uri: string) => browser.open({ ...good(), client_id: sketch, redirect_uri })
    expect(interactionOf(await ask('http://127.0.0.1:53412/callback'))).toMatch(/^itx_/)
    expect(interactionOf(await ask('http://[::1]:53412/callback'))).toMatch(/^itx_/)
    for (const other of [
      'http://localhost:53412/callback',
      'http://127.0.0.2:53412/callback',
      'http://127.0.0.1:53412/callback/more',
      'http://127.0.0.1:53412/callback?x=1',
      'https://127.0.0.1:53412/callback',
      'https://sketch.example:8443/callback',
    ]) {
      await expectPage(await ask(other))
    }
  })

  it('R3 the code goes to the port that asked, and nowhere else can exchange it', async () => {
    const redirectUri = 'http://127.0.0.1:53412/callback'
    const { code, verifier, answer } = await codeFor(t, { clientId: sketch, redirectUri })
    expect(answer.port).toBe('53412')
    const exchange = (redirect_uri: string) =>
      t.post('/oauth/token', {
        grant_type: 'authorization_code',
        client_id: sketch,
        code,
        code_verifier: verifier,
        redirect_uri,
      })
    expect((await exchange('http://127.0.0.1:53413/callback')).status).toBe(400)
    expect((await exchange(redirectUri)).status).toBe(200)
  })

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'vbscript:x',
    'blob:https://a/b',
  ])('R4 %s is neither registered nor used, by any kind of registration', async (scheme) => {
    const browser = t.browser(t.people.grace)
    const alone = await t.register({ client_name: 'Mallory', redirect_uris: [scheme] })
    expect(alone).toMatchObject({ status: 400, body: { error: 'invalid_redirect_uri' } })
    const beside = await t.register({
      client_name: 'Mallory',
      redirect_uris: ['https://mallory.example/cb', scheme],
      token_endpoint_auth_method: 'none',
    })
    if (beside.status === 201) {
      expect(beside.body.redirect_uris).toEqual(['https://mallory.example/cb'])
      await expectPage(
        await browser.open({ ...good(), client_id: beside.body.client_id, redirect_uri: scheme }),
      )
    }
    const url = `https://mallory.example/${encodeURIComponent(scheme)}.json`
    t.publish(url, { client_name: 'Mallory', redirect_uris: [scheme, 'https://mallory.example/cb'] })
    await expectPage(await browser.open({ ...good(), client_id: url, redirect_uri: scheme }))
  })

  it('R5 a redirect URI that carries a code, state or issuer of its own is refused', async () => {
    for (const name of ['code', 'state', 'iss', 'error']) {
      const { status } = await t.register({ redirect_uris: [`https://mallory.example/cb?${name}=mine`] })
      expect(status).toBe(400)
    }
    const { body } = await t.register({
      redirect_uris: ['https://query.example/cb?tenant=acme'],
      token_endpoint_auth_method: 'none',
    })
    const { answer } = await codeFor(t, {
      clientId: body.client_id,
      redirectUri: body.redirect_uris[0] ?? '',
    })
    expect([...answer.searchParams.keys()]).toEqual(['tenant', 'code', 'state', 'iss'])
  })

  it.each([
    'client_id',
    'redirect_uri',
    'code_challenge',
    'code_challenge_method',
    'state',
    'scope',
    'response_type',
  ])('R6 %s sent twice is invalid_request', async (name) => {
    const query = new URLSearchParams({ ...good(), scope: 'crm:read' })
    query.append(name, query.get(name) ?? '')
    const page = await expectPage(await t.browser(t.people.grace).open(query))
    expect(page).toContain('invalid_request')
  })

  it('R6 the same parameter under its legacy name counts as sent twice', async () => {
    const page = await expectPage(await t.browser(t.people.grace).open({ ...good(), clientId: 'other' }))
    expect(page).toContain('invalid_request')
  })

  it('R6 two different resources are refused, the same one twice is one', async () => {
    const browser = t.browser(t.people.grace)
    const query = new URLSearchParams({ ...good(), resource: `${issuer}/mcp` })
    query.append('resource', `${issuer}/mcp`)
    expect(interactionOf(await browser.open(query))).toMatch(/^itx_/)
    query.append('resource', `${issuer}/api`)
    const refused = new URL((await browser.open(query)).headers.get('location') ?? '')
    expect(refused.searchParams.get('error')).toBe('invalid_target')
  })

  it('R7 an error redirect carries iss and state, no referrer, and goes only where an administrator said', async () => {
    const response = await t.browser(t.people.grace).open({
      ...good(),
      client_id: t.clients.ledger.clientId,
      redirect_uri: ledgerRedirect,
      response_type: 'token',
      state: 'a&b=c"><script>',
    })
    expect(response.status).toBe(303)
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    const { origin, searchParams } = new URL(response.headers.get('location') ?? '')
    expect(origin).toBe('https://ledger.example')
    expect(Object.fromEntries(searchParams)).toMatchObject({
      error: 'unsupported_response_type',
      state: 'a&b=c"><script>',
      iss: issuer,
    })
  })

  it('R7 a client anybody could register gets no redirect nobody clicked for (A42)', async () => {
    const { body } = await t.register({
      redirect_uris: ['https://mallory.example/cb'],
      token_endpoint_auth_method: 'none',
    })
    const response = await t.browser(t.people.grace).open({
      ...good(),
      client_id: body.client_id,
      redirect_uri: 'https://mallory.example/cb',
      code_challenge: '',
      state: '"><img src=x onerror=alert(1)>',
    })
    const page = await expectPage(response)
    expect(page).toContain('href="https://mallory.example/cb?error=invalid_request')
    expect(page).toContain(`iss=${encodeURIComponent(issuer)}`)
    expect(page).not.toContain('<img')
  })

  it('R7 nothing of a request becomes markup in the page, and its policy runs no script', async () => {
    const response = await t
      .browser(null)
      .open(`client_id=a&%3Cscript%3E=1&%3Cscript%3E=2&x="><svg onload=x>`)
    const policy = response.headers.get('content-security-policy') ?? ''
    const page = await expectPage(response)
    expect(page).not.toMatch(/<script|<svg onload/)
    expect(policy).toContain(`default-src 'none'`)
    expect(policy).toContain(`frame-ancestors 'none'`)
    expect(policy).not.toContain('unsafe')
  })

  it('R8 the way to sign-in and consent is a path of ours, whatever the request says', async () => {
    const more = { next: 'https://evil.example', returnTo: '//evil.example', id: '//evil.example' }
    const signedOut = await t.browser(null).open({ ...good(), ...more })
    expect(signedOut.headers.get('location')).toMatch(/^\/sign-in\?next=%2Fconsent%2Fitx_[0-9a-z]+$/)
    const signedIn = await t.browser(t.people.grace).open({ ...good(), ...more })
    expect(signedIn.headers.get('location')).toMatch(/^\/consent\/itx_[0-9a-z]+$/)
  })

  it('R8 a made-up consent handle leads nowhere', async () => {
    const browser = t.browser(t.people.grace)
    await browser.open(good())
    for (const id of [
      '//evil.example',
      '../admin',
      'itx_',
      `itx_${'0'.repeat(26)}`,
      'https://evil.example',
    ]) {
      await expect(browser.view(id)).rejects.toMatchObject({ code: 'not_found' })
    }
  })
})

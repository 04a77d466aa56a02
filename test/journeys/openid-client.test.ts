import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consentTo } from '../support/connect-agent.ts'
import { startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'

const redirectUri = 'https://ledger.example/callback'
const afterLogout = 'https://ledger.example/signed-out'

let tandem: RunningTandem
let grace: Browser
let config: openid.Configuration
beforeAll(async () => {
  tandem = await startTandem()
  grace = await tandem.signIn('grace')
  const { status, body } = await (
    await tandem.signIn('ada')
  ).json('POST', '/api/clients', {
    name: 'Ledger',
    redirectUris: [redirectUri],
    confidential: true,
    postLogoutRedirectUris: [afterLogout],
  })
  expect([status, body]).toEqual([200, expect.anything()])
  const { clientId, clientSecret } = body as { clientId: string; clientSecret: string }
  config = await openid.discovery(new URL(tandem.url), clientId, clientSecret, undefined, {
    execute: [openid.allowInsecureRequests],
  })
})
afterAll(() => tandem.close())

/** A sign-in as the library wants it: PKCE, state and nonce, all checked on the way back. */
async function begin(more: Record<string, string> = {}) {
  const verifier = openid.randomPKCECodeVerifier()
  const [state, nonce] = [openid.randomState(), openid.randomNonce()]
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile email',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...more,
  })
  const checks = {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  }
  return { url, checks }
}

describe('a certified relying party library (openid-client)', () => {
  it('signs somebody in: discovery, code with PKCE and nonce, ID token, userinfo, refresh', async () => {
    const { url, checks } = await begin({ max_age: '3600' })
    const { back, consent } = await consentTo(grace, url.href)
    expect(consent.scopes.map(({ words }) => words)).toEqual([
      'Know that it is you',
      'See your name',
      'See your email address',
    ])
    // Signature by the published keys, iss, aud, exp, nonce, auth_time by max_age, at_hash: all the library's own checks.
    const tokens = await openid.authorizationCodeGrant(config, back, { ...checks, maxAge: 3600 })
    const claims = tokens.claims()
    expect(claims).toMatchObject({ iss: tandem.url, aud: config.clientMetadata().client_id })
    expect(claims?.sub).toMatch(/^mem_/)
    // OIDC Core §5.4: with a code, names and addresses are userinfo's to tell.
    expect(claims).not.toHaveProperty('email')

    const info = await openid.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '')
    expect(info).toEqual({
      sub: claims?.sub,
      name: 'Grace',
      email: 'grace@acme.example',
      email_verified: false,
    })

    const again = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    // §12.2: the same person and sign-in; the nonce was for the first.
    expect(again.claims()).toMatchObject({ sub: claims?.sub, auth_time: claims?.auth_time })
    expect(again.claims()).not.toHaveProperty('nonce')
  })

  it('gives no access to records by signing in', async () => {
    const { url, checks } = await begin({ prompt: 'consent' })
    const tokens = await openid.authorizationCodeGrant(
      config,
      (await consentTo(grace, url.href)).back,
      checks,
    )
    expect(tokens.scope).toBe('openid profile email')
    const init = { method: 'POST', headers: { Authorization: `Bearer ${tokens.access_token}` } }
    expect((await fetch(`${tandem.url}/mcp`, init)).status).toBe(401)
    const headers = { Authorization: `Bearer ${tokens.access_token}` }
    expect((await fetch(`${tandem.url}/api/objects`, { headers })).status).toBe(401)
  })

  it('has one answer for who works with records and is somebody too', async () => {
    const resource = `${tandem.url}/mcp`
    const { url, checks } = await begin({ scope: 'openid email crm:read', resource })
    const tokens = await openid.authorizationCodeGrant(
      config,
      (await consentTo(grace, url.href)).back,
      checks,
    )
    const sub = tokens.claims()?.sub ?? ''
    expect(await openid.fetchUserInfo(config, tokens.access_token, sub)).toEqual({
      sub,
      email: 'grace@acme.example',
      email_verified: false,
    })
    // RFC 9068 §3: the audience stays the resource.
    const [, body = ''] = tokens.access_token.split('.')
    expect(JSON.parse(Buffer.from(body, 'base64url').toString()).aud).toBe(resource)
  })

  it('the next sign-in needs no page, even silently; a changed request does', async () => {
    const silent = await begin({ prompt: 'none' })
    const answer = await grace.fetch(silent.url.href)
    const back = new URL(answer.headers.get('location') ?? '')
    expect((await openid.authorizationCodeGrant(config, back, silent.checks)).claims()?.sub).toMatch(/^mem_/)

    const asked = await begin({ prompt: 'select_account' })
    expect((await grace.fetch(asked.url.href)).headers.get('location')).toMatch(/^\/consent\//)
    const nobody = await begin({ prompt: 'none' })
    const refused = new URL((await tandem.browser().fetch(nobody.url.href)).headers.get('location') ?? '')
    await expect(openid.authorizationCodeGrant(config, refused, nobody.checks)).rejects.toMatchObject({
      error: 'login_required',
    })
  })

  it('refuses what isn’t its own: another nonce, another state, a used code, another person’s token', async () => {
    const { url, checks } = await begin()
    const { back } = await follow(url)
    await expect(
      openid.authorizationCodeGrant(config, back, { ...checks, expectedState: 'another' }),
    ).rejects.toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' })
    await expect(
      openid.authorizationCodeGrant(config, back, { ...checks, expectedNonce: 'another' }),
    ).rejects.toMatchObject({ code: 'OAUTH_JWT_CLAIM_COMPARISON_FAILED' })
    await expect(openid.authorizationCodeGrant(config, back, checks)).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    const fresh = await begin()
    const tokens = await openid.authorizationCodeGrant(config, (await follow(fresh.url)).back, fresh.checks)
    await expect(openid.fetchUserInfo(config, tokens.access_token, 'mem_somebody')).rejects.toMatchObject({
      code: 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
    })
    await expect(openid.fetchUserInfo(config, tokens.id_token ?? '', 'mem_x')).rejects.toMatchObject({
      status: 401,
    })
  })

  it('signs out when the person says so, and comes back where the app registered', async () => {
    const { url, checks } = await begin()
    const tokens = await openid.authorizationCodeGrant(config, (await follow(url)).back, checks)
    const logout = openid.buildEndSessionUrl(config, {
      post_logout_redirect_uri: afterLogout,
      id_token_hint: tokens.id_token ?? '',
      state: 'its own',
    })
    const page = await (await grace.fetch(logout.href)).text()
    expect(page).toContain('Ledger asks to sign you out here too')
    expect((await grace.json('GET', '/api/bootstrap')).body).toMatchObject({ state: 'signed-in' })

    const hidden = [...page.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      value.replaceAll('&amp;', '&'),
    ])
    const done = await grace.fetch(logout.pathname, { method: 'POST', body: new URLSearchParams(hidden) })
    expect(done.headers.get('location')).toBe(`${afterLogout}?state=its+own`)
    expect((await grace.json('GET', '/api/bootstrap')).body).toEqual({ state: 'signed-out' })
  })
})

/** Where she is sent, with a page in between or without. */
async function follow(url: URL): Promise<{ back: URL }> {
  const location = (await grace.fetch(url.href)).headers.get('location') ?? ''
  return location.startsWith('/') ? consentTo(grace, url.href) : { back: new URL(location) }
}

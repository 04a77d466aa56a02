import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProofNonces, deriveKey, epochSeconds } from '#foundation'
import { asserted, assertionKey } from '../support/assertions.ts'
import { askDevice, decideDevice, deviceGrant } from '../support/device.ts'
import {
  basic,
  codeFor,
  formRequest,
  interactionOf,
  issuer,
  pkce,
  resource,
  startTestOAuth,
  testSecret,
} from '../support/oauth.ts'
import type { TestOAuth, Tokens } from '../support/oauth.ts'
import { proofKey } from '../support/proofs.ts'

// T3 and CVE-2026-101023, CVE-2026-114607: everything we hand out, at every place where something is handed in. All of
// it belongs to one client and one person, so that only its kind can be what is wrong with it.
const redirect = 'https://every.example/callback'
const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'

type Kind =
  | 'access token'
  | 'refresh token'
  | 'ID token'
  | 'code'
  | 'device code'
  | 'user code'
  | 'request_uri'
  | 'request_uri secret'
  | 'client secret'
  | 'client assertion'
  | 'DPoP proof'
  | 'DPoP nonce'
  | 'registration access token'
  | 'initial access token'
  | 'interaction'
  | 'page token'
  | 'browser cookie'
  | 'state'
type Place = { name: string; takes: readonly Kind[]; hand(text: string): Promise<boolean> }

let t: TestOAuth
let kinds: Record<Kind, string>
let places: Place[]
let address = 0

beforeAll(async () => {
  t = await startTestOAuth()
  const every = await t.oauth.clients.create({
    name: 'Every',
    redirectUris: [redirect],
    confidential: true,
    grantTypes: ['authorization_code', 'refresh_token', deviceGrant, exchangeGrant],
  })
  const { clientId } = every
  const asEvery = basic(every)
  const now = epochSeconds(t.clock.now())
  const key = await assertionKey()
  const signing = await t.oauth.clients.create({
    name: 'Signing',
    redirectUris: [redirect],
    confidential: true,
    jwks: { keys: [{ ...key.jwk }] },
  })
  const sign = () => key.sign(now, { iss: signing.clientId, sub: signing.clientId, aud: issuer })
  const proof = await proofKey()
  const prove = () => proof.prove({ url: `${issuer}/oauth/token`, now })

  const first = await codeFor(t, {
    clientId,
    redirectUri: redirect,
    more: { scope: 'openid crm:read', resource },
  })
  const redeem = async (code: string, verifier: string) =>
    t.post('/oauth/token', { grant_type: 'authorization_code', code, code_verifier: verifier }, asEvery)
  const tokens = (await (await redeem(first.code, first.verifier)).json()) as Tokens & { id_token: string }
  const second = await codeFor(t, { clientId, redirectUri: redirect })

  const { verifier, challenge } = pkce()
  const request = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirect,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'a state',
  }
  const browser = t.browser(t.people.grace)
  const interaction = interactionOf(await browser.open(request))
  const { csrf } = await browser.view(interaction)
  const pushed = await t.post('/oauth/par', request, asEvery)
  const { request_uri } = (await pushed.json()) as { request_uri: string }
  const device = await askDevice(t, clientId, { client_secret: every.clientSecret ?? '' })
  await decideDevice(t, device.user_code)
  const registered = await t.register({
    client_name: 'Registered',
    redirect_uris: [redirect],
    token_endpoint_auth_method: 'none',
  })
  const { registration_access_token, client_id } = registered.body as typeof registered.body & {
    registration_access_token: string
  }
  const { token } = await t.oauth.clients.initialAccess.create(
    { note: 'for a test', uses: 5, days: 1 },
    { actor: { kind: 'system', name: 'test' } },
  )
  kinds = {
    'access token': tokens.access_token,
    'refresh token': tokens.refresh_token,
    'ID token': tokens.id_token,
    code: second.code,
    'device code': device.device_code,
    'user code': device.user_code,
    request_uri,
    'request_uri secret': request_uri.split(':').at(-1) ?? '',
    'client secret': every.clientSecret ?? '',
    'client assertion': await sign(),
    'DPoP proof': await prove(),
    'DPoP nonce': createProofNonces(deriveKey(testSecret, 'oauth dpop nonces'), t.clock).current(),
    'registration access token': registration_access_token,
    'initial access token': token,
    interaction,
    'page token': csrf,
    'browser cookie': browser.jar.get('tandem_itx') ?? '',
    state: 'a state',
  }

  const ok = async (answer: Promise<Response>) => (await answer).status === 200
  const posted = (path: string, form: Record<string, string>, headers = asEvery) =>
    ok(t.post(path, form, headers))
  const bearer = (text: string) => ({ authorization: `Bearer ${text.replaceAll(/[^\x21-\x7e]/g, '')}` })
  places = [
    {
      name: 'code at the token endpoint',
      takes: ['code'],
      hand: (text) => redeem(text, second.verifier).then(({ status }) => status === 200),
    },
    {
      name: 'introspection, as something alive',
      takes: ['access token', 'refresh token'],
      async hand(token_) {
        const answer = await t.post('/oauth/introspect', { token: token_ }, asEvery)
        return ((await answer.json()) as { active: boolean }).active
      },
    },
    {
      name: 'refresh_token',
      takes: ['refresh token'],
      hand: (text) => posted('/oauth/token', { grant_type: 'refresh_token', refresh_token: text }),
    },
    {
      name: 'device_code',
      takes: ['device code'],
      hand: (text) => posted('/oauth/token', { grant_type: deviceGrant, device_code: text }),
    },
    {
      name: 'subject_token of an exchange',
      takes: ['access token'],
      hand: (text) =>
        posted('/oauth/token', {
          grant_type: exchangeGrant,
          subject_token: text,
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        }),
    },
    {
      name: 'a resource, as its access token',
      takes: ['access token'],
      hand: async (text) => (await t.oauth.verify(text, resource)) !== undefined,
    },
    {
      name: 'userinfo, as its access token',
      takes: ['access token'],
      hand: (text) => ok(t.get('/oauth/userinfo', bearer(text))),
    },
    {
      name: 'client_secret',
      takes: ['client secret'],
      async hand(text) {
        const headers = basic({ clientId, clientSecret: text })
        const request_ = formRequest(`${issuer}/oauth/revoke`, { token: 'x' }, headers)
        // From another address each: the lock after ten wrong secrets would hide what is asked here.
        const answer = await t.oauth.handle(request_, { ip: `192.0.2.${++address}` })
        return answer?.status === 200
      },
    },
    {
      name: 'client_assertion',
      takes: ['client assertion'],
      hand: (text) => ok(t.post('/oauth/revoke', { token: 'x', ...asserted(text) })),
    },
    {
      name: 'a DPoP proof',
      takes: ['DPoP proof'],
      async hand(text) {
        const headers = { ...asEvery, dpop: text.replaceAll(/[^\x21-\x7e]/g, '') }
        const answer = await t.post(
          '/oauth/token',
          { grant_type: 'refresh_token', refresh_token: 'x' },
          headers,
        )
        return ((await answer.json()) as { error: string }).error === 'invalid_grant'
      },
    },
    {
      name: 'request_uri at /authorize',
      takes: ['request_uri'],
      async hand(text) {
        const answer = await t.browser(t.people.grace).open({ client_id: clientId, request_uri: text })
        return (answer.headers.get('location') ?? '').includes('/consent/')
      },
    },
    {
      name: 'id_token_hint',
      takes: ['ID token'],
      async hand(text) {
        const answer = await t.browser(t.people.grace).open({ ...request, id_token_hint: text })
        return (answer.headers.get('location') ?? '').includes('/consent/')
      },
    },
    {
      name: 'a registration’s own address',
      takes: ['registration access token'],
      hand: (text) => ok(t.get(`/oauth/register/${client_id}`, bearer(text))),
    },
    {
      name: 'a consent page’s address',
      takes: ['interaction'],
      hand: (text) =>
        browser.view(text).then(
          () => true,
          () => false,
        ),
    },
    {
      name: 'a device’s code, typed',
      // Answered already: nobody may answer it twice.
      takes: [],
      hand: (text) =>
        t.oauth.devices.enterCode(browser.pageRequest(), text, { ip: '192.0.2.9' }).then(
          () => true,
          () => false,
        ),
    },
  ]
  expect(verifier).not.toBe(second.verifier)
})
afterAll(() => t.close())

describe('T3: no kind of token passes for another', () => {
  it('T3 every kind at every place that isn’t its own is refused', async () => {
    const passed: string[] = []
    for (const place of places) {
      for (const [kind, text] of Object.entries(kinds)) {
        if (place.takes.some((own) => own === kind)) continue
        if (await place.hand(text)) passed.push(`${kind} as ${place.name}`)
      }
    }
    expect(passed).toEqual([])
  })

  it('T3 at its own place each is taken, so the refusals above were about the kind', async () => {
    const refused: string[] = []
    for (const place of places) {
      for (const kind of place.takes) {
        if (!(await place.hand(kinds[kind]))) refused.push(`${kind} as ${place.name}`)
      }
    }
    expect(refused).toEqual([])
  })
})

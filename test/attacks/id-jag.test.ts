import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { epochSeconds, isId } from '#foundation'
import { sql } from '#storage'
import type { CreatedClient } from '../../src/oauth/clients/manual-client.ts'
import { asserted, assertionKey } from '../support/assertions.ts'
import type { AssertionKey } from '../support/assertions.ts'
import { assertionFor, idpIssuer, jwtBearer, openIdp, present } from '../support/id-jag.ts'
import type { Idp } from '../support/id-jag.ts'
import {
  basic,
  disabled,
  issuer,
  links,
  otherResource,
  person,
  resource,
  startTestOAuth,
  tokensFor,
} from '../support/oauth.ts'
import type { TestOAuth, Tokens } from '../support/oauth.ts'
import { proofKey } from '../support/proofs.ts'

let t: TestOAuth
let idp: Idp
let assistant: CreatedClient
beforeAll(async () => {
  idp = await openIdp()
  t = await startTestOAuth({ enterpriseProviders: [idp.provider] })
  assistant = await app('Assistant')
})
afterAll(() => t.close())

const app = (name: string, scopes: string[] | null = null, own = t) =>
  own.oauth.clients.create({
    name,
    redirectUris: [],
    confidential: true,
    grantTypes: [jwtBearer],
    scopes,
  })
const say = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, from = idp) =>
  assertionFor(from, assistant.clientId, t.clock, claims, header)
const errorOf = async (response: Response) => [
  response.status,
  ((await response.json()) as { error: string }).error,
]
const tokensOf = async (response: Response) => {
  const body = (await response.json()) as Tokens
  if (response.status !== 200) throw new Error(`no tokens: ${JSON.stringify(body)}`)
  return body
}
const invalidGrant = [400, 'invalid_grant']

describe('an assertion of the organisation’s provider (ID-JAG)', () => {
  it('A214, A222, A223 gives a token for the member it names, in what it allows, and no refresh token', async () => {
    const answer = await present(t, assistant, await say(), { scope: 'crm:read' })
    const tokens = await tokensOf(answer)
    expect(tokens).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'crm:read',
    })
    const content = await t.oauth.verify(tokens.access_token, resource)
    expect(content).toMatchObject({ subject: t.people.grace.member, clientId: assistant.clientId })
    expect(await t.oauth.grants.list(t.people.grace.member)).toContainEqual(
      expect.objectContaining({ id: content?.grantId, kind: 'id_jag' }),
    )
    const { rows } = await sql`select refresh_hash from oauth_grant where id = ${content?.grantId}`.execute(
      t.storage.db<never>(),
    )
    expect(rows).toEqual([{ refresh_hash: null }])
    expect(await t.audit.list({ limit: 10 })).toContainEqual(
      expect.objectContaining({
        event: 'grant.given',
        detail: expect.objectContaining({ grant_type: 'id_jag', member: t.people.grace.member }),
      }),
    )
  })

  it('the next assertion finds the same grant; for another member another', async () => {
    const grants = new Set<string | undefined>()
    for (let n = 0; n < 3; n++) {
      const { access_token: token } = await tokensOf(await present(t, assistant, await say()))
      grants.add((await t.oauth.verify(token, resource))?.grantId)
    }
    expect(grants.size).toBe(1)
    const ada = await say({ sub: 'ada-at-the-idp', email: 'ada@acme.example' })
    const { access_token: hers } = await tokensOf(await present(t, assistant, ada))
    const content = await t.oauth.verify(hers, resource)
    expect(content?.subject).toBe(t.people.ada.member)
    expect(grants).not.toContain(content?.grantId)
  })

  it('A22, A226 is advertised when a provider is configured, and neither served nor named when none is', async () => {
    const metadata = async (own: TestOAuth) =>
      (await (await own.get('/.well-known/oauth-authorization-server')).json()) as Record<string, unknown>
    expect(await metadata(t)).toMatchObject({
      grant_types_supported: expect.arrayContaining([jwtBearer]),
      authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'],
    })
    const none = await startTestOAuth()
    const said = await metadata(none)
    expect(said['grant_types_supported']).not.toContain(jwtBearer)
    expect(said).not.toHaveProperty('authorization_grant_profiles_supported')
    const client = await app('Assistant', null, none)
    const assertion = await assertionFor(idp, client.clientId, none.clock)
    expect(await errorOf(await present(none, client, assertion))).toEqual([400, 'unsupported_grant_type'])
    await none.close()
  })
})

describe('X3 what an assertion must say', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['A216 another type', {}, { typ: 'JWT' }],
    ['A216 an ID token’s missing type', {}, { typ: undefined }],
    ['A216 an access token’s type', {}, { typ: 'at+jwt' }],
    ['A218 another issuer', { iss: 'https://login.mallory.example' }, {}],
    ['A218 an issuer nearly the same', { iss: `${idpIssuer}/` }, {}],
    ['A218 another audience', { aud: 'https://elsewhere.example' }, {}],
    ['A218 the token endpoint as audience', { aud: `${issuer}/oauth/token` }, {}],
    ['A218 several audiences', { aud: [issuer, 'https://elsewhere.example'] }, {}],
    ['A219 another client', { client_id: 'cli_somebody' }, {}],
    ['A219 no client', { client_id: undefined }, {}],
    ['A220 a resource that isn’t here', { resource: 'https://elsewhere.example/mcp' }, {}],
    ['A220 no resource', { resource: undefined }, {}],
    ['A221 no jti', { jti: undefined }, {}],
    ['A221 no subject', { sub: undefined }, {}],
    ['A221 a subject that nobody can be called', { sub: 'ada\0' }, {}],
    ['A225 an address that nobody can have', { email: 'ada\0@acme.example', email_verified: true }, {}],
    ['A221 no expiry', { exp: undefined }, {}],
    ['A221 no time of issue', { iat: undefined }, {}],
    ['A222 no scope of ours', { scope: 'mail.read' }, {}],
    ['X2 limits that nobody here would keep', { authorization_details: [{ type: 'report' }] }, {}],
    ['RFC 7515 §4.1.11 an extension we don’t know', {}, { crit: ['b64'], b64: true }],
    ['a key nobody has', {}, { kid: 'key-unknown' }],
  ])('X3 %s is refused', async (_name, claims, header) => {
    expect(await errorOf(await present(t, assistant, await say(claims, header)))).toEqual(invalidGrant)
  })

  it('X3 time: expired, from the future, good for too long (RFC 7523 §3)', async () => {
    const now = epochSeconds(t.clock.now())
    for (const claims of [{ exp: now - 31 }, { iat: now + 31 }, { nbf: now + 31 }, { exp: now + 3 * 3600 }]) {
      expect(await errorOf(await present(t, assistant, await say(claims)))).toEqual(invalidGrant)
    }
    expect((await present(t, assistant, await say({ exp: now - 29 }))).status).toBe(200)
  })

  it('X3 A217 signed by the provider’s own key, asymmetric, or not at all (RFC 8725 §3.1)', async () => {
    const stolen = { ...idp, key: { ...(await assertionKey('ES256', idp.key.kid)) } }
    expect(await errorOf(await present(t, assistant, await say({}, {}, stolen)))).toEqual(invalidGrant)
    const [, body] = (await say()).split('.')
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'oauth-id-jag+jwt' })).toString('base64url')
    for (const forged of [`${none}.${body}.`, `${none}.${body}.AA`, 'not a jwt', '..', '']) {
      const [status, error] = await errorOf(await present(t, assistant, forged))
      expect([status, error === 'invalid_grant' || error === 'invalid_request']).toEqual([400, true])
    }
  })

  it('X3 an ID token or access token of ours is none', async () => {
    const { access_token: token } = await tokensFor(t)
    expect(await errorOf(await present(t, assistant, token))).toEqual(invalidGrant)
  })

  it('A221 is good once, 16 times at once too, for whichever request comes first', async () => {
    const assertion = await say()
    const answers = await Promise.all(Array.from({ length: 16 }, () => present(t, assistant, assertion)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await errorOf(await present(t, assistant, assertion))).toEqual(invalidGrant)
  })

  it('A220 a request for another resource than the assertion’s is refused; the same one in other spelling isn’t', async () => {
    expect(await errorOf(await present(t, assistant, await say(), { resource: otherResource }))).toEqual(
      invalidGrant,
    )
    const { access_token: token } = await tokensOf(
      await present(t, assistant, await say({ resource: [`${otherResource}/`] }), {
        resource: otherResource,
      }),
    )
    expect(await t.oauth.verify(token, otherResource)).toBeDefined()
    expect(await t.oauth.verify(token, resource)).toBeUndefined()
  })

  it('A222 scopes are what assertion, request and client all have', async () => {
    const capped = await app('Capped', ['crm:read', 'crm:delete'])
    const from = (claims = {}) => assertionFor(idp, capped.clientId, t.clock, claims)
    expect((await tokensOf(await present(t, capped, await from()))).scope).toBe('crm:read')
    const asked = { scope: 'crm:delete' }
    expect(await errorOf(await present(t, capped, await from(), asked))).toEqual(invalidGrant)
    const wide = await from({ scope: 'crm:read crm:delete crm:send' })
    expect((await tokensOf(await present(t, capped, wide))).scope).toBe('crm:read crm:delete')
    // Naming none is no leave to choose: the usual ones, and nothing stronger.
    const none = () => from({ scope: undefined })
    expect((await tokensOf(await present(t, capped, await none()))).scope).toBe('crm:read')
    expect(await errorOf(await present(t, capped, await none(), asked))).toEqual(invalidGrant)
  })

  it('A224 one that names a key needs a proof of that key (RFC 9449)', async () => {
    const [key, other] = [await proofKey(), await proofKey()]
    const bound = () => say({ cnf: { jkt: key.jkt } })
    const proof = async (by: typeof key) => ({
      dpop: await by.prove({ url: `${issuer}/oauth/token`, now: epochSeconds(t.clock.now()) }),
    })
    expect(await errorOf(await present(t, assistant, await bound()))).toEqual(invalidGrant)
    expect(await errorOf(await present(t, assistant, await bound(), {}, await proof(other)))).toEqual(
      invalidGrant,
    )
    const tokens = await tokensOf(await present(t, assistant, await bound(), {}, await proof(key)))
    expect(tokens.token_type).toBe('DPoP')
  })
})

describe('whose assertion', () => {
  it('A225 a member it signed in is known by its own name for her, whatever address it says', async () => {
    links.set(`${idpIssuer} subject-42`, t.people.ada.member)
    const claims = { sub: 'subject-42', email: 'grace@acme.example' }
    const { access_token: token } = await tokensOf(await present(t, assistant, await say(claims)))
    expect((await t.oauth.verify(token, resource))?.subject).toBe(t.people.ada.member)
  })

  it('A225 an address names a member only when it is verified and in a domain the settings name (CVE-2026-53516)', async () => {
    const outsider = person('Alan', false, t.clock)
    outsider.email = 'alan@elsewhere.example'
    for (const claims of [
      { email_verified: false },
      { email_verified: undefined },
      { email: undefined },
      { email: outsider.email },
      { email: 'nobody@acme.example' },
      { email: 'grace@acme.example@elsewhere.example' },
    ]) {
      expect(await errorOf(await present(t, assistant, await say(claims)))).toEqual(invalidGrant)
    }
  })

  it('a member who may not sign in any more gets no token', async () => {
    const gone = person('Linus', false, t.clock)
    const claims = { sub: 'linus', email: gone.email }
    expect((await present(t, assistant, await say(claims))).status).toBe(200)
    disabled.add(gone.member)
    expect(await errorOf(await present(t, assistant, await say(claims)))).toEqual(invalidGrant)
  })

  it('A225 another tenant of the same provider is a stranger', async () => {
    const own = await openIdp({ tenant: 'acme' })
    const pinned = await startTestOAuth({ enterpriseProviders: [own.provider] })
    const client = await app('Assistant', null, pinned)
    const from = (claims: Record<string, unknown>) => assertionFor(own, client.clientId, pinned.clock, claims)
    for (const claims of [{}, { tenant: 'mallory' }]) {
      expect(await errorOf(await present(pinned, client, await from(claims)))).toEqual(invalidGrant)
    }
    const email = pinned.people.grace.email
    expect((await present(pinned, client, await from({ tenant: 'acme', email }))).status).toBe(200)
    await pinned.close()
  })

  it('A215 a public client, and one nobody registered for it, get nothing', async () => {
    const assertion = await assertionFor(idp, t.clients.ledger.clientId, t.clock)
    expect(await errorOf(await present(t, t.clients.ledger, assertion))).toEqual([400, 'unauthorized_client'])
    const bare = await t.post('/oauth/token', {
      grant_type: jwtBearer,
      assertion: await say(),
      client_id: assistant.clientId,
    })
    expect(await errorOf(bare)).toEqual([401, 'invalid_client'])
    const mallory = await t.post(
      '/oauth/token',
      { grant_type: jwtBearer, assertion: await say() },
      basic(t.clients.mallory),
    )
    expect(await errorOf(mallory)).toEqual([400, 'unauthorized_client'])
  })
})

describe('A215 an app known by its metadata document', () => {
  const url = 'https://assistant.example/client.json'
  const from = async (own: TestOAuth, key: AssertionKey) => {
    const now = epochSeconds(own.clock.now())
    const email = own.people.grace.email
    return own.post('/oauth/token', {
      grant_type: jwtBearer,
      assertion: await assertionFor(idp, url, own.clock, { email }),
      ...asserted(await key.sign(now, { iss: url, sub: url, aud: issuer })),
    })
  }
  const publish = (own: TestOAuth, key: AssertionKey) =>
    own.publish(url, {
      client_name: 'Assistant',
      redirect_uris: ['https://assistant.example/cb'],
      grant_types: ['authorization_code', jwtBearer],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
    })

  it('comes in at its first request, with its own key, when the policy lets any app in', async () => {
    const own = await startTestOAuth({ enterpriseProviders: [idp.provider] })
    const key = await assertionKey()
    publish(own, key)
    const { access_token: token } = await tokensOf(await from(own, key))
    expect(await own.oauth.verify(token, resource)).toMatchObject({ clientId: url })
    // Wanted by somebody: not forgotten after a day like one that nobody consented to.
    const { rows } = await sql`select claimed_at is not null as kept from client where id = ${url}`.execute(
      own.storage.db<never>(),
    )
    expect(rows).toEqual([{ kept: true }])
    expect(await errorOf(await from(own, await assertionKey('ES256', key.kid)))).toEqual([
      401,
      'invalid_client',
    ])
    await own.close()
  })

  it('gets nothing under “ask” before an administrator approved it: nobody is there who could wait', async () => {
    const own = await startTestOAuth({ enterpriseProviders: [idp.provider], clientPolicy: 'ask' })
    const key = await assertionKey()
    publish(own, key)
    expect(await errorOf(await from(own, key))).toEqual([400, 'unauthorized_client'])
    await own.close()
  })
})

describe('its end', () => {
  it('what the member ended stays ended, whatever the provider says, until an administrator opens it', async () => {
    const client = await app('Ended assistant')
    const from = (claims = {}) => assertionFor(idp, client.clientId, t.clock, claims)
    const { access_token: token } = await tokensOf(await present(t, client, await from()))
    const id = (await t.oauth.verify(token, resource))?.grantId
    if (!isId('grt', id)) throw new Error('no grant')
    const hers = { member: t.people.grace.member, administrator: false }
    expect(await t.oauth.grants.end(id, hers, 'enough')).toBe(true)
    expect(await t.oauth.verify(token, resource)).toBeUndefined()
    expect(await errorOf(await present(t, client, await from()))).toEqual(invalidGrant)
    expect(await errorOf(await present(t, client, await from({ scope: 'crm:read' })))).toEqual(invalidGrant)
    // Hers alone: another member still uses it.
    const ada = await from({ sub: 'ada-at-the-idp', email: t.people.ada.email })
    expect((await present(t, client, ada)).status).toBe(200)
    expect(await t.oauth.unattended.open(client.clientId, { member: t.people.ada.member })).toBe(true)
    expect((await present(t, client, await from())).status).toBe(200)
  })
})

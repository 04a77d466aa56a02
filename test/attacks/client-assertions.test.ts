import { createHmac, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { epochSeconds } from '#foundation'
import { asserted, assertionKey, assertionType } from '../support/assertions.ts'
import type { AssertionKey } from '../support/assertions.ts'
import { refusalOf } from '../support/bound-notebook.ts'
import { deviceGrant } from '../support/device.ts'
import { basic, codeFor, issuer, pkce, startTestOAuth, tokensFor } from '../support/oauth.ts'
import type { TestOAuth, Tokens } from '../support/oauth.ts'
import {
  authenticated,
  chat,
  chatRedirect,
  mallory,
  malloryRedirect,
  refused,
  startSigningClients,
} from '../support/signing-clients.ts'
import type { SigningClients } from '../support/signing-clients.ts'

let clients: SigningClients
let t: TestOAuth
let key: AssertionKey
let malloryKey: AssertionKey

beforeAll(async () => {
  clients = await startSigningClients()
  ;({ t, key, malloryKey } = clients)
})
afterAll(() => t.close())

const now = () => epochSeconds(t.clock.now())
const sign: SigningClients['sign'] = (...said) => clients.sign(...said)
const probe: SigningClients['probe'] = (...sent) => clients.probe(...sent)

async function tokensOfChat(): Promise<Tokens> {
  const { code, verifier } = await codeFor(t, { clientId: chat, redirectUri: chatRedirect })
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
  const response = await t.post('/oauth/token', { ...form, client_id: chat, ...asserted(await sign()) })
  expect(response.status).toBe(200)
  return (await response.json()) as Tokens
}

describe('private_key_jwt (RFC 7523; A181 to A187)', () => {
  it('A186 a client of ChatGPT’s shape signs in, refreshes and signs out with RS256 and a jwks_uri', async () => {
    const tokens = await tokensOfChat()
    const refreshed = await t.post('/oauth/token', {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
      ...asserted(await sign()),
    })
    expect(refreshed.status).toBe(200)
    const { refresh_token: token, access_token } = (await refreshed.json()) as Tokens
    expect((await t.post('/oauth/revoke', { token, ...asserted(await sign()) })).status).toBe(200)
    expect(await t.oauth.verify(access_token, `${issuer}/mcp`)).toBeUndefined()
  })

  it('a client with the keys in its document does the same', async () => {
    const options = { clientId: mallory, redirectUri: malloryRedirect }
    const { code, verifier } = await codeFor(t, options)
    const assertion = await malloryKey.sign(now(), { iss: mallory, sub: mallory, aud: issuer })
    const form = { grant_type: 'authorization_code', code, code_verifier: verifier, ...asserted(assertion) }
    expect((await t.post('/oauth/token', form)).status).toBe(200)
  })

  it('a client that registered itself with its keys does the same, and has no secret (RFC 7591 §2)', async () => {
    const own = await assertionKey('EdDSA')
    const { status, body } = await t.register({
      client_name: 'Registered',
      redirect_uris: [malloryRedirect],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [own.jwk] },
    })
    expect([status, 'client_secret' in body]).toEqual([201, false])
    const id = body.client_id
    const { code, verifier } = await codeFor(t, { clientId: id, redirectUri: malloryRedirect })
    const form = { grant_type: 'authorization_code', code, code_verifier: verifier, client_id: id }
    expect(await refusalOf(await t.post('/oauth/token', form))).toEqual(refused)
    const assertion = await own.sign(now(), { iss: id, sub: id, aud: `${issuer}/oauth/token` })
    expect((await t.post('/oauth/token', { ...form, ...asserted(assertion) })).status).toBe(200)
  })

  it.each([
    ['the issuer', issuer],
    ['the token endpoint', `${issuer}/oauth/token`],
    ['a list of one', [issuer]],
  ])('A153, A182 its audience may be %s', async (_name, aud) => {
    expect(await refusalOf(await probe(asserted(await sign({ aud }))))).toEqual(authenticated)
  })

  it('A151, A184 client_id may be left out; one that differs from sub is refused', async () => {
    expect(await refusalOf(await probe({ client_id: chat, ...asserted(await sign()) }))).toEqual(
      authenticated,
    )
    const other = { client_id: t.clients.notebook.clientId, ...asserted(await sign()) }
    expect(await refusalOf(await probe(other))).toEqual(refused)
  })

  it('A181 it is taken at every endpoint that clients authenticate at, also at a first contact there', async () => {
    const tv = 'https://tv.example/client.json'
    t.publish(tv, {
      client_name: 'Television',
      redirect_uris: ['https://tv.example/callback'],
      grant_types: ['authorization_code', deviceGrant],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [malloryKey.jwk] },
    })
    const request = {
      response_type: 'code',
      redirect_uri: 'https://tv.example/callback',
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
    }
    for (const [path, form, status] of [
      ['/oauth/device_authorization', {}, 200],
      ['/oauth/par', request, 201],
      ['/oauth/introspect', { token: 'x' }, 200],
      ['/oauth/revoke', { token: 'x' }, 200],
    ] as const) {
      const assertion = await malloryKey.sign(now(), { iss: tv, sub: tv, aud: issuer })
      const unsigned = await t.post(path, { client_id: tv, ...form })
      expect([path, ...(await refusalOf(unsigned))]).toEqual([path, ...refused])
      const answer = await t.post(path, { ...form, ...asserted(assertion) })
      expect([path, answer.status]).toEqual([path, status])
    }
  })

  it('A187 by setting only the issuer is its audience', async () => {
    const strict = await startTestOAuth({ assertionsForIssuerOnly: true })
    const own = await assertionKey()
    strict.publish(mallory, {
      client_name: 'App',
      redirect_uris: [malloryRedirect],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [own.jwk] },
    })
    await codeFor(strict, { clientId: mallory, redirectUri: malloryRedirect })
    const ask = async (aud: string) => {
      const assertion = await own.sign(epochSeconds(strict.clock.now()), { iss: mallory, sub: mallory, aud })
      const form = { grant_type: 'refresh_token', refresh_token: 'none', ...asserted(assertion) }
      return refusalOf(await strict.post('/oauth/token', form))
    }
    expect(await ask(issuer)).toEqual(authenticated)
    expect(await ask(`${issuer}/oauth/token`)).toEqual(refused)
    await strict.close()
  })

  it('A15 discovery names the method and its algorithms, none of them symmetric', async () => {
    const document = await (await t.get('/.well-known/oauth-authorization-server')).json()
    expect(document).toMatchObject({
      token_endpoint_auth_methods_supported: expect.arrayContaining(['none', 'private_key_jwt']),
      token_endpoint_auth_signing_alg_values_supported: expect.arrayContaining(['RS256', 'ES256']),
    })
    expect(JSON.stringify(document)).not.toMatch(/HS\d|"none"\]?,"?HS/)
  })
})

describe('A1: more than one way at once, and ways a client isn’t registered for', () => {
  it('A1 two ways in one request are refused, even when both are good (A66)', async () => {
    const both = [
      probe(asserted(await sign()), basic(t.clients.ledger)),
      probe({ ...asserted(await sign()), client_secret: 'x', client_id: chat }),
      probe(
        { client_id: t.clients.ledger.clientId, client_secret: t.clients.ledger.clientSecret ?? '' },
        basic(t.clients.ledger),
      ),
    ]
    for (const answer of await Promise.all(both))
      expect(await refusalOf(answer)).toEqual([400, 'invalid_request'])
  })

  it('A1 a client with a key is nobody without it: not as public, not with a secret', async () => {
    expect(await refusalOf(await probe({ client_id: chat }))).toEqual(refused)
    expect(await refusalOf(await probe({ client_id: chat, client_secret: 'guess' }))).toEqual(refused)
    expect(await refusalOf(await probe({}, basic({ clientId: chat, clientSecret: 'guess' })))).toEqual(
      refused,
    )
    const { code, verifier } = await codeFor(t, { clientId: chat, redirectUri: chatRedirect })
    const form = { grant_type: 'authorization_code', client_id: chat, code, code_verifier: verifier }
    expect(await refusalOf(await t.post('/oauth/token', form))).toEqual(refused)
    // The code is still there for the client itself.
    expect((await t.post('/oauth/token', { ...form, ...asserted(await sign()) })).status).toBe(200)
  })

  it('A1 an assertion doesn’t help a client that registered another way', async () => {
    const id = t.clients.ledger.clientId
    const assertion = await sign({ iss: id, sub: id })
    expect(await refusalOf(await probe(asserted(assertion)))).toEqual(refused)
  })

  it('A1 one half of an assertion, another type of it, or two of them are refused', async () => {
    const assertion = await sign()
    expect(await refusalOf(await probe({ client_assertion: assertion, client_id: chat }))).toEqual(refused)
    expect(await refusalOf(await probe({ client_assertion_type: assertionType, client_id: chat }))).toEqual(
      refused,
    )
    const saml = 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer'
    const form = { client_assertion: assertion, client_assertion_type: saml, client_id: chat }
    expect(await refusalOf(await probe(form))).toEqual(refused)
    const twice = new URLSearchParams({ grant_type: 'refresh_token', ...asserted(assertion) })
    twice.append('client_assertion', await sign())
    const request = new Request(`${issuer}/oauth/token`, { method: 'POST', body: twice })
    const answer = await t.oauth.handle(request, { ip: '127.0.0.1' })
    expect(answer && (await refusalOf(answer))).toEqual([400, 'invalid_request'])
    // None of them used it up.
    expect(await refusalOf(await probe(asserted(assertion)))).toEqual(authenticated)
  })
})

describe('A2: assertions that prove nothing', () => {
  const wrong: [string, Record<string, unknown>][] = [
    ['for two audiences', { aud: [issuer, 'https://other.example'] }],
    ['for nobody', { aud: [] }],
    ['without audience', { aud: undefined }],
    ['for another server', { aud: 'https://other.example/oauth/token' }],
    ['for another endpoint', { aud: `${issuer}/oauth/revoke` }],
    ['for the issuer with a slash', { aud: `${issuer}/` }],
    ['for the resource', { aud: `${issuer}/mcp` }],
    ['issued by somebody else', { iss: mallory }],
    ['about somebody else', { sub: mallory }],
    ['without iss', { iss: undefined }],
    ['without sub', { sub: undefined }],
    ['without exp', { exp: undefined }],
  ]
  it.each(wrong)('A2 %s', async (_name, claims) => {
    expect(await refusalOf(await probe({ client_id: chat, ...asserted(await sign(claims)) }))).toEqual(
      refused,
    )
  })

  it.each([
    ['expired', (at: number) => ({ iat: at - 120, exp: at - 60 })],
    ['good for more than ten minutes', (at: number) => ({ exp: at + 660 })],
    ['good for an hour', (at: number) => ({ exp: at + 3600 })],
    ['in milliseconds', (at: number) => ({ iat: at * 1000, exp: at * 1000 + 60 })],
    ['not good yet', (at: number) => ({ nbf: at + 120 })],
    ['made in the future', (at: number) => ({ iat: at + 120 })],
    ['made yesterday', (at: number) => ({ iat: at - 86_400 })],
    ['with an end that is a text', (at: number) => ({ exp: `${at + 60}` })],
  ])('A2 %s', async (_name, claims) => {
    expect(await refusalOf(await probe(asserted(await sign(claims(now())))))).toEqual(refused)
  })

  it('A2 signed by another client’s key, by its kid or the victim’s', async () => {
    for (const kid of [malloryKey.kid, key.kid]) {
      const forged = await sign({}, { kid }, malloryKey)
      expect(await refusalOf(await probe(asserted(forged)))).toEqual(refused)
    }
  })

  it('A2 unsigned, or signed with the public key as a secret (alg confusion)', async () => {
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const body = encode({ iss: chat, sub: chat, aud: issuer, exp: now() + 60, jti: randomUUID() })
    for (const alg of ['none', 'None', 'HS256', 'HS512']) {
      const input = `${encode({ alg, kid: key.kid })}.${body}`
      const signature = createHmac('sha256', JSON.stringify(key.jwk)).update(input).digest('base64url')
      for (const end of ['', signature]) {
        expect(await refusalOf(await probe(asserted(`${input}.${end}`)))).toEqual(refused)
      }
    }
  })

  it('A2 an algorithm that isn’t the key’s own', async () => {
    const input = (await sign({}, { alg: 'RS256' })).split('.')
    const head = Buffer.from(JSON.stringify({ alg: 'PS256', kid: key.kid })).toString('base64url')
    expect(await refusalOf(await probe(asserted([head, input[1], input[2]].join('.'))))).toEqual(refused)
  })

  it('A2 a critical extension, an embedded key, a token of another type', async () => {
    const { jwk } = malloryKey
    for (const header of [
      { jwk, kid: undefined },
      { jku: 'https://mallory.example/jwks', kid: 'x' },
    ]) {
      expect(await refusalOf(await probe(asserted(await sign({}, header, malloryKey))))).toEqual(refused)
    }
    expect(clients.fetched('https://mallory.example/jwks')).toBe(0)
    for (const typ of ['at+jwt', 'dpop+jwt', 'oauth-id-jag+jwt', 'logout+jwt']) {
      expect(await refusalOf(await probe(asserted(await sign({}, { typ }))))).toEqual(refused)
    }
    expect(
      await refusalOf(await probe(asserted(await sign({}, { typ: 'client-authentication+jwt' })))),
    ).toEqual(authenticated)
  })

  it('A2 an access token of the client’s own is no assertion', async () => {
    const { access_token } = await tokensFor(t)
    expect(await refusalOf(await probe(asserted(access_token)))).toEqual(refused)
  })

  it.each(['', 'a', 'a.b', 'a.b.c', '..', 'e30.e30.e30', `${'a'.repeat(20_000)}.b.c`])(
    'A2 what isn’t a JWT at all (%#)',
    async (text) => {
      const form = { client_id: chat, client_assertion_type: assertionType, client_assertion: text }
      expect(await refusalOf(await probe(form))).toEqual(refused)
    },
  )
})

describe('A2: an assertion is good once', () => {
  it('A2 a replay is refused, at whichever endpoint', async () => {
    const assertion = await sign()
    expect(await refusalOf(await probe(asserted(assertion)))).toEqual(authenticated)
    expect(await refusalOf(await probe(asserted(assertion)))).toEqual(refused)
    expect(await refusalOf(await t.post('/oauth/revoke', { token: 'x', ...asserted(assertion) }))).toEqual(
      refused,
    )
  })

  it('A2 of 32 at once exactly one counts', async () => {
    const assertion = await sign()
    const answers = await Promise.all(
      Array.from({ length: 32 }, async () => refusalOf(await probe(asserted(assertion)))),
    )
    expect(answers.filter(([status]) => status === 400)).toHaveLength(1)
    expect(answers.filter(([status]) => status === 401)).toHaveLength(31)
  })

  it('A2 without jti the signed text itself is remembered, whatever its signature', async () => {
    const own = await malloryKey.sign(now(), { iss: mallory, sub: mallory, aud: issuer, jti: undefined })
    expect(await refusalOf(await probe(asserted(own)))).toEqual(authenticated)
    expect(await refusalOf(await probe(asserted(own)))).toEqual(refused)
    // ECDSA: (r, n - s) signs the same text as (r, s).
    const [head, body, signature = ''] = own.split('.')
    const bytes = Buffer.from(signature, 'base64url')
    const n = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
    const s = n - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
    const other = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
    const twin = [head, body, other.toString('base64url')].join('.')
    expect(await refusalOf(await probe(asserted(twin)))).toEqual(refused)
  })

  it('A2 two clients may choose the same jti', async () => {
    const jti = randomUUID()
    const theirs = await malloryKey.sign(now(), { iss: mallory, sub: mallory, aud: issuer, jti })
    expect(await refusalOf(await probe(asserted(theirs)))).toEqual(authenticated)
    expect(await refusalOf(await probe(asserted(await sign({ jti }))))).toEqual(authenticated)
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { epochSeconds } from '#foundation'
import { createGuard } from '#guard'
import { boundNotebook, invalidProof, refusalOf, tokensOf } from '../support/bound-notebook.ts'
import {
  basic,
  codeFor,
  issuer,
  ledgerRedirect,
  notebookRedirect,
  resource,
  startTestOAuth,
  tokensFor,
} from '../support/oauth.ts'
import type { TestOAuth } from '../support/oauth.ts'
import { proofKey } from '../support/proofs.ts'
import type { ProofKey, ProofOf } from '../support/proofs.ts'

const tokenEndpoint = `${issuer}/oauth/token`
let t: TestOAuth
let key: ProofKey
let other: ProofKey
const { prove, ask, boundTokens, boundTo } = boundNotebook(() => t)

beforeAll(async () => {
  t = await startTestOAuth()
})
afterAll(() => t.close())
beforeEach(async () => {
  key = await proofKey()
  other = await proofKey()
})

describe('tokens bound to a key (RFC 9449)', () => {
  it('A166 the token says to which, and is of type DPoP', async () => {
    const tokens = await boundTokens(key)
    expect(tokens.token_type).toBe('DPoP')
    expect(await boundTo(tokens)).toBe(key.jkt)
    const [, payload = ''] = tokens.access_token.split('.')
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ cnf: { jkt: key.jkt } })
    expect((await tokensFor(t)).token_type).toBe('Bearer')
  })

  it('A172 introspection says so too (§6.2)', async () => {
    const { clientId } = t.clients.ledger
    const { code, verifier } = await codeFor(t, { clientId, redirectUri: ledgerRedirect })
    const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
    const headers = { ...basic(t.clients.ledger), dpop: await prove(key) }
    const tokens = await tokensOf(await t.post('/oauth/token', form, headers))
    const asked = t.post('/oauth/introspect', { token: tokens.access_token }, basic(t.clients.ledger))
    expect(await (await asked).json()).toMatchObject({ token_type: 'DPoP', cnf: { jkt: key.jkt } })
  })

  it('A21 discovery names the algorithms, at the server and at its resources', async () => {
    for (const path of ['oauth-authorization-server', 'oauth-protected-resource/mcp']) {
      const document = await (await t.get(`/.well-known/${path}`)).json()
      expect(document).toMatchObject({
        dpop_signing_alg_values_supported: expect.arrayContaining(['ES256', 'RS256', 'EdDSA']),
      })
    }
  })

  it('A169 pages may send proofs and read nonces (CORS)', async () => {
    const request = new Request(tokenEndpoint, { method: 'OPTIONS' })
    const answer = await t.oauth.handle(request, { ip: '127.0.0.1' })
    expect(answer?.headers.get('access-control-allow-headers')).toContain('DPoP')
    expect(answer?.headers.get('access-control-expose-headers')).toContain('DPoP-Nonce')
  })

  it('A170 a client that registered dpop_bound_access_tokens gets nothing without a proof', async () => {
    const { body } = await t.register({
      client_name: 'Careful',
      redirect_uris: [notebookRedirect],
      token_endpoint_auth_method: 'none',
      dpop_bound_access_tokens: true,
    })
    const { code, verifier } = await codeFor(t, { clientId: body.client_id })
    const form = {
      client_id: body.client_id,
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
    }
    expect(await refusalOf(await ask(form, null))).toEqual(invalidProof)
    const tokens = await tokensOf(await ask(form, key))
    const again = {
      client_id: body.client_id,
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
    }
    expect(await refusalOf(await ask(again, null))).toEqual(invalidProof)
    expect((await ask(again, key)).status).toBe(200)
  })
})

describe('what an administrator holds an app to', () => {
  it('A170, A179 is demanded until she takes it back', async () => {
    const by = { actor: { kind: 'member' as const, id: t.people.ada.member, name: 'Ada' } }
    const redirectUris = [notebookRedirect]
    const { clientId } = await t.oauth.clients.create({
      name: 'Held',
      redirectUris,
      confidential: false,
      boundTokens: true,
      pushedRequests: true,
    })
    const request = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: notebookRedirect,
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
    }
    const asked = async () =>
      (await t.browser(t.people.grace).open(request)).headers.get('location')?.includes('/consent/')
    const refused = { client_id: clientId, grant_type: 'refresh_token', refresh_token: 'x' }
    expect(await asked()).toBe(false)
    expect(await refusalOf(await ask(refused, null))).toEqual(invalidProof)
    expect(await t.oauth.clients.view(clientId)).toMatchObject({ boundTokens: true, pushedRequests: true })

    await t.oauth.clients.change(clientId, { boundTokens: false, pushedRequests: false }, by)
    expect(await asked()).toBe(true)
    expect(await refusalOf(await ask(refused, null))).toEqual([400, 'invalid_grant'])
    // What isn't named stays.
    await t.oauth.clients.change(clientId, { boundTokens: true }, by)
    await t.oauth.clients.change(clientId, { name: 'Held again' }, by)
    expect(await t.oauth.clients.view(clientId)).toMatchObject({ boundTokens: true, pushedRequests: false })
  })
})

describe('A3: proofs at the token endpoint', () => {
  it.each<[string, Partial<ProofOf>]>([
    ['for another endpoint', { url: `${issuer}/oauth/revoke` }],
    ['for the token endpoint of another server', { url: 'https://other.example/oauth/token' }],
    ['for a GET', { method: 'GET' }],
    ['made long ago', { now: 1_700_000_000 }],
    ['without jti', { claims: { jti: undefined } }],
    ['of type JWT', { header: { typ: 'JWT' } }],
    ['without a key', { header: { jwk: undefined } }],
  ])('A3, A171 %s', async (_name, more) => {
    const { code, verifier } = await codeFor(t)
    const form = { client_id: t.clients.notebook.clientId, code, code_verifier: verifier }
    const sent = { ...form, grant_type: 'authorization_code' }
    const refused = await t.post('/oauth/token', sent, { dpop: await prove(key, more) })
    expect(await refusalOf(refused)).toEqual(invalidProof)
    // The code wasn't used up by it.
    expect((await t.post('/oauth/token', sent)).status).toBe(200)
  })

  it('A3 the alias path is another address: its proof must name it', async () => {
    const form = { client_id: t.clients.notebook.clientId, grant_type: 'refresh_token', refresh_token: 'x' }
    const alias = await t.post('/token', form, { dpop: await prove(key) })
    expect(await refusalOf(alias)).toEqual(invalidProof)
    const own = await t.post('/token', form, { dpop: await prove(key, { url: `${issuer}/token` }) })
    expect(await refusalOf(own)).toEqual([400, 'invalid_grant'])
  })

  it('A3 a proof is good once: of 20 at once one counts', async () => {
    const dpop = await prove(key)
    const form = { client_id: t.clients.notebook.clientId, grant_type: 'refresh_token', refresh_token: 'x' }
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => refusalOf(await t.post('/oauth/token', form, { dpop }))),
    )
    expect(answers.filter(([, error]) => error === 'invalid_grant')).toHaveLength(1)
    expect(answers.filter(([, error]) => error === 'invalid_dpop_proof')).toHaveLength(19)
  })

  it('A3 two proofs in one request prove nothing', async () => {
    const request = new Request(tokenEndpoint, {
      method: 'POST',
      body: new URLSearchParams({ client_id: t.clients.notebook.clientId, grant_type: 'refresh_token' }),
    })
    request.headers.append('dpop', await prove(key))
    request.headers.append('dpop', await prove(other))
    const answer = await t.oauth.handle(request, { ip: '127.0.0.1' })
    expect(answer && (await refusalOf(answer))).toEqual(invalidProof)
  })
})

describe('A3: a bound token at our own guard', () => {
  const guard = () => createGuard({ resource, verifier: t.oauth, dpop: { clock: t.clock } })
  const statusOf = async (headers: Record<string, string>) => {
    const given = { host: 'localhost:3000', ...headers }
    const checked = await guard().check(new Request(resource, { method: 'POST', headers: given }))
    return checked.ok ? 200 : checked.response.status
  }

  it('A3 passes with a proof of its key; as a bearer token, or with another key, it doesn’t', async () => {
    const { access_token: token } = await boundTokens(key)
    const proofBy = (by: ProofKey) => prove(by, { url: resource, accessToken: token })
    expect(await statusOf({ authorization: `DPoP ${token}`, dpop: await proofBy(key) })).toBe(200)
    expect(await statusOf({ authorization: `Bearer ${token}` })).toBe(401)
    expect(await statusOf({ authorization: `Bearer ${token}`, dpop: await proofBy(key) })).toBe(401)
    expect(await statusOf({ authorization: `DPoP ${token}`, dpop: await proofBy(other) })).toBe(401)
    expect(await statusOf({ authorization: `DPoP ${token}`, dpop: await prove(key) })).toBe(401)
  })
})

describe('A3: a bound token at userinfo', () => {
  const url = `${issuer}/oauth/userinfo`
  const openid = { scope: 'openid profile', prompt: 'consent' }

  it('A3 passes with a proof of its key, once; not as a bearer token, nor with another key', async () => {
    const { access_token: token } = await boundTokens(key, openid)
    const proofBy = (by: ProofKey) => prove(by, { url, method: 'GET', accessToken: token })
    const ask_ = (headers: Record<string, string>) => t.get('/oauth/userinfo', headers)
    const own = { authorization: `DPoP ${token}`, dpop: await proofBy(key) }
    expect((await ask_(own)).status).toBe(200)
    for (const headers of [
      own,
      { authorization: `Bearer ${token}` },
      { authorization: `Bearer ${token}`, dpop: await proofBy(key) },
      { authorization: `DPoP ${token}` },
      { authorization: `DPoP ${token}`, dpop: await proofBy(other) },
      { authorization: `DPoP ${token}`, dpop: await prove(key, { url, method: 'GET' }) },
    ]) {
      const answer = await ask_(headers)
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toMatch(/error="invalid_(token|dpop_proof)"/)
    }
    const { access_token: bearer } = await tokensFor(t, { more: openid })
    const proved = {
      authorization: `DPoP ${bearer}`,
      dpop: await prove(key, { url, method: 'GET', accessToken: bearer }),
    }
    expect((await ask_(proved)).status).toBe(401)
    expect((await ask_({ authorization: `Bearer ${bearer}` })).status).toBe(200)
  })
})

describe('A169: nonces (§8)', () => {
  it('A169 a proof without one hears which to use; the code and the assertion it came with stay unused', async () => {
    const strict = await startTestOAuth({ dpopNonces: true })
    const { code, verifier } = await codeFor(strict)
    const form = {
      client_id: strict.clients.notebook.clientId,
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
    }
    const now = epochSeconds(strict.clock.now())
    const send = async (nonce?: string) =>
      strict.post('/oauth/token', form, {
        dpop: await key.prove({ url: tokenEndpoint, now, claims: { nonce } }),
      })
    const first = await send()
    const nonce = first.headers.get('dpop-nonce') ?? ''
    expect(await refusalOf(first)).toEqual([400, 'use_dpop_nonce'])
    expect(await refusalOf(await send('made-up'))).toEqual([400, 'use_dpop_nonce'])
    const answer = await send(nonce)
    expect(answer.headers.get('dpop-nonce')).toBe(nonce)
    const tokens = await tokensOf(answer)
    // At userinfo too.
    const told = await strict.get('/oauth/userinfo', {
      authorization: `DPoP ${tokens.access_token}`,
      dpop: await key.prove({
        url: `${issuer}/oauth/userinfo`,
        method: 'GET',
        now,
        accessToken: tokens.access_token,
      }),
    })
    expect([told.status, told.headers.get('www-authenticate')]).toEqual([401, 'DPoP error="use_dpop_nonce"'])
    expect(told.headers.get('dpop-nonce')).toBe(nonce)
    // Without a proof nobody is bothered with nonces.
    const bearer = await strict.post('/oauth/revoke', {
      client_id: strict.clients.notebook.clientId,
      token: tokens.refresh_token,
    })
    expect([bearer.status, bearer.headers.get('dpop-nonce')]).toEqual([200, null])
    await strict.close()
  })
})

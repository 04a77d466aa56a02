import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isId } from '#foundation'
import { introspectionVerifier } from '#guard'
import { createRefreshTokens } from '../../src/oauth/token/refresh-token.ts'
import {
  basic,
  codeFor,
  issuer,
  ledgerRedirect,
  otherResource,
  resource,
  startTestOAuth,
  tokensFor,
} from '../support/oauth.ts'
import type { TestOAuth, Tokens } from '../support/oauth.ts'

type Credentials = { clientId: string; clientSecret: string | null }

let t: TestOAuth
// The servers of the two resources, set up by an administrator; Ledger is a confidential client like any other.
let mcpServer: Credentials
let apiServer: Credentials
let tokens: Tokens

beforeAll(async () => {
  t = await startTestOAuth()
  const serverOf = (name: string, servesResource: string) =>
    t.oauth.clients.create({ name, redirectUris: [], confidential: true, servesResource })
  mcpServer = await serverOf('MCP server', resource)
  apiServer = await serverOf('API server', otherResource)
})
afterAll(() => t.close())
beforeEach(async () => {
  tokens = await ledgerTokens()
})

async function ledgerTokens(): Promise<Tokens> {
  const { clientId } = t.clients.ledger
  const { code, verifier } = await codeFor(t, { clientId, redirectUri: ledgerRedirect })
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
  const response = await t.post('/oauth/token', form, basic(t.clients.ledger))
  return (await response.json()) as Tokens
}

const introspect = (token: string, by: Credentials, form: Record<string, string> = {}) =>
  t.post('/oauth/introspect', { token, ...form }, basic(by))
const said = async (token: string, by: Credentials, form: Record<string, string> = {}) => {
  const response = await introspect(token, by, form)
  expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
  return (await response.json()) as Record<string, unknown>
}
const nothing = { active: false }

describe('introspection (RFC 7662)', () => {
  it('A95 tells a client all about its own access token', async () => {
    const told = await said(tokens.access_token, t.clients.ledger)
    expect(told).toMatchObject({
      active: true,
      iss: issuer,
      sub: t.people.grace.member,
      aud: resource,
      client_id: t.clients.ledger.clientId,
      client_name: 'Ledger',
      scope: tokens.scope,
      token_type: 'Bearer',
      grant_id: expect.stringMatching(/^grt_/),
    })
    expect(told['exp']).toBe(Number(told['iat']) + 600)
    expect(told).not.toHaveProperty('cnf')
  })

  it('A95 tells a client about its own refresh token while it is the newest', async () => {
    const told = await said(tokens.refresh_token, t.clients.ledger)
    expect(told).toMatchObject({ active: true, client_id: t.clients.ledger.clientId, scope: tokens.scope })
    expect(told).not.toHaveProperty('aud')
    expect(told).not.toHaveProperty('token_type')
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
    const next = (await (await t.post('/oauth/token', form, basic(t.clients.ledger))).json()) as Tokens
    expect(await said(tokens.refresh_token, t.clients.ledger)).toEqual(nothing)
    expect(await said(next.refresh_token, t.clients.ledger)).toMatchObject({ active: true })
  })

  it('A87 whatever the hint says', async () => {
    for (const token_type_hint of ['access_token', 'refresh_token', 'nonsense']) {
      for (const token of [tokens.access_token, tokens.refresh_token]) {
        expect((await said(token, t.clients.ledger, { token_type_hint }))['active']).toBe(true)
      }
    }
  })

  it('A93 only for those who authenticate: not for a public client, a wrong secret or nobody', async () => {
    const { clientId } = t.clients.notebook
    const own = await tokensFor(t)
    const asked = [
      t.post('/oauth/introspect', { token: own.access_token, client_id: clientId }),
      t.post('/oauth/introspect', { token: own.access_token }, basic({ clientId, clientSecret: 'x' })),
      introspect(tokens.access_token, { ...t.clients.ledger, clientSecret: 'wrong' }),
    ]
    for (const response of await Promise.all(asked)) {
      expect([response.status, await response.json()]).toMatchObject([401, { error: 'invalid_client' }])
    }
    expect((await t.post('/oauth/introspect', { token: tokens.access_token })).status).toBe(400)
  })

  it('A94, A96 a resource server sees access tokens for its own resource, of any client, and no others', async () => {
    expect(await said(tokens.access_token, mcpServer)).toMatchObject({ active: true, aud: resource })
    expect(await said(tokens.access_token, apiServer)).toEqual(nothing)
    const notebooks = await tokensFor(t, { more: { resource: otherResource } })
    expect(await said(notebooks.access_token, apiServer)).toMatchObject({ active: true, aud: otherResource })
    expect(await said(notebooks.access_token, mcpServer)).toEqual(nothing)
    // Refresh tokens are between client and authorization server.
    for (const server of [mcpServer, apiServer])
      expect(await said(tokens.refresh_token, server)).toEqual(nothing)
  })

  it('A94 another client learns nothing, of either kind', async () => {
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      expect(await said(token, t.clients.mallory)).toEqual(nothing)
    }
  })

  it('A93 a resource server that an administrator blocked hears nothing any more', async () => {
    const server = await t.oauth.clients.create({
      name: 'Lost server',
      redirectUris: [],
      confidential: true,
      servesResource: resource,
    })
    expect(await said(tokens.access_token, server)).toMatchObject({ active: true })
    const by = { member: t.people.ada.member, actor: { kind: 'member', id: t.people.ada.member } } as const
    const fingerprint = (await t.oauth.clients.view(server.clientId))?.fingerprint ?? ''
    await t.oauth.approvals.decide({ client: server.clientId, fingerprint, decision: 'block' }, by)
    const answer = await introspect(tokens.access_token, server)
    // Not `active: false`: its clients' tokens are as good as before.
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'unauthorized_client' }])
  })

  it('A94 what isn’t a token of ours, or no longer, is inactive and nothing else', async () => {
    const grant = (await said(tokens.access_token, t.clients.ledger))['grant_id']
    if (!isId('grt', grant)) throw new Error('no grant')
    const forged = createRefreshTokens('another secret of another install').issue(grant)
    const { code } = await codeFor(t, { clientId: t.clients.ledger.clientId, redirectUri: ledgerRedirect })
    const changed = `${tokens.access_token.slice(0, -4)}AAAA`
    for (const token of ['unknown', 'a.b.c', '{}', forged, code, changed, 'x'.repeat(8192)]) {
      expect(await said(token, t.clients.ledger)).toEqual(nothing)
    }
    expect((await introspect('x'.repeat(8193), t.clients.ledger)).status).toBe(400)
    expect((await t.post('/oauth/introspect', {}, basic(t.clients.ledger))).status).toBe(400)
  })

  it('an expired token is inactive', async () => {
    t.clock.advance(606_000)
    expect(await said(tokens.access_token, t.clients.ledger)).toEqual(nothing)
    expect(await said(tokens.refresh_token, t.clients.ledger)).toMatchObject({ active: true })
  })

  it('G7 a grant that ended makes its tokens inactive at once, and no other grant’s', async () => {
    const others = await ledgerTokens()
    await t.post('/oauth/revoke', { token: tokens.refresh_token }, basic(t.clients.ledger))
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      expect(await said(token, t.clients.ledger)).toEqual(nothing)
      expect(await said(token, mcpServer)).toEqual(nothing)
    }
    expect(await said(others.access_token, mcpServer)).toMatchObject({ active: true })
  })

  it('A18 is named in discovery, with the ways to authenticate that are taken there', async () => {
    const document = await (await t.get('/.well-known/oauth-authorization-server')).json()
    expect(document).toMatchObject({
      introspection_endpoint: `${issuer}/oauth/introspect`,
      introspection_endpoint_auth_methods_supported: [
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
      ],
    })
  })
})

describe('a resource server', () => {
  it('is set up for a resource that exists here, and is confidential', async () => {
    const input = { name: 'Server', redirectUris: [], confidential: true }
    const elsewhere = { ...input, servesResource: 'https://other.example/mcp' }
    await expect(t.oauth.clients.create(elsewhere)).rejects.toThrow('invalid_target')
    const open = { ...input, confidential: false, servesResource: resource }
    await expect(t.oauth.clients.create(open)).rejects.toThrow('confidential')
  })

  it('D8 is not what a stranger can register as', async () => {
    const { body } = await t.register({
      client_name: 'Server',
      redirect_uris: ['https://mallory.example/callback'],
      token_endpoint_auth_method: 'client_secret_basic',
      serves_resource: resource,
      servesResource: resource,
    })
    const { client_id: clientId, client_secret: clientSecret } = body as unknown as Record<string, string>
    expect(
      await said(tokens.access_token, { clientId: clientId ?? '', clientSecret: clientSecret ?? '' }),
    ).toEqual(nothing)
  })

  it('has no redirect URI, so it can’t ask people for anything', async () => {
    const answer = await t.browser(t.people.grace).open({
      response_type: 'code',
      client_id: mcpServer.clientId,
      redirect_uri: 'https://mallory.example/callback',
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
    })
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
  })

  it('works with the guard’s verifier: the same content as in process, and nothing after the grant ended', async () => {
    const verifier = introspectionVerifier({
      issuer,
      introspectionUri: `${issuer}/oauth/introspect`,
      clientId: mcpServer.clientId,
      clientSecret: mcpServer.clientSecret ?? '',
      cacheSeconds: 0,
      clock: t.clock,
      fetch: async (input, init) => {
        const answer = await t.oauth.handle(new Request(input, init), { ip: '127.0.0.1' })
        return answer ?? new Response(null, { status: 404 })
      },
    })
    const own = await t.oauth.verify(tokens.access_token, resource)
    const { details: _, ...rest } = (await verifier.verify(tokens.access_token, resource)) ?? {}
    expect(own).toMatchObject(rest)
    expect(Object.keys(rest)).toContain('boundTo')
    expect(await verifier.verify(tokens.access_token, otherResource)).toBeUndefined()
    await t.post('/oauth/revoke', { token: tokens.access_token }, basic(t.clients.ledger))
    expect(await verifier.verify(tokens.access_token, resource)).toBeUndefined()
  })
})

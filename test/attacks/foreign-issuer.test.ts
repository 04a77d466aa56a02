import { createHmac, generateKeyPairSync } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GrantView } from '#contract'
import { startForeignIssuer } from '../support/foreign-issuer.ts'
import type { Forgery, ForeignIssuerDouble } from '../support/foreign-issuer.ts'
import { callTool, startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'

let as: ForeignIssuerDouble
let tandem: RunningTandem
let grace: Browser
let ada: Browser
beforeAll(async () => {
  as = await startForeignIssuer()
  tandem = await startTandem({ config: { TANDEM_AUTHORIZATION_SERVER: settings() } })
  ;[grace, ada] = [await tandem.signIn('grace'), await tandem.signIn('ada')]
})
afterAll(async () => {
  await tandem?.close()
  await as?.close()
})

const settings = (more: object = {}) => ({
  issuer: as.issuer,
  type: 'at+jwt' as const,
  email_domains: ['acme.example'],
  scopes: { 'twenty:read': ['crm:read', '*:read'], 'twenty:write': ['crm:write', '*:write'] },
  ...more,
})
const mcp = (of = tandem) => `${of.url}/mcp`
const token = ({ claims = {}, header, key }: Forgery = {}, of = tandem) =>
  as.sign({ ...as.claims(mcp(of)), ...claims }, header, key)
const call = (text: string, tool = 'whoami', of = tandem) => callTool(mcp(of), text, tool, {})
const statusOf = async (text: string, tool?: string, of?: RunningTandem) =>
  (await call(text, tool, of)).status
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const without = (...names: string[]): JWTPayload => Object.fromEntries(names.map((name) => [name, undefined]))
const grants = async (browser: Browser) => {
  const { body } = await browser.json('GET', '/api/grants')
  return (body as { grants: GrantView[] }).grants
}

it('a good token of the other server opens what its scopes mean here, and no more', async () => {
  const good = await token()
  const { status, body } = await call(good)
  expect(status).toBe(200)
  expect(JSON.stringify(body)).toContain('Grace')
  const refused = await call(good, 'apply_changes')
  expect(refused.status).toBe(403)
  // In the other server's words: that is where the app asks for more.
  expect(refused.headers.get('www-authenticate')).toMatch(/scope="twenty:write"/)
})

describe('four-systems §2.9 fault 3: what the signature does not cover is nobody’s word', () => {
  it('a token with alg none, wrong audience, expired, signature AAAA and a session id is refused', async () => {
    const lie = { ...as.claims('https://elsewhere.example'), exp: 1, sid: 'sess_1' }
    const text = `${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(lie)}.AAAA`
    expect(await statusOf(text)).toBe(401)
  })

  it.each([
    ['alg none', () => `${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(as.claims(mcp()))}.`],
    ['the signature AAAA', async () => `${(await token()).split('.').slice(0, 2).join('.')}.AAAA`],
    ['a session id', () => 'sess_2xhFjEI5X2qWRvtV13BzSj8H6Dk'],
    ['another key', () => token({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey })],
    ['a key that the token brings', () => token({ header: { jwk: { kty: 'EC' } }, key: stranger })],
    [
      'a key of an address that the token names',
      () => token({ header: { jku: 'http://127.0.0.1:1/' }, key: stranger }),
    ],
    ['an unknown kid', () => token({ header: { kid: 'two' }, key: stranger })],
    ['the published key as an HMAC secret', () => hmac()],
    ['no expiry', () => token({ claims: without('exp') })],
    ['an expiry in the past', () => token({ claims: { exp: 1 } })],
    ['a beginning to come', () => token({ claims: { nbf: Date.now() / 1000 + 3600 } })],
    [
      'no client: a session’s token, signed with the same key',
      () =>
        token({
          claims: { ...without('client_id', 'scope'), azp: 'https://app.acme.example', sid: 'sess_1' },
        }),
    ],
    ['the type of an ID token', () => token({ header: { typ: 'JWT' } })],
    ['no subject', () => token({ claims: without('sub') })],
    ['a key binding that we can’t check', () => token({ claims: { cnf: { 'x5t#S256': 'abc' } } })],
  ])('refuses %s', async (_what, make) => {
    expect(await statusOf(await make())).toBe(401)
  })
})

describe('G1 a token for another resource', () => {
  it.each([
    ['no audience', () => without('aud')],
    ['somebody else’s', () => ({ aud: 'https://elsewhere.example/mcp' })],
    ['our origin', () => ({ aud: tandem.url })],
    ['a prefix of ours', () => ({ aud: `${tandem.url}/mc` })],
    ['ours with more', () => ({ aud: `${tandem.url}/mcp/files` })],
    ['ours with a slash', () => ({ aud: `${tandem.url}/mcp/` })],
    ['the client itself: an ID token’s', () => ({ aud: 'planner' })],
  ])('is refused: %s', async (_what, claims) => {
    expect(await statusOf(await token({ claims: claims() }))).toBe(401)
  })

  it('counts at the resource that it names, and at no other', async () => {
    const headers = (text: string) => ({ headers: { authorization: `Bearer ${text}` } })
    const forApi = await token({ claims: { aud: `${tandem.url}/api` } })
    expect((await fetch(`${tandem.url}/api/objects`, headers(forApi))).status).toBe(200)
    expect((await fetch(`${tandem.url}/api/objects`, headers(await token()))).status).toBe(401)
    expect(await statusOf(forApi)).toBe(401)
  })
})

it.each([
  ['with a slash', (issuer: string) => `${issuer}/`],
  ['in capitals', (issuer: string) => issuer.toUpperCase()],
  ['another tenant’s', (issuer: string) => `${issuer}/tenant-of-mallory`],
  ['by another name', (issuer: string) => issuer.replace('127.0.0.1', 'localhost')],
])('G2 an issuer that only looks like ours is refused: %s', async (_what, iss) => {
  expect(await statusOf(await token({ claims: { iss: iss(as.issuer) } }))).toBe(401)
})

it('G3 Tandem’s own tokens count for nothing while another server is in charge', async () => {
  for (const path of [
    '/oauth/authorize',
    '/oauth/token',
    '/oauth/register',
    '/oauth/jwks',
    '/token',
    '/authorize',
  ])
    expect((await fetch(tandem.url + path)).status, path).toBe(404)
  for (const name of ['oauth-authorization-server', 'openid-configuration', 'jwks.json'])
    expect((await fetch(`${tandem.url}/.well-known/${name}`)).status, name).toBe(404)
})

describe('claims that lie', () => {
  const nobody = { sub: 'nobody-yet' }
  it.each([
    ['an address that isn’t verified', { ...nobody, email_verified: false }],
    ['a word for verified', { ...nobody, email_verified: 'true' }],
    ['an address of another domain', { ...nobody, email: 'grace@mallory.example' }],
    ['a domain that ends like ours', { ...nobody, email: 'grace@not-acme.example' }],
    ['two domains', { ...nobody, email: 'grace@acme.example@mallory.example' }],
    ['nobody’s address', { ...nobody, email: 'nobody@acme.example' }],
    ['no address', { ...nobody, ...without('email') }],
  ])('%s makes nobody a member, and says so in a sentence', async (_what, claims) => {
    const { status, headers, body } = await call(await token({ claims }))
    expect(status).toBe(403)
    // Another token wouldn't help: the app is to tell its person.
    expect(headers.get('www-authenticate')).toBeNull()
    expect(JSON.stringify(body)).toContain('does not know')
  })

  it('scopes that mean nothing here open nothing', async () => {
    for (const scope of ['', 'openid email', 'twenty:admin', 'crm', 'constructor', '__proto__', '*:read'])
      expect(
        await statusOf(await token({ claims: { scope, client_id: 'curious' } }), 'describe'),
        scope,
      ).toBe(403)
  })
})

describe('the grant that stands here for it', () => {
  const app = async (id: string, more: JWTPayload = {}) => token({ claims: { client_id: id, ...more } })
  const grantOf = async (name: string) => {
    const found = (await grants(grace)).find(({ client }) => client.name === name)
    if (!found) throw new Error(`no grant of ${name}`)
    return found
  }

  it('is one for each app and person; she sees it, and nobody else does', async () => {
    await Promise.all([1, 2, 3].map(async () => expect(await statusOf(await app('one-app'))).toBe(200)))
    expect((await grants(grace)).filter(({ client }) => client.name === 'one-app')).toHaveLength(1)
    expect(await grantOf('one-app')).toMatchObject({ kind: 'external', scopes: [{ scope: 'crm:read' }] })
    expect(await grants(ada)).toHaveLength(0)
  })

  it('G7 ended, the app is out, with its next tokens too, until an administrator lets it come again', async () => {
    expect(await statusOf(await app('ended-app'))).toBe(200)
    const { id, client } = await grantOf('ended-app')
    expect((await grace.json('DELETE', `/api/grants/${id}`)).status).toBe(204)
    expect(await statusOf(await app('ended-app'))).toBe(403)
    const opened = await ada.json('POST', '/api/client/unattended/open', { id: client.id })
    expect(opened.status).toBe(204)
    expect(await statusOf(await app('ended-app'))).toBe(200)
  })

  it('paused, it waits', async () => {
    const text = await app('paused-app')
    expect(await statusOf(text)).toBe(200)
    const { id } = await grantOf('paused-app')
    await grace.json('POST', `/api/grants/${id}/pause`)
    expect(await statusOf(text)).toBe(403)
    await grace.json('POST', `/api/grants/${id}/resume`)
    expect(await statusOf(text)).toBe(200)
  })

  it('narrowed, no token of the other server widens it again', async () => {
    const both = { scope: 'twenty:read twenty:write' }
    expect(await statusOf(await app('narrow-app', both), 'describe')).toBe(200)
    const { id } = await grantOf('narrow-app')
    expect((await grace.json('PATCH', `/api/grants/${id}`, { scopes: ['crm:read'] })).status).toBe(200)
    expect(await statusOf(await app('narrow-app', both), 'apply_changes')).toBe(403)
    expect(await statusOf(await app('narrow-app', both), 'describe')).toBe(200)
  })

  it('not narrowed, it follows what she allows there', async () => {
    expect(await statusOf(await app('growing-app'))).toBe(200)
    expect(await statusOf(await app('growing-app', { scope: 'twenty:read twenty:write' }))).toBe(200)
    const { scopes } = await grantOf('growing-app')
    expect(scopes.map(({ scope }) => scope)).toEqual(['crm:read', 'crm:write'])
  })

  it('limited to addresses, it is refused elsewhere', async () => {
    const text = await app('placed-app')
    expect(await statusOf(text)).toBe(200)
    const { id } = await grantOf('placed-app')
    await grace.json('PATCH', `/api/grants/${id}`, { addresses: ['192.0.2.7'] })
    expect(await statusOf(text)).toBe(403)
  })

  it('the emergency stop holds for it', async () => {
    const text = await app('stopped-app')
    expect(await statusOf(text)).toBe(200)
    const { client } = await grantOf('stopped-app')
    await ada.json('POST', '/api/stops', { client: client.id, reason: 'a test' })
    expect(await statusOf(text)).toBe(403)
    expect(await statusOf(await app('another-app'))).toBe(200)
  })
})

it('a token of a listed client may come without audience; another client’s, or one for somebody else, may not', async () => {
  const own = await startTandem({
    config: { TANDEM_AUTHORIZATION_SERVER: settings({ clients: ['planner'] }) },
  })
  try {
    const made = (claims: JWTPayload) => token({ claims }, own)
    expect(await statusOf(await made(without('aud')), 'whoami', own)).toBe(200)
    expect(await statusOf(await made({ ...without('aud'), client_id: 'mallory' }), 'whoami', own)).toBe(401)
    expect(await statusOf(await made({ aud: 'https://elsewhere.example' }), 'whoami', own)).toBe(401)
  } finally {
    await own.close()
  }
})

const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
function hmac(): string {
  const signed = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: 'one' })}.${encode(as.claims(mcp()))}`
  const secret = as.publicKey()?.export({ type: 'spki', format: 'pem' }) ?? ''
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { exportJWK, SignJWT } from 'jose'
import type { JWTHeaderParameters, JWTPayload } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGuard, jwksVerifier } from '#guard'
import type { Guard } from '#guard'
import { serve } from '../support/serve.ts'
import type { Served } from '../support/serve.ts'

// A resource server of somebody else, apart from the authorization server, with the verifier we give them.
const issuer = 'https://as.acme.example'
const resource = 'https://crm.acme.example/mcp'
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const now = () => Math.floor(Date.now() / 1000)
let keys: Served
let guard: Guard
let strangerFetches = 0

beforeAll(async () => {
  const jwk = { ...(await exportJWK(publicKey)), kid: 'current', alg: 'ES256', use: 'sig' }
  const evil = { ...(await exportJWK(stranger)), d: undefined, kid: 'evil', alg: 'ES256' }
  keys = await serve(async (request) => {
    if (new URL(request.url).pathname === '/jwks') return Response.json({ keys: [jwk] })
    strangerFetches++
    return Response.json({ keys: [evil] })
  })
  const verifier = jwksVerifier({ issuer, jwksUri: `http://127.0.0.1:${keys.port}/jwks` })
  guard = createGuard({ resource, verifier, defaultScopes: ['crm:read'] })
})
afterAll(() => keys.close())

type Forgery = {
  claims?: JWTPayload
  header?: Partial<JWTHeaderParameters> & Record<string, unknown>
  key?: KeyObject
}
function token({ claims = {}, header = {}, key = privateKey }: Forgery = {}): Promise<string> {
  return new SignJWT({
    iss: issuer,
    aud: resource,
    sub: 'mem_ada',
    client_id: 'cli_notebook',
    jti: randomBytes(8).toString('hex'),
    scope: 'crm:read',
    iat: now(),
    exp: now() + 600,
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'current', ...header })
    .sign(key, { crit: { exp: true } })
}

async function statusFor(text: string): Promise<number> {
  const headers = { host: 'crm.acme.example', authorization: `Bearer ${text}` }
  const checked = await guard.check(new Request(resource, { method: 'POST', headers }))
  return checked.ok ? 200 : checked.response.status
}
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('G1: a token for somebody else', () => {
  it('G1 the token for this resource passes, alone or among several audiences', async () => {
    expect(await statusFor(await token())).toBe(200)
    expect(await statusFor(await token({ claims: { aud: ['https://other.example', resource] } }))).toBe(200)
  })

  it.each([
    ['of another server', 'https://other.example/mcp'],
    ['of the origin only', 'https://crm.acme.example'],
    ['of the origin with a slash', 'https://crm.acme.example/'],
    ['of a path that begins alike', 'https://crm.acme.example/mcp-other'],
    ['of a path below', 'https://crm.acme.example/mcp/twenty'],
    ['with a trailing slash', `${resource}/`],
    ['in another case', 'https://CRM.acme.example/mcp'],
    ['with the default port', 'https://crm.acme.example:443/mcp'],
    ['with another scheme', 'http://crm.acme.example/mcp'],
    ['with a query', `${resource}?`],
    ['that is empty', ''],
    ['in a list of others', ['https://crm.acme.example', `${resource}/`]],
    ['in an empty list', []],
    ['that is missing', undefined],
  ])('G1 the audience %s is refused', async (_name, aud) => {
    expect(await statusFor(await token({ claims: { aud } as JWTPayload }))).toBe(401)
  })
})

describe('G2: a token that nobody signed for this', () => {
  it('G2 without a signature', async () => {
    const [, payload] = (await token()).split('.')
    for (const alg of ['none', 'NONE', 'nOnE']) {
      expect(await statusFor(`${encode({ alg, typ: 'at+jwt' })}.${payload}.`)).toBe(401)
    }
    const [header, body] = (await token()).split('.')
    expect(await statusFor(`${header}.${body}.`)).toBe(401)
  })

  it('G2 with HS256 and the public key as the secret', async () => {
    const [, payload] = (await token()).split('.')
    const pem = publicKey.export({ type: 'spki', format: 'pem' })
    for (const secret of [pem, JSON.stringify(await exportJWK(publicKey))]) {
      const input = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: 'current' })}.${payload}`
      const signature = createHmac('sha256', secret).update(input).digest('base64url')
      expect(await statusFor(`${input}.${signature}`)).toBe(401)
    }
  })

  it('G2 with a key of its own, named by kid, jwk, jku or x5u', async () => {
    const jwk = await exportJWK(stranger)
    const jku = `http://127.0.0.1:${keys.port}/evil`
    for (const header of [{}, { kid: 'evil' }, { jwk }, { jku, kid: 'evil' }, { x5u: jku }]) {
      expect(await statusFor(await token({ header, key: stranger }))).toBe(401)
    }
    expect(strangerFetches).toBe(0)
  })

  it('G2 with a kid that is a path, a query or nothing', async () => {
    for (const kid of ['../../etc/passwd', "x' OR 1=1 --", '', 'current\u0000', '__proto__']) {
      expect(await statusFor(await token({ header: { kid }, key: stranger })), kid).toBe(401)
    }
  })

  it('G2 with a critical extension that we don’t know', async () => {
    const [, payload] = (await token()).split('.')
    const header = encode({ alg: 'ES256', typ: 'at+jwt', kid: 'current', crit: ['b64-exp'], 'b64-exp': true })
    expect(await statusFor(`${header}.${payload}.${'A'.repeat(86)}`)).toBe(401)
    expect(await statusFor(await token({ header: { crit: ['exp'], exp: 1 } }))).toBe(401)
  })

  it.each(['JWT', 'id_token', 'token-introspection+jwt', 'logout+jwt', 'dpop+jwt', undefined])(
    'G2 of the type %s, which is no access token',
    async (typ) => {
      expect(await statusFor(await token({ header: { typ } as JWTHeaderParameters }))).toBe(401)
    },
  )

  it('G2 with one character changed anywhere', async () => {
    const good = await token()
    for (let at = 0; at < good.length; at += 17) {
      if (good[at] === '.') continue
      const changed = good.slice(0, at) + (good[at] === 'A' ? 'B' : 'A') + good.slice(at + 1)
      expect(await statusFor(changed), `character ${at}`).toBe(401)
    }
  })

  it('G2 that isn’t a token at all', async () => {
    for (const text of ['a', 'a.b', 'a.b.c', '....', 'e30.e30.e30', 'tnd_rt_abc', `${'a'.repeat(8000)}`]) {
      expect(await statusFor(text), text.slice(0, 20)).toBe(401)
    }
  })
})

describe('G3: a token at the wrong time, or from almost the right place', () => {
  it.each([
    ['expired', { exp: now() - 120 }],
    ['expired in milliseconds', { iat: now() * 1000, exp: now() * 1000 + 600 }],
    ['not valid yet', { nbf: now() + 300 }],
    ['issued in the future', { iat: now() + 300 }],
    ['without expiry', { exp: undefined }],
    ['without time of issue', { iat: undefined }],
  ])('G3 %s', async (_name, claims) => {
    expect(await statusFor(await token({ claims: claims as JWTPayload }))).toBe(401)
  })

  it('G3 with times that are texts', async () => {
    const [header] = (await token()).split('.')
    const claims = {
      iss: issuer,
      aud: resource,
      sub: 'x',
      client_id: 'x',
      jti: 'x',
      iat: `${now()}`,
      exp: `${now() + 600}`,
    }
    expect(await statusFor(`${header}.${encode(claims)}.${'A'.repeat(86)}`)).toBe(401)
    expect(
      await statusFor(
        await token({ claims: { exp: `${now() + 600}` as unknown as number } }).catch(() => 'x'),
      ),
    ).toBe(401)
  })

  it.each([
    `${issuer}/`,
    'http://as.acme.example',
    'https://AS.acme.example',
    'https://as.acme.example:443',
    'https://as.acme.example.evil.example',
    'https://as.acme.example@evil.example',
    'as.acme.example',
    '',
  ])('G3 from the issuer %s', async (iss) => {
    expect(await statusFor(await token({ claims: { iss } }))).toBe(401)
  })
})

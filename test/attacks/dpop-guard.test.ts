import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto'
import { exportJWK, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { createProofNonces, memoryReplayCache } from '#foundation'
import { createGuard, jwksVerifier } from '#guard'
import type { GuardOptions } from '#guard'
import { testClock } from '../support/clock.ts'
import { proofKey } from '../support/proofs.ts'
import type { ProofKey, ProofOf } from '../support/proofs.ts'

// A resource server of somebody else, with the guard and the verifier we give them.
const issuer = 'https://as.acme.example'
const resource = 'https://crm.acme.example/mcp'
const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const clock = testClock()
const now = () => Math.floor(clock.now().getTime() / 1000)

let ours: ProofKey
let mallorys: ProofKey
let bound: string
let bearer: string

const guardWith = (dpop: GuardOptions['dpop'] = {}) =>
  createGuard({
    resource,
    verifier: jwksVerifier({
      issuer,
      jwksUri: `${issuer}/jwks`,
      clock,
      fetch: async () => Response.json({ keys: [{ ...(await exportJWK(signer.publicKey)), kid: 'k' }] }),
    }),
    defaultScopes: ['crm:read'],
    dpop: { clock, ...dpop },
  })
const guard = guardWith()

const accessToken = (claims: Record<string, unknown>) =>
  new SignJWT({ sub: 'mem_ada', client_id: 'cli_1', jti: randomUUID(), scope: 'crm:read', ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })
    .setIssuer(issuer)
    .setAudience(resource)
    .setIssuedAt(now())
    .setExpirationTime(now() + 600)
    .sign(signer.privateKey)

beforeAll(async () => {
  ours = await proofKey()
  mallorys = await proofKey()
  bound = await accessToken({ cnf: { jkt: ours.jkt } })
  bearer = await accessToken({})
})

const proof = (more: Partial<ProofOf> = {}, by = ours) =>
  by.prove({ url: resource, now: now(), accessToken: bound, ...more })

async function call(headers: Record<string, string>, by = guard, init: RequestInit = {}, url = resource) {
  const given = { host: 'crm.acme.example', ...headers }
  const checked = await by.check(new Request(url, { method: 'POST', ...init, headers: given }))
  if (checked.ok) return { status: 200, challenge: '', nonce: null, token: checked.token }
  const { status, headers: answered } = checked.response
  return {
    status,
    challenge: answered.get('www-authenticate') ?? '',
    nonce: answered.get('dpop-nonce'),
    token: undefined,
  }
}
const withProof = async (dpop: string, token = bound, by = guard) =>
  call({ authorization: `DPoP ${token}`, dpop }, by)

describe('A3: a bound token and its proof (RFC 9449 §7)', () => {
  it('A3 the token with a proof of its key passes', async () => {
    const { status, token } = await withProof(await proof())
    expect([status, token?.boundTo]).toEqual([200, ours.jkt])
  })

  it.each(['ES256', 'ES384', 'EdDSA', 'PS256', 'RS256'])('A3 a key for %s will do', async (alg) => {
    const key = await proofKey(alg)
    const token = await accessToken({ cnf: { jkt: key.jkt } })
    expect((await withProof(await proof({ accessToken: token }, key), token)).status).toBe(200)
  })

  it('A3 presented as a bearer token it is refused, with or without a proof beside it (downgrade, §7.2)', async () => {
    for (const more of [{}, { dpop: await proof() }]) {
      const { status, challenge } = await call({ authorization: `Bearer ${bound}`, ...more })
      expect(status).toBe(401)
      expect(challenge).toMatch(/^DPoP error="invalid_token", .*resource_metadata="https:.*, algs="ES256 /)
    }
  })

  it('A3 without a proof it is refused, and the challenge names the algorithms', async () => {
    const { status, challenge } = await call({ authorization: `DPoP ${bound}` })
    expect(status).toBe(401)
    expect(challenge).toMatch(/^DPoP error="invalid_dpop_proof", .*algs="ES256 ES384 /)
  })

  it('A3 a bearer token gains nothing from a proof', async () => {
    const { status, challenge } = await withProof(await proof({ accessToken: bearer }), bearer)
    expect([status, challenge.slice(0, 28)]).toEqual([401, 'Bearer error="invalid_token"'])
    expect((await call({ authorization: `Bearer ${bearer}` })).status).toBe(200)
  })

  it('A3 a thief’s own key proves nothing', async () => {
    expect((await withProof(await proof({}, mallorys))).status).toBe(401)
    // Nor with the victim's key named in the header.
    expect((await withProof(await proof({ header: { jwk: ours.jwk } }, mallorys))).status).toBe(401)
  })
})

describe('A3: proofs that were made for something else', () => {
  it.each<[string, Partial<ProofOf>]>([
    ['another method', { method: 'GET' }],
    ['a method in small letters', { method: 'post' }],
    ['another path', { url: `${resource}/twenty` }],
    ['a path with a slash', { url: `${resource}/` }],
    ['the origin', { url: 'https://crm.acme.example' }],
    ['another host', { url: 'https://other.example/mcp' }],
    ['another port', { url: 'https://crm.acme.example:8443/mcp' }],
    ['plain http', { url: 'http://crm.acme.example/mcp' }],
    ['an address with a user', { url: 'https://x@crm.acme.example/mcp' }],
    ['an escaped slash', { url: 'https://crm.acme.example/%2fmcp' }],
    ['no address', { claims: { htu: undefined } }],
    ['no method', { claims: { htm: undefined } }],
    ['several addresses', { claims: { htu: [resource] } }],
    ['no access token', { claims: { ath: undefined } }],
    ['another access token', { accessToken: 'another' }],
    ['the token itself in place of its hash', { claims: { ath: 'x' } }],
    ['no jti', { claims: { jti: undefined } }],
    ['an empty jti', { claims: { jti: '' } }],
    ['an endless jti', { claims: { jti: 'j'.repeat(600) } }],
    ['no time', { claims: { iat: undefined } }],
    ['a time that is a text', { claims: { iat: '2026' } }],
  ])('A3 for %s', async (_name, more) => {
    expect((await withProof(await proof(more))).status).toBe(401)
  })

  it('A3 htu is compared after normalization, without query and fragment (§4.3)', async () => {
    for (const url of [
      `${resource}?a=1#b`,
      'HTTPS://CRM.acme.example:443/mcp',
      'https://crm.acme.example/%6dcp',
    ]) {
      expect((await withProof(await proof({ url }))).status, url).toBe(200)
    }
    const headers = { authorization: `DPoP ${bound}`, dpop: await proof() }
    expect((await call(headers, guard, {}, `${resource}?page=2`)).status).toBe(200)
  })

  it('A3 too early or too late: five minutes either way', async () => {
    const at = now()
    for (const iat of [at - 301, at + 301, at - 86_400, at * 1000]) {
      expect((await withProof(await proof({ now: iat }))).status).toBe(401)
    }
    for (const iat of [at - 299, at + 299])
      expect((await withProof(await proof({ now: iat }))).status).toBe(200)
    expect((await withProof(await proof({ claims: { exp: at - 1 } }))).status).toBe(401)
  })
})

describe('A3: proofs that nobody signed', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

  it('A3 with the private key in the header', async () => {
    expect((await withProof(await proof({ header: { jwk: ours.privateJwk } }))).status).toBe(401)
  })

  it('A3 without a key, or with one by reference', async () => {
    const jku = 'https://mallory.example/jwks'
    for (const header of [
      { jwk: undefined },
      { jwk: undefined, kid: 'k', jku },
      { jwk: null },
      { jwk: 'x' },
    ]) {
      expect((await withProof(await proof({ header }))).status).toBe(401)
    }
  })

  it('A3 of another type', async () => {
    for (const typ of ['JWT', 'at+jwt', 'dpop', undefined]) {
      expect((await withProof(await proof({ header: { typ } }))).status).toBe(401)
    }
  })

  it('A3 with a symmetric key or no signature', async () => {
    const body = encode({ jti: randomUUID(), htm: 'POST', htu: resource, iat: now() })
    const oct = { kty: 'oct', k: Buffer.from('secret').toString('base64url') }
    for (const [alg, jwk] of [
      ['HS256', oct],
      ['HS256', ours.jwk],
      ['none', ours.jwk],
    ] as const) {
      const input = `${encode({ alg, typ: 'dpop+jwt', jwk })}.${body}`
      const signature = createHmac('sha256', 'secret').update(input).digest('base64url')
      for (const end of [signature, '']) expect((await withProof(`${input}.${end}`)).status).toBe(401)
    }
  })

  it('A3 two at once, one too long, or none at all', async () => {
    const two = `${await proof()}, ${await proof()}`
    for (const text of [two, `${await proof()}${'A'.repeat(5000)}`, 'x', 'a.b.c', '..', ' ']) {
      expect((await withProof(text)).status).toBe(401)
    }
  })
})

describe('A3: a proof is good once', () => {
  it('A3 a replay is refused, also at another instance that shares its memory', async () => {
    const replays = memoryReplayCache(clock)
    const [one, two] = [guardWith({ replays }), guardWith({ replays })]
    const text = await proof()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => withProof(text, bound, i % 2 === 0 ? one : two)),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.find(({ status }) => status === 401)?.challenge).toContain('invalid_dpop_proof')
    clock.advance(299_000)
    expect((await withProof(text, bound, one)).status).toBe(401)
    clock.advance(-299_000)
  })

  it('A3 who has no good token makes nobody remember anything', async () => {
    const remembered: string[] = []
    const replays = { first: async (name: string) => remembered.push(name) > 0 }
    const watching = guardWith({ replays })
    await withProof(await proof({ accessToken: 'nonsense' }), 'nonsense', watching)
    await withProof(await proof({}, mallorys), bound, watching)
    await withProof(await proof({ accessToken: bearer }), bearer, watching)
    expect(remembered).toEqual([])
    expect((await withProof(await proof(), bound, watching)).status).toBe(200)
    expect(remembered).toHaveLength(1)
  })

  it('A3 when the memory can’t be asked nobody passes', async () => {
    const replays = { first: () => Promise.reject(new Error('down')) }
    expect((await withProof(await proof(), bound, guardWith({ replays }))).status).toBe(503)
  })
})

describe('A3: nonces (RFC 9449 §9)', () => {
  const nonces = createProofNonces(Buffer.alloc(32, 1), clock)
  const demanding = guardWith({ nonces })

  it('A3 a proof without one is told the nonce to use, and passes with it', async () => {
    const first = await withProof(await proof(), bound, demanding)
    expect(first.status).toBe(401)
    expect(first.challenge).toContain('error="use_dpop_nonce"')
    const again = await proof({ claims: { nonce: first.nonce } })
    expect((await withProof(again, bound, demanding)).status).toBe(200)
  })

  it('A3 another server’s nonce, a made-up one and an old one are refused', async () => {
    const others = createProofNonces(Buffer.alloc(32, 2), clock).current()
    const old = nonces.current()
    for (const nonce of [others, 'made-up', '', `${old}A`]) {
      expect((await withProof(await proof({ claims: { nonce } }), bound, demanding)).status).toBe(401)
    }
    clock.advance(60_000)
    expect((await withProof(await proof({ claims: { nonce: old } }), bound, demanding)).status).toBe(200)
    clock.advance(60_000)
    expect((await withProof(await proof({ claims: { nonce: old } }), bound, demanding)).status).toBe(401)
    clock.advance(-120_000)
  })

  it('A3 every answer to a proof names the next nonce; others don’t', async () => {
    const request = new Request(resource, { headers: { authorization: `DPoP ${bound}` } })
    const answer = demanding.finish(request, new Response('ok'))
    expect(answer.headers.get('dpop-nonce')).toBe(nonces.current())
    expect(demanding.finish(new Request(resource), new Response('ok')).headers.has('dpop-nonce')).toBe(false)
  })
})

import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { JWTPayload } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { testClock } from '#test'
import { jwksVerifier } from './jwks-verifier.ts'

const issuer = 'https://as.example'
const audience = 'https://crm.acme.example/mcp'
const jwksUri = `${issuer}/jwks`
const clock = testClock()
const seconds = () => Math.floor(clock.now().getTime() / 1000)
let privateKey: CryptoKey
let keySet: string

beforeAll(async () => {
  const pair = await generateKeyPair('ES256')
  privateKey = pair.privateKey
  keySet = JSON.stringify({
    keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }],
  })
})

function sign(claims: JWTPayload = {}, header: Record<string, unknown> = {}) {
  return new SignJWT({
    iss: issuer,
    aud: audience,
    sub: 'mem_ada',
    client_id: 'cli_notebook',
    jti: 'one',
    iat: seconds(),
    exp: seconds() + 600,
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...header })
    .sign(privateKey)
}

function verifierOf(answer: () => Response | Promise<Response> = () => new Response(keySet)) {
  let fetched = 0
  const fetch = async () => {
    fetched++
    return answer()
  }
  return { verifier: jwksVerifier({ issuer, jwksUri, clock, fetch }), fetches: () => fetched }
}

describe('the JWKS verifier', () => {
  it('reads what a good token says', async () => {
    const details = [{ type: 'tandem_crm' }]
    const token = await sign({
      scope: 'crm:read crm:write',
      grant_id: 'grt_1',
      authorization_details: details,
    })
    expect(await verifierOf().verifier.verify(token, audience)).toEqual({
      subject: 'mem_ada',
      resourceOwner: 'mem_ada',
      clientId: 'cli_notebook',
      clientName: '',
      grantId: 'grt_1',
      details,
      scopes: ['crm:read', 'crm:write'],
      audience,
      expiresAt: seconds() + 600,
      issuedAt: seconds(),
      tokenId: 'one',
      boundTo: null,
    })
  })

  it('says which key a token is bound to, and refuses one bound in a way it doesn’t know (RFC 7800 §3)', async () => {
    const bound = await sign({ cnf: { jkt: 'thumbprint' } })
    expect((await verifierOf().verifier.verify(bound, audience))?.boundTo).toBe('thumbprint')
    for (const cnf of [{}, { 'x5t#S256': 'x' }, { jkt: 'x', 'x5t#S256': 'x' }, { jkt: '' }, 'x', null]) {
      expect(await verifierOf().verifier.verify(await sign({ cnf }), audience)).toBeUndefined()
    }
  })

  it('takes a token without scope as one that may do nothing', async () => {
    const verified = await verifierOf().verifier.verify(await sign(), audience)
    expect(verified?.scopes).toEqual([])
  })

  it('refuses a token that lacks a claim RFC 9068 requires', async () => {
    for (const claim of ['sub', 'client_id', 'jti', 'iat', 'exp', 'aud', 'iss']) {
      const token = await sign({ [claim]: undefined })
      expect(await verifierOf().verifier.verify(token, audience), claim).toBeUndefined()
    }
  })

  it('allows the clocks to differ a little, and no more', async () => {
    const { verifier } = verifierOf()
    expect(await verifier.verify(await sign({ exp: seconds() - 29 }), audience)).toBeDefined()
    expect(await verifier.verify(await sign({ exp: seconds() - 31 }), audience)).toBeUndefined()
    expect(await verifier.verify(await sign({ iat: seconds() + 29 }), audience)).toBeDefined()
    expect(await verifier.verify(await sign({ iat: seconds() + 31 }), audience)).toBeUndefined()
  })

  it('throws when the keys cannot be had, and does not ask again for a while', async () => {
    let healthy = false
    const { verifier, fetches } = verifierOf(() =>
      healthy ? new Response(keySet) : new Response('', { status: 500 }),
    )
    const token = await sign()
    await expect(verifier.verify(token, audience)).rejects.toThrow()
    await expect(verifier.verify(token, audience)).rejects.toThrow()
    expect(fetches()).toBe(1)
    healthy = true
    clock.advance(6_000)
    expect(await verifier.verify(token, audience)).toBeDefined()
  })

  it('treats a server that does not answer like one that answers badly', async () => {
    const { verifier, fetches } = verifierOf(() => Promise.reject(new TypeError('connection refused')))
    await expect(verifier.verify(await sign(), audience)).rejects.toThrow()
    await expect(verifier.verify(await sign(), audience)).rejects.toThrow()
    expect(fetches()).toBe(1)
  })

  it('asks for the keys once, not once per token', async () => {
    const { verifier, fetches } = verifierOf()
    for (let i = 0; i < 5; i++) await verifier.verify(await sign({ jti: `${i}` }), audience)
    await verifier.verify(await sign({}, { kid: 'unknown' }), audience)
    expect(fetches()).toBe(1)
  })

  it('is not built with a symmetric algorithm or a generous clock', () => {
    for (const algorithms of [['HS256'], ['none'], ['ES256', 'HS512'], ['RSA1_5']]) {
      expect(() => jwksVerifier({ issuer, jwksUri, algorithms })).toThrow(TypeError)
    }
    expect(() => jwksVerifier({ issuer, jwksUri, skew: 61 })).toThrow(RangeError)
  })

  it('needs no clock and no fetch of its own', () => {
    expect(jwksVerifier({ issuer, jwksUri })).toHaveProperty('verify')
  })
})

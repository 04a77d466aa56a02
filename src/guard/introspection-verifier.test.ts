import { describe, expect, it } from 'vitest'
import { testClock } from '../../test/support/clock.ts'
import { introspectionVerifier } from './introspection-verifier.ts'
import type { IntrospectionVerifierOptions } from './introspection-verifier.ts'

const issuer = 'https://as.acme.example'
const resource = 'https://crm.acme.example/mcp'
const introspectionUri = `${issuer}/oauth/introspect`

function start(more: Partial<IntrospectionVerifierOptions> = {}) {
  const clock = testClock()
  const now = Math.floor(clock.now().getTime() / 1000)
  const good = {
    active: true,
    iss: issuer,
    sub: 'mem_ada',
    aud: resource,
    client_id: 'cli_notebook',
    exp: now + 600,
    iat: now,
    jti: 'one',
    scope: 'crm:read crm:write',
    token_type: 'Bearer',
  }
  const asked: Request[] = []
  const state = { answer: async (): Promise<Response> => Response.json(good) }
  const verifier = introspectionVerifier({
    issuer,
    introspectionUri,
    clientId: 'cli: 1',
    clientSecret: 's%cret',
    clock,
    fetch: async (input, init) => {
      asked.push(new Request(input, init))
      return state.answer()
    },
    ...more,
  })
  const says = (claims: Record<string, unknown>) => {
    state.answer = async () => Response.json({ ...good, ...claims })
  }
  return { verifier, clock, asked, state, good, says }
}

describe('the introspection verifier', () => {
  it('asks as RFC 7662 §2.1 has it, with its own credentials form-urlencoded (RFC 6749 §2.3.1)', async () => {
    const { verifier, asked } = start()
    await verifier.verify('a token', resource)
    const [request] = asked
    expect([request?.method, request?.url, request?.redirect]).toEqual(['POST', introspectionUri, 'error'])
    const pair = Buffer.from(request?.headers.get('authorization')?.slice(6) ?? '', 'base64').toString()
    expect(pair).toBe('cli%3A%201:s%25cret')
    expect(await request?.text()).toBe('token=a+token&token_type_hint=access_token')
  })

  it('reads what an active token says', async () => {
    const { verifier, says, good } = start()
    const details = [{ type: 'tandem_crm' }]
    says({
      grant_id: 'grt_1',
      client_name: 'Notebook',
      resource_owner: 'mem_grace',
      authorization_details: details,
    })
    expect(await verifier.verify('t', resource)).toEqual({
      subject: 'mem_ada',
      resourceOwner: 'mem_grace',
      clientId: 'cli_notebook',
      clientName: 'Notebook',
      grantId: 'grt_1',
      details,
      scopes: ['crm:read', 'crm:write'],
      audience: resource,
      expiresAt: good.exp,
      issuedAt: good.iat,
      tokenId: 'one',
      boundTo: null,
    })
  })

  it('says which key a token is bound to (RFC 9449 §6.2), and takes none that contradicts itself', async () => {
    const bound = start()
    bound.says({ token_type: 'DPoP', cnf: { jkt: 'x' } })
    expect((await bound.verifier.verify('t', resource))?.boundTo).toBe('x')
    for (const claims of [{ token_type: 'DPoP' }, { cnf: { jkt: 'x' } }]) {
      const { verifier, says } = start()
      says(claims)
      expect(await verifier.verify('t', resource)).toBeUndefined()
    }
    const other = start()
    other.says({ cnf: { 'x5t#S256': 'x' } })
    await expect(other.verifier.verify('t', resource)).rejects.toThrow()
  })

  it.each([
    ['that is inactive', { active: false }],
    ['of another issuer', { iss: `${issuer}/` }],
    ['for another resource', { aud: 'https://other.example/mcp' }],
    ['for resources that don’t include this one', { aud: [`${resource}/`] }],
    ['that has expired', { exp: 1 }],
  ])('refuses a token %s', async (_name, claims) => {
    const { verifier, says } = start()
    says(claims)
    expect(await verifier.verify('t', resource)).toBeUndefined()
  })

  it('asks once for many calls, at once or within the time an answer is believed (A97)', async () => {
    const { verifier, clock, asked } = start({ cacheSeconds: 30 })
    await Promise.all(Array.from({ length: 10 }, () => verifier.verify('t', resource)))
    clock.advance(29_000)
    await verifier.verify('t', resource)
    expect(asked).toHaveLength(1)
    await verifier.verify('another', resource)
    expect(asked).toHaveLength(2)
    clock.advance(1_000)
    await verifier.verify('t', resource)
    expect(asked).toHaveLength(3)
  })

  it('sees that a grant ended within its time, and never believes an answer beyond the token’s end', async () => {
    const { verifier, clock, says, good } = start()
    says({ exp: good.iat + 10 })
    expect(await verifier.verify('t', resource)).toBeDefined()
    says({ active: false })
    expect(await verifier.verify('t', resource)).toBeDefined()
    clock.advance(10_000)
    expect(await verifier.verify('t', resource)).toBeUndefined()
  })

  it('asks about a token that it does not know only where it may, and about one that was good whenever it must', async () => {
    const { verifier, clock, asked } = start({ cacheSeconds: 30 })
    await expect(verifier.verify('made up', resource, () => false)).rejects.toThrow('not asked')
    expect(asked).toHaveLength(0)
    await verifier.verify('t', resource, async () => true)
    clock.advance(30_000)
    expect(await verifier.verify('t', resource, () => false)).toBeDefined()
    expect(asked).toHaveLength(2)
  })

  it('keeps no refusal: a grant that waited may be approved a moment later', async () => {
    const { verifier, says } = start()
    says({ active: false })
    expect(await verifier.verify('t', resource)).toBeUndefined()
    says({ active: true })
    expect(await verifier.verify('t', resource)).toBeDefined()
  })

  it.each([
    ['401', () => Response.json({ error: 'invalid_client' }, { status: 401 })],
    ['a fault', () => new Response('', { status: 502 })],
    ['a page', () => new Response('<html>')],
    ['something else', () => Response.json({ ok: true })],
    ['an active without content', () => Response.json({ active: true })],
    ['far too much', () => new Response(`{"active":false,"x":"${'x'.repeat(70_000)}"}`)],
  ])('can’t tell when it is answered with %s, and says so', async (_name, answer) => {
    const { verifier, state } = start()
    state.answer = async () => answer()
    await expect(verifier.verify('t', resource)).rejects.toThrow()
  })

  it('is not built for an address that would leak tokens, nor to believe answers for long', () => {
    expect(() => start({ introspectionUri: 'http://as.acme.example/oauth/introspect' })).toThrow('https')
    expect(() => start({ introspectionUri: 'http://localhost:3000/oauth/introspect' })).not.toThrow()
    expect(() => start({ cacheSeconds: 61 })).toThrow('60')
  })
})

import { describe, expect, it } from 'vitest'
import { coversScope } from '#contract'
import { createGuard } from './guard.ts'
import type { GuardOptions } from './guard.ts'
import type { VerifiedToken } from './types.ts'

const resource = 'https://crm.acme.example/mcp'
const token: VerifiedToken = {
  subject: 'mem_ada',
  resourceOwner: 'mem_ada',
  clientId: 'cli_notebook',
  clientName: 'Notebook',
  grantId: 'grt_1',
  details: [],
  scopes: ['crm:write'],
  audience: resource,
  expiresAt: 2e9,
  issuedAt: 1e9,
  tokenId: 'jti',
  boundTo: null,
}
const metadata = 'resource_metadata="https://crm.acme.example/.well-known/oauth-protected-resource/mcp"'

function guardWith(more: Partial<GuardOptions> = {}) {
  return createGuard({
    resource,
    verifier: {
      verify: async (text, audience) => (text === 'good' && audience === resource ? token : undefined),
    },
    defaultScopes: ['crm:read', 'crm:write'],
    scopeCovers: coversScope,
    ...more,
  })
}

function ask(headers: Record<string, string> = {}, init: RequestInit = {}, url = resource) {
  return new Request(url, { method: 'POST', ...init, headers: { host: 'crm.acme.example', ...headers } })
}

async function refusal(guard: ReturnType<typeof guardWith>, request: Request) {
  const checked = await guard.check(request)
  if (checked.ok) throw new Error('the guard let it pass')
  const { response } = checked
  return { ...checked, status: response.status, challenge: response.headers.get('www-authenticate') }
}

describe('the guard', () => {
  it('lets a good token pass and says what it is', async () => {
    const checked = await guardWith().check(ask({ authorization: 'Bearer good' }))
    expect(checked).toEqual({ ok: true, token })
  })

  it('challenges a request without a token, with the way in and without an error (RFC 6750 §3.1)', async () => {
    const { status, challenge, reason, response } = await refusal(guardWith(), ask())
    expect(status).toBe(401)
    expect(reason).toBe('no_credentials')
    expect(challenge).toBe(`Bearer scope="crm:read crm:write", ${metadata}`)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('content-type')).toContain('application/json')
  })

  it('names invalid_token and the metadata when a token was sent and is not good', async () => {
    const { status, challenge } = await refusal(guardWith(), ask({ authorization: 'Bearer stale' }))
    expect(status).toBe(401)
    expect(challenge).toMatch(
      /^Bearer error="invalid_token", error_description="[^"]+", scope="crm:read crm:write", /,
    )
    expect(challenge).toContain(metadata)
  })

  it('answers a malformed request for what it is (RFC 6750 §3.1)', async () => {
    const { status, challenge, reason } = await refusal(guardWith(), ask({ authorization: 'Bearer a b' }))
    expect([status, reason]).toEqual([400, 'malformed'])
    expect(challenge).toMatch(
      /^Bearer error="invalid_request", error_description="[^"]+", resource_metadata=/,
    )
  })

  it('puts the realm first when it has one, and quotes nothing that could end the value', async () => {
    const guard = guardWith({ realm: 'Ada’s "CRM"\\' })
    const { challenge } = await refusal(guard, ask())
    expect(challenge).toMatch(/^Bearer realm="Ada s 'CRM'\/", scope=/)
  })

  it('leaves the scope parameter out when it has no default scopes', async () => {
    const { challenge } = await refusal(guardWith({ defaultScopes: [] }), ask())
    expect(challenge).toBe(`Bearer ${metadata}`)
  })

  it('asks for the scopes every request needs, and takes a broader one for a narrower', async () => {
    const authorization = 'Bearer good'
    const narrow = await guardWith({ requiredScopes: ['crm:read'] }).check(ask({ authorization }))
    expect(narrow.ok).toBe(true)
    const { status, challenge } = await refusal(
      guardWith({ requiredScopes: ['crm:read', 'crm:delete'] }),
      ask({ authorization }),
    )
    expect(status).toBe(403)
    expect(challenge).toMatch(/^Bearer error="insufficient_scope", .*scope="crm:read crm:delete", /)
    expect(challenge).toContain(metadata)
  })

  it('takes only the same scope when nobody told it of a hierarchy', () => {
    const guard = createGuard({ resource, verifier: { verify: async () => token } })
    expect(guard.covers(token, ['crm:write'])).toBe(true)
    expect(guard.covers(token, ['crm:read'])).toBe(false)
  })

  it('lets nobody pass, and blames no token, when the verifier cannot tell', async () => {
    const failure = new Error('database gone')
    const guard = guardWith({ verifier: { verify: () => Promise.reject(failure) } })
    const { status, challenge, cause, response } = await refusal(guard, ask({ authorization: 'Bearer good' }))
    expect(status).toBe(503)
    expect(challenge).toBeNull()
    expect(response.headers.get('retry-after')).toBe('1')
    expect(cause).toBe(failure)
    expect(await response.text()).not.toContain('database')
  })

  it('shows the challenge whatever the method and the body are', async () => {
    const broken = '{{{'
    for (const method of ['GET', 'DELETE', 'PUT', 'POST']) {
      const init = method === 'GET' ? { method } : { method, body: broken }
      const request = ask({ accept: 'nothing/useful' }, init)
      expect((await refusal(guardWith(), request)).status).toBe(401)
      expect(request.bodyUsed).toBe(false)
    }
  })

  it('refuses an address that is not its own before it looks at the token', async () => {
    for (const host of ['evil.example', 'crm.acme.example:8443', 'crm.acme.example.evil.example']) {
      const { status, reason } = await refusal(guardWith(), ask({ host, authorization: 'Bearer good' }))
      expect([status, reason]).toEqual([403, 'host'])
    }
    for (const host of ['CRM.acme.example', 'crm.acme.example:443']) {
      expect((await guardWith().check(ask({ host, authorization: 'Bearer good' }))).ok).toBe(true)
    }
  })

  it('knows which port its scheme means', async () => {
    const local = guardWith({ resource: 'http://localhost/mcp' })
    const at = (host: string) => local.check(ask({ host }, {}, 'http://localhost/mcp'))
    expect(await at('localhost:80')).toMatchObject({ reason: 'no_credentials' })
    expect(await at('localhost:443')).toMatchObject({ reason: 'host' })
    const odd = guardWith({ resource: 'http://localhost:3000/mcp' })
    const request = ask({ host: 'localhost:3000' }, {}, 'http://localhost:3000/mcp')
    expect(await odd.check(request)).toMatchObject({ reason: 'no_credentials' })
  })

  it('reads the host from the URL when there is no header', async () => {
    const headers = { authorization: 'Bearer good' }
    expect((await guardWith().check(new Request(resource, { headers }))).ok).toBe(true)
    const elsewhere = await guardWith().check(new Request('https://evil.example/mcp', { headers }))
    expect(elsewhere.ok).toBe(false)
  })

  it('compares the whole origin: scheme, host and port', async () => {
    const guard = guardWith({ allowedOrigins: ['https://crm.acme.example'] })
    for (const origin of [
      'http://crm.acme.example',
      'https://crm.acme.example:8443',
      'https://acme.example',
      'null',
    ]) {
      const { status, reason } = await refusal(guard, ask({ origin, authorization: 'Bearer good' }))
      expect([status, reason]).toEqual([403, 'origin'])
    }
    const own = await guard.check(ask({ origin: 'https://crm.acme.example', authorization: 'Bearer good' }))
    expect(own.ok).toBe(true)
  })
})

describe('pages of an allowed origin', () => {
  const origin = 'https://inspector.example'
  const guard = guardWith({ allowedOrigins: [origin] })

  it('get their preflight answered without a token', async () => {
    const { status, reason, response } = await refusal(
      guard,
      ask(
        { origin, 'access-control-request-headers': 'authorization, mcp-param-region, x-other' },
        { method: 'OPTIONS' },
      ),
    )
    expect([status, reason]).toEqual([204, 'preflight'])
    const allowed = response.headers.get('access-control-allow-headers') ?? ''
    for (const name of ['Authorization', 'Mcp-Method', 'MCP-Protocol-Version', 'DPoP', 'mcp-param-region']) {
      expect(allowed).toContain(name)
    }
    expect(allowed).not.toContain('x-other')
    expect(allowed).not.toContain('*')
    expect(response.headers.get('access-control-allow-methods')).toBe('GET, POST, DELETE, OPTIONS')
    expect(response.headers.get('access-control-allow-origin')).toBe(origin)
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    expect(response.headers.get('vary')).toBe('Origin')
  })

  it('may ask beforehand without naming headers', async () => {
    const { status, response } = await refusal(guard, ask({ origin }, { method: 'OPTIONS' }))
    expect(status).toBe(204)
    expect(response.headers.get('access-control-allow-headers')).toMatch(/DPoP$/)
  })

  it('can read the challenge of a 401 and of a 403', async () => {
    const request = ask({ origin })
    for (const response of [
      (await refusal(guard, request)).response,
      guard.insufficientScope(request, ['crm:delete']),
    ]) {
      expect(response.headers.get('access-control-allow-origin')).toBe(origin)
      expect(response.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
    }
  })

  it('are answered 403 for a preflight of another origin', async () => {
    const { status, response } = await refusal(
      guard,
      ask({ origin: 'https://evil.example' }, { method: 'OPTIONS' }),
    )
    expect(status).toBe(403)
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('are the only ones an answer speaks to', () => {
    const plain = guard.finish(ask(), new Response('{}'))
    expect(plain.headers.get('access-control-allow-origin')).toBeNull()
    expect(guard.finish(ask({ origin }), new Response('{}')).headers.get('access-control-allow-origin')).toBe(
      origin,
    )
  })
})

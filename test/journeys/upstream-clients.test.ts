import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MemberActor } from '#identity'
import { connectUpstream } from '../support/connect-upstream.ts'
import { metadataPaths, startLyingUpstream } from '../support/lying-upstream.ts'
import type { LyingUpstream } from '../support/lying-upstream.ts'
import { freePort, people, startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'
import { addUpstream } from '../support/upstreams.ts'

describe('a client that was set up there by hand', () => {
  let tandem: RunningTandem
  let upstream: LyingUpstream
  let ada: Browser
  beforeAll(async () => {
    ;[tandem, upstream] = await Promise.all([startTandem(), startLyingUpstream()])
    ada = await tandem.signIn('ada')
    const auth = { kind: 'oauth' as const, clientId: 'tandem-at-acme', scopes: ['files:read'] }
    await addUpstream(tandem, { kind: 'http', name: 'files', url: upstream.url, auth }, { browser: ada })
  }, 60_000)
  beforeEach(() => upstream.reset())
  afterAll(async () => {
    await tandem.close()
    await upstream.close()
  })
  const client = async () =>
    ((await ada.json('GET', '/api/connections/files/client')).body as { client: object }).client
  const proofAtToken = async () => {
    let asked = new URLSearchParams()
    await connectUpstream(ada, 'files', async (location) => {
      asked = new URL(location).searchParams
      return upstream.back(location)
    })
    expect(asked.get('scope')).toBe('files:read')
    const token = upstream.seen.findLast(({ path }) => path === '/token')
    const sent = new URLSearchParams(token?.body)
    return {
      authorization: token?.authorization,
      id: sent.get('client_id'),
      secret: sent.get('client_secret'),
    }
  }

  it('comes before every other way, as a public client while it has no secret', async () => {
    expect(await proofAtToken()).toEqual({ authorization: null, id: 'tandem-at-acme', secret: null })
    expect(upstream.seen.map(({ path }) => path)).not.toContain('/register')
    expect(await client()).toMatchObject({ how: 'manual', clientId: 'tandem-at-acme', hasSecret: false })
  })

  it('proves itself with its secret as the server asks, and nobody sees it again', async () => {
    const secret = 'a secret: of %ours'
    expect((await ada.json('POST', '/api/connections/files/client', { secret })).status).toBe(204)
    // RFC 6749 §2.3.1: both are form-encoded first.
    const basic = `Basic ${btoa('tandem-at-acme:a+secret%3A+of+%25ours')}`
    expect(await proofAtToken()).toEqual({ authorization: basic, id: null, secret: null })
    upstream.twist(metadataPaths.server, {
      token_endpoint_auth_methods_supported: ['client_secret_post', 'none'],
    })
    expect(await proofAtToken()).toEqual({ authorization: null, id: 'tandem-at-acme', secret })
    expect(await client()).toMatchObject({ hasSecret: true })
    expect(JSON.stringify(await client())).not.toContain(secret)
    expect((await ada.json('POST', '/api/connections/files/client', { secret: null })).status).toBe(204)
    upstream.reset()
    expect(await proofAtToken()).toEqual({ authorization: null, id: 'tandem-at-acme', secret: null })
  })

  it('is administrators’ to set', async () => {
    const grace = await tandem.signIn('grace')
    const { status } = await grace.json('POST', '/api/connections/files/client', { secret: 'of Mallory' })
    expect(status).toBe(403)
  })
})

describe('a client that is known by its metadata document', () => {
  const issuer = 'https://tandem.example'
  let tandem: RunningTandem
  let upstream: LyingUpstream
  let ada: MemberActor
  beforeAll(async () => {
    const config = { PORT: await freePort(), issuer, TANDEM_UPSTREAM_HOSTS: ['127.0.0.1'] }
    ;[tandem, upstream] = await Promise.all([startTandem({ config }), startLyingUpstream()])
    const { identity, gateway } = tandem.parts
    const from = { ip: '127.0.0.1', userAgent: null }
    const entered = await identity.sessions.start(people.ada, new Request(issuer), from)
    const cookie = entered.cookie.split(';')[0] ?? ''
    const actor = await identity.actorForSession(new Request(issuer, { headers: { cookie } }))
    if (actor?.kind !== 'member') throw new Error('Ada is not signed in')
    ada = actor
    const input = {
      kind: 'http' as const,
      name: 'files',
      title: 'Files',
      url: upstream.url,
      auth: { kind: 'oauth' as const },
      limits: { timeoutSeconds: 10, answerBytes: 100_000, atOnce: 8, atOnceEach: 8 },
    }
    await gateway.admin.create(input, undefined, { actor })
  }, 60_000)
  beforeEach(() => upstream.reset())
  afterAll(async () => {
    await tandem.close()
    await upstream.close()
  })
  const document = `${issuer}/oauth-client/files.json`
  const clientAt = async () => {
    const begun = await tandem.parts.gateway.connections.begin(ada, 'files')
    return new URL(begun?.location ?? '').searchParams.get('client_id')
  }
  const get = (path: string, method = 'GET') =>
    tandem.parts.gateway.connections.handle(new Request(issuer + path, { method }), { ip: '127.0.0.1' }, path)

  it('CIMD: is an https address that answers with a document about itself', async () => {
    const answer = await get('/oauth-client/files.json')
    expect(answer?.status).toBe(200)
    const text = (await answer?.text()) ?? ''
    expect(text.length).toBeLessThan(5 * 1024)
    expect(JSON.parse(text)).toMatchObject({
      client_id: document,
      redirect_uris: [`${issuer}/connect/files/callback`],
      token_endpoint_auth_method: 'none',
      application_type: 'web',
    })
    expect(text).not.toMatch(/secret/)
    expect((await get('/oauth-client/nobody.json'))?.status).toBe(404)
    expect((await get('/oauth-client/files.json', 'POST'))?.status).toBe(405)
  })

  it('MCP 2026-07-28: is used where the server takes documents and public clients, before registering', async () => {
    const takes = { client_id_metadata_document_supported: true }
    upstream.twist(metadataPaths.server, { ...takes, token_endpoint_auth_methods_supported: ['none'] })
    expect(await clientAt()).toBe(document)
    expect(upstream.seen.map(({ path }) => path)).not.toContain('/register')
    upstream.twist(metadataPaths.server, {
      ...takes,
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
    })
    expect(await clientAt()).not.toBe(document)
    const registered = JSON.parse(upstream.seen.find(({ path }) => path === '/register')?.body ?? '{}')
    expect(registered).toMatchObject({
      application_type: 'web',
      token_endpoint_auth_method: 'client_secret_basic',
    })
  })

  it('is refused with a sentence where there is no way to be known at all', async () => {
    upstream.twist(metadataPaths.server, { registration_endpoint: undefined, issuer: `${upstream.issuer}/b` })
    upstream.twist(metadataPaths.resource, { authorization_servers: [`${upstream.issuer}/b`] })
    upstream.lie('/.well-known/oauth-authorization-server/b', () =>
      Response.json({
        issuer: `${upstream.issuer}/b`,
        authorization_endpoint: `${upstream.issuer}/authorize`,
        token_endpoint: `${upstream.issuer}/token`,
        code_challenge_methods_supported: ['S256'],
      }),
    )
    await expect(clientAt()).rejects.toMatchObject({ problem: 'client' })
  })

  it('a server of an older revision, without metadata of its resource, is its own authorization server', async () => {
    upstream.lie('/mcp', () => new Response(null, { status: 401 }))
    upstream.lie(
      metadataPaths.resource,
      () => new Response('<html>', { headers: { 'Content-Type': 'text/html' } }),
    )
    const begun = await tandem.parts.gateway.connections.begin(ada, 'files')
    const asked = new URL(begun?.location ?? '')
    expect(asked.origin).toBe(upstream.issuer)
    expect(asked.searchParams.get('resource')).toBe(upstream.url)
  })
})

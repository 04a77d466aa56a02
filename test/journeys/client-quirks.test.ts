import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectAgent } from '../support/connect-agent.ts'
import { openQuirkWorld, shapeOf } from '../support/simulators/quirk-world.ts'
import type { QuirkWorld } from '../support/simulators/quirk-world.ts'
import { startTandem } from '../support/tandem.ts'

// What broke these clients at other servers (requirements 7.2), each named by the report it comes from.

let world: QuirkWorld
beforeAll(async () => {
  world = await openQuirkWorld()
})
afterAll(() => world?.close())

const register = async (metadata: Record<string, unknown>, origin = world.tandem.url) => {
  const response = await fetch(`${origin}/oauth/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(metadata),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
describe('how clients become known', () => {
  it('home-assistant/core#179326: none is listed, without which Claude ignores metadata documents', async () => {
    const metadata = await world.json('/.well-known/oauth-authorization-server')
    expect(metadata['client_id_metadata_document_supported']).toBe(true)
    expect(metadata['token_endpoint_auth_methods_supported']).toContain('none')
  })

  it('claude-ai-mcp#1043: registered with client_secret_post because it is advertised, it gets in with its secret', async () => {
    const claude = world.client('Claude.ai', { documents: [] })
    await claude.signIn()
    expect(claude.known).toMatchObject({ method: 'client_secret_post', secret: expect.any(String) })
    expect((await claude.refresh())[0]?.status).toBe(200)
  })

  it('claude-ai-mcp#667: a secret made by hand is taken in the body, and as Basic', async () => {
    const redirectUri = 'https://claude.ai/api/mcp/auth_callback'
    const made = await world.tandem.parts.oauth.clients.create({
      name: 'Static',
      redirectUris: [redirectUri],
      confidential: true,
    })
    const given = { id: made.clientId, secret: made.clientSecret ?? '', redirectUri }
    const agent = await connectAgent({ browser: world.ada, client: given })
    expect((await agent.call('whoami')).status).toBe(200)
    const basic = Buffer.from(`${given.id}:${given.secret}`).toString('base64')
    const refreshed = await world.get('/oauth/token', {
      method: 'POST',
      headers: { Authorization: `Basic ${basic}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: agent.refreshToken }),
    })
    expect(refreshed.status).toBe(200)
  })

  it('claude-ai-mcp#966: registering anew for each connection neither fails nor ends an older one', async () => {
    const first = world.client('Claude.ai', { documents: [] })
    await first.signIn()
    for (let again = 0; again < 5; again++) await world.client('Claude.ai', { documents: [] }).signIn()
    expect((await first.refresh())[0]?.status).toBe(200)
  })

  it('better-auth#10946, bytebase#20510: Cursor’s three redirect URIs under application_type web are one registration', async () => {
    const { registration } = shapeOf('Cursor')
    const { status, body } = await register({ ...registration, token_endpoint_auth_method: 'none' })
    expect([status, body['redirect_uris']]).toEqual([201, registration?.redirect_uris])
  })

  it('agent-connector-for-wp#111: with its scheme switched off, Cursor’s other addresses stay registered', async () => {
    const strict = await startTandem({ config: { TANDEM_CURSOR_SCHEME: false } })
    try {
      const { registration } = shapeOf('Cursor')
      const { status, body } = await register(
        { ...registration, token_endpoint_auth_method: 'none' },
        strict.url,
      )
      expect([status, body['redirect_uris']]).toEqual([201, registration?.redirect_uris.slice(1)])
    } finally {
      await strict.close()
    }
  })

  it('laravel/mcp#173: whatever is wrong at the token endpoint is said in JSON, never with a page or a redirect', async () => {
    const wrong: RequestInit[] = [
      { method: 'POST' },
      {
        method: 'POST',
        body: '{"grant_type":"refresh_token"}',
        headers: { 'Content-Type': 'application/json' },
      },
      {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'authorization_code', code: 'x', client_id: 'y' }),
      },
      { method: 'GET' },
    ]
    for (const init of wrong) {
      const response = await world.get('/oauth/token', init)
      expect([response.headers.get('content-type'), await response.json()]).toMatchObject([
        'application/json',
        { error: expect.any(String) },
      ])
      expect(response.status).toBeGreaterThanOrEqual(400)
    }
  })

  it('VS Code, Claude: grant types nobody serves are left out of a registration, not refused', async () => {
    const { status, body } = await register({
      ...shapeOf('VS Code').registration,
      grant_types: ['authorization_code', 'refresh_token', 'urn:example:unheard-of'],
      token_endpoint_auth_method: 'none',
    })
    expect([status, body['grant_types']]).toEqual([201, ['authorization_code', 'refresh_token']])
  })
})

describe('where clients look', () => {
  it('claude-code#83681: the resource metadata is at the root as well as at the path', async () => {
    const [root, path] = await Promise.all([
      world.json('/.well-known/oauth-protected-resource'),
      world.json('/.well-known/oauth-protected-resource/mcp'),
    ])
    expect(root).toEqual(path)
    await world.client('Claude Code', { resourceMetadata: ['root'] }).signIn()
  })

  it('vscode#261120: a client that never read a challenge finds everything at the default addresses', async () => {
    const lost = world.client('VS Code', { resourceMetadata: [], documents: [], resource: 'never' })
    await lost.signIn()
    expect((await lost.call('whoami')).status).toBe(200)
    for (const path of ['/authorize', '/token', '/register'])
      expect((await world.get(path)).status, path).not.toBe(404)
  })

  it('lion-reader PR#736: a GET without a token is challenged like a call', async () => {
    const response = await world.get('/mcp')
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer .*resource_metadata="/)
  })

  it('claude-ai-mcp#299: a slash too many in the address is served, not redirected', async () => {
    const claude = world.client('Claude.ai', {}, `${world.tandem.url}/mcp/`)
    await claude.signIn()
    expect((await claude.call('whoami')).status).toBe(200)
  })

  it('claude-ai-mcp#42: offline_access is the authorization server’s to list, and no condition for a refresh token', async () => {
    expect((await world.json('/.well-known/oauth-authorization-server'))['scopes_supported']).toContain(
      'offline_access',
    )
    expect(JSON.stringify(await world.json('/.well-known/oauth-protected-resource/mcp'))).not.toContain(
      'offline_access',
    )
    expect((await world.get('/mcp')).headers.get('www-authenticate')).not.toContain('offline_access')
    // uploads#911: Claude Code never asks for it.
    expect((await world.client('Claude Code').signIn()).refresh_token).toEqual(expect.any(String))
  })

  it('mcp-remote: scopes that make no sense here are narrowed to the default, not refused', async () => {
    const guess = { from: [], otherwise: 'openid email profile', offlineAccess: false } as const
    const tokens = await world.client('mcp-remote', { scopes: guess }).signIn()
    expect(tokens.scope).toContain('crm:read')
  })

  it('codex#15643: without any scope the default is granted', async () => {
    expect((await world.client('Codex').signIn()).scope).toBe('crm:read crm:write')
  })
})

describe('which resource clients name', () => {
  it.each([
    ['stormkit-io#363', 'the address they were given', '/mcp'],
    ['claude-code#52871', 'a slash too many', '/mcp/'],
    ['python-sdk#2578, vercel/ai#13988', 'the bare origin', ''],
    ['typescript-sdk#1968', 'the origin with a slash', '/'],
  ])('%s: %s; the token is for the one spelling', async (_report, _what, path) => {
    const agent = await connectAgent({ browser: world.ada, resource: world.tandem.url + path })
    const claims = JSON.parse(Buffer.from(agent.accessToken.split('.')[1] ?? '', 'base64url').toString())
    expect(claims).toMatchObject({ aud: `${world.tandem.url}/mcp` })
    expect((await agent.call('whoami')).status).toBe(200)
  })

  it('kody-exchange PR#36: without resource the default is meant', async () => {
    const silent = world.client('mcp-remote', { resource: 'never' })
    await silent.signIn()
    expect((await silent.call('whoami')).status).toBe(200)
  })
})

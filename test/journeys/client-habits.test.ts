import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectAgent } from '../support/connect-agent.ts'
import { testClock } from '../support/clock.ts'
import { pageFetch } from '../support/simulators/page-fetch.ts'
import { openQuirkWorld } from '../support/simulators/quirk-world.ts'
import type { QuirkWorld } from '../support/simulators/quirk-world.ts'

// Habits that broke other servers (requirements 7.2), each named by the report it comes from.

const clock = testClock(new Date())
let world: QuirkWorld
beforeAll(async () => {
  world = await openQuirkWorld({ clock })
})
afterAll(() => world?.close())

const minutes = 60_000

describe('websites that can’t be reached', () => {
  it('claude-ai-mcp#650: when claude.ai refuses us, those who were here go on with the last good copy', async () => {
    const claude = world.client('Claude.ai')
    await claude.signIn()
    world.documents.state.instead = 403
    try {
      clock.advance(25 * 60 * minutes)

      expect((await claude.refresh())[0]?.status).toBe(200)
      await world.signInAgain()
      await claude.signIn()
    } finally {
      world.documents.state.instead = null
    }
  })

  it('openstatus PR#2653: a document that can’t be had is a 503, which no client takes for a lost registration', async () => {
    world.documents.state.instead = 502
    try {
      const codex = world.client('Codex')
      await expect(codex.signIn()).rejects.toThrow(/no consent page: 503/)
    } finally {
      world.documents.state.instead = null
    }
    await world.client('Codex').signIn()
  })

  it('VS Code: its document says no-store and is still fetched once for one sign-in', async () => {
    const before = world.documents.state.fetches.length
    const code = world.client('VS Code')
    await code.signIn()
    await code.refresh()
    expect(world.documents.state.fetches.slice(before)).toEqual(['/vscode.dev/oauth/client-metadata.json'])
  })
})

describe('apps on this computer', () => {
  it('claude-code#37747: registered without a port, answered at the port that was free', async () => {
    for (const port of [1024, 3118, 53_412]) {
      const redirectUri = `http://localhost:${port}/callback`
      await world.client('Claude Code', { redirectUri }).signIn()
    }
  })

  it('mcp-remote#72: the port that was registered is taken, another one is used', async () => {
    const remote = world.client('mcp-remote')
    await remote.signIn()
    const again = world.client('mcp-remote', { redirectUri: 'http://localhost:41234/oauth/callback' })
    again.known = remote.known
    await again.signIn()
  })

  it('vscode#278512: the bare address with and without its slash is one', async () => {
    await world.client('VS Code', { redirectUri: 'http://127.0.0.1:33419/' }).signIn()
  })

  it('opencode#50510: the path is not relaxed, nor is one name of this computer another', async () => {
    for (const redirectUri of ['http://localhost:3118/callback/x', 'http://[::1]:3118/callback']) {
      await expect(world.client('Claude Code', { redirectUri }).signIn()).rejects.toThrow(
        /no consent page: 400/,
      )
    }
  })
})

describe('how clients refresh', () => {
  it('claude-code#89862: a refresh without scope keeps what was granted', async () => {
    const claude = world.client('Claude Code')
    const { scope } = await claude.signIn()
    await claude.refresh()
    expect(claude.tokens?.scope).toBe(scope)
  })

  it('claude-code#55055, fastmcp#4901: sessions that share a login refresh at once and stay signed in', async () => {
    const claude = world.client('Claude Code', { refresh: { scope: 'omitted', atOnce: 8 } })
    await claude.signIn()
    const answers = await claude.refresh()
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(({ body }) => body['refresh_token'])).size).toBe(1)
    expect((await claude.refresh())[0]?.status).toBe(200)
  })

  it('opik PR#8286: an answer that was lost is given again within the grace', async () => {
    const claude = world.client('Claude.ai')
    const { refresh_token } = await claude.signIn()
    const [lost] = await claude.refresh(refresh_token)
    clock.advance(30_000)
    const [found] = await claude.refresh(refresh_token)
    expect(found?.body['refresh_token']).toBe(lost?.body['refresh_token'])
  })

  it('claude-code#66210: a token from days ago is invalid_grant, upon which the client asks its person', async () => {
    const claude = world.client('Claude Code', { refresh: { scope: 'omitted', atOnce: 1 } })
    const { refresh_token } = await claude.signIn()
    await claude.refresh()
    clock.advance(3 * 24 * 60 * minutes)
    const [answer] = await claude.refresh(refresh_token)
    expect([answer?.status, answer?.body['error']]).toEqual([400, 'invalid_grant'])
    expect([claude.tokens, claude.known === undefined]).toEqual([undefined, false])
    await world.signInAgain()
    await claude.signIn()
  })

  it('typescript-sdk#2718: a refresh that repeats its scope gets it', async () => {
    const remote = world.client('mcp-remote')
    const { scope } = await remote.signIn()
    expect((await remote.refresh()).map(({ body }) => body['scope'])).toEqual([scope, scope])
  })

  it('an unknown client is told invalid_client, upon which it registers anew and gets in', async () => {
    const cursor = world.client('Cursor')
    await cursor.signIn()
    cursor.known = { id: 'cli_01arz3ndektsv4rrffq69g5fav', secret: undefined, method: 'none' }
    const [answer] = await cursor.refresh()
    expect([answer?.status, answer?.body['error']]).toEqual([401, 'invalid_client'])
    expect(cursor.known).toBeUndefined()
    await cursor.signIn()
  })
})

describe('what answers must carry', () => {
  it('codex#33354, mcp-server-cloudflare#449: iss is announced, and with every answer', async () => {
    const codex = world.client('Codex')
    await codex.signIn()
    expect(codex.way?.expectsIss).toBe(true)
    const denied = connectAgent({ browser: world.ada, decision: { decision: 'deny' } })
    await expect(denied).rejects.toThrow(`iss=${encodeURIComponent(world.tandem.url)}`)
  })

  it('Engram#1633, altinity-mcp#118: ChatGPT’s document is taken though it names two ways to authenticate', async () => {
    const chatGpt = world.client('ChatGPT')
    await chatGpt.signIn()
    expect(chatGpt.known?.id).toContain('/chatgpt.com/oauth/client.json')
    expect((await chatGpt.refresh())[0]?.status).toBe(200)
  })

  it('claude-code#28258, typescript-sdk#1582: a refused call names every scope it needs, and asking for them helps', async () => {
    const claude = world.client('Claude Code', {
      scopes: { from: [], otherwise: 'crm:read', offlineAccess: false },
    })
    await claude.signIn()
    const changes = { changes: [{ do: 'create', object: 'company', values: { name: 'Stepping stone' } }] }
    const refused = await claude.call('apply_changes', changes)
    expect(refused.status).toBe(403)
    const header = refused.headers.get('www-authenticate') ?? ''
    expect(header).toContain('error="insufficient_scope"')
    const wanted = /scope="([^"]+)"/.exec(header)?.[1] ?? ''
    await claude.signIn(`crm:read ${wanted}`)
    expect((await claude.call('apply_changes', changes)).status).toBe(200)
  })
})

describe('clients in a page', () => {
  const page = pageFetch('http://localhost:6274')

  it('inspector#982: discovery, registration and tokens are readable, with the SDK’s own header', async () => {
    const headers = { 'MCP-Protocol-Version': '2026-07-28' }
    for (const path of [
      'oauth-protected-resource/mcp',
      'oauth-authorization-server',
      'openid-configuration',
    ]) {
      expect((await page(`${world.tandem.url}/.well-known/${path}`, { headers })).status).toBe(200)
    }
    const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'nobody', refresh_token: 'x' })
    expect((await page(`${world.tandem.url}/oauth/token`, { method: 'POST', body })).status).toBe(401)
  })

  it('envoy ai-gateway PR#2307: OPTIONS is answered before anybody asks for a token', async () => {
    const preflight = await world.get('/mcp', {
      method: 'OPTIONS',
      headers: {
        Origin: world.tandem.url,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type,mcp-protocol-version',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(/Authorization/)
  })

  it('twenty PR#19836, adcp PR#1136: a page may read the challenge', async () => {
    const refused = await world.get('/mcp', { method: 'POST', headers: { Origin: world.tandem.url } })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('access-control-expose-headers')).toMatch(/WWW-Authenticate/)
  })

  it('and what no page may use stays closed: the authorization endpoint has no CORS', async () => {
    await expect(page(`${world.tandem.url}/oauth/authorize?client_id=x`)).rejects.toThrow(/CORS/)
  })
})

it('typescript-sdk#2591: on a computer of one’s own, http at localhost is enough', async () => {
  const metadata = await world.json('/.well-known/oauth-authorization-server')
  expect(String(metadata['token_endpoint'])).toMatch(/^http:\/\/localhost:/)

  await world.client('mcp-remote').signIn()
})

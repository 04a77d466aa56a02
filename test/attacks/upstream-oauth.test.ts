import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { pino } from 'pino'
import { testClock } from '../support/clock.ts'
import { beginConnection, comeBack, connectionOf, connectUpstream } from '../support/connect-upstream.ts'
import { metadataPaths, startLyingUpstream } from '../support/lying-upstream.ts'
import type { LyingUpstream } from '../support/lying-upstream.ts'
import { startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'
import { addUpstream } from '../support/upstreams.ts'

const clock = testClock(new Date())
const logged: string[] = []
let tandem: RunningTandem
let honest: LyingUpstream
let liar: LyingUpstream
let ada: Browser
let grace: Browser

beforeAll(async () => {
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) })
  ;[honest, liar, tandem] = await Promise.all([
    startLyingUpstream(),
    startLyingUpstream(),
    startTandem({ clock, log }),
  ])
  const browser = await tandem.signIn('ada')
  for (const [name, { url }] of Object.entries({ honest, liar }))
    await addUpstream(tandem, { kind: 'http', name, url, auth: { kind: 'oauth' } }, { browser })
}, 60_000)
beforeEach(async () => {
  for (const one of [honest, liar]) one.reset()
  // A session that was confirmed lately, and a budget of its own.
  clock.advance(11 * 60_000)
  ;[ada, grace] = await Promise.all([tandem.signIn('ada'), tandem.signIn('grace')])
  // Not known to either of them yet.
  for (const name of ['honest', 'liar']) await ada.json('DELETE', `/api/connections/${name}/client`)
})
afterAll(async () => {
  await tandem.close()
  await Promise.all([honest.close(), liar.close()])
})

const begin = (browser: Browser, name: string) => browser.json('POST', `/api/connections/${name}`)
const paths = ({ seen }: LyingUpstream) => seen.map(({ path }) => path)
const state = async (browser: Browser, name: string) => (await connectionOf(browser, name)).state
const refused = (name: string) => `/connect/${name}?problem=refused`
const over = (name: string) => `/connect/${name}?problem=over`

describe('G12 answers of another authorization server (RFC 9207 §2.4, RFC 9700 §4.4)', () => {
  it('G12 mix-up: an answer of the honest server at the liar’s address is refused, and its code goes to nobody', async () => {
    const location = await beginConnection(ada, 'liar')
    const before = paths(liar).length
    expect(await comeBack(ada, liar.back(location, { iss: honest.issuer }))).toBe(refused('liar'))
    expect(paths(liar).slice(before)).toEqual([])
    expect(paths(honest)).not.toContain('/token')
    expect(await state(ada, 'liar')).toBe('none')
  })

  it('G12 the state of one upstream opens no other’s address', async () => {
    const location = await beginConnection(ada, 'liar')
    const answer = new URL(liar.back(location, { iss: honest.issuer }))
    answer.pathname = '/connect/honest/callback'
    expect(await comeBack(ada, answer.href)).toBe(over('honest'))
    expect(paths(honest)).not.toContain('/token')
  })

  it('G12 a server that says it names itself has to, to the letter', async () => {
    for (const iss of [`${honest.issuer}/`, honest.issuer.replace('127.0.0.1', 'localhost'), '']) {
      const location = await beginConnection(ada, 'honest')
      expect(await comeBack(ada, honest.back(location, { iss }))).toBe(refused('honest'))
    }
    const location = await beginConnection(ada, 'honest')
    const without = new URL(honest.back(location))
    without.searchParams.delete('iss')
    expect(await comeBack(ada, without.href)).toBe(refused('honest'))
    const twice = new URL(honest.back(await beginConnection(ada, 'honest')))
    twice.searchParams.append('iss', liar.issuer)
    expect(await comeBack(ada, twice.href)).toBe(refused('honest'))
    expect(paths(honest)).not.toContain('/token')
  })

  it('G12 MCP 2026-07-28, "Authorization Server Binding": another server than before gets no client, secret or refresh token of the first', async () => {
    await connectUpstream(ada, 'honest', async (location) => honest.back(location))
    honest.twist(metadataPaths.resource, { authorization_servers: [liar.issuer] })
    const registered = honest.seen.find(({ path }) => path === '/register')
    expect(registered).toBeDefined()
    const location = new URL(await beginConnection(grace, 'honest'))
    expect(location.origin).toBe(liar.issuer)
    expect(location.searchParams.get('client_id')).toBe(`client-of-${new URL(liar.issuer).port}`)
    // Ada’s tokens came from the first one: they are renewed there, whatever the upstream says now.
    const upstream = tandem.parts.gateway.upstreams.named('honest')
    const member = ((await ada.json('GET', '/api/session')).body as { member: { id: never } }).member.id
    clock.advance(290_000)
    honest.seen.length = 0
    if (!upstream) throw new Error('no upstream')
    await tandem.parts.gateway.connections.credential(upstream, { member, upstream: upstream.id })
    expect(paths(honest)).toContain('/token')
    expect(paths(liar)).not.toContain('/token')
    for (const { body, authorization } of liar.seen)
      for (const secret of honest.secrets) expect(`${body} ${authorization}`).not.toContain(secret)
    await ada.json('DELETE', '/api/connections/honest')
  })
})

describe('who begins and who ends a connection (attacks C1–C3, C9)', () => {
  it('C1 the state of another member, of another browser of hers, or none is worth nothing', async () => {
    const location = await beginConnection(ada, 'honest')
    const answer = honest.back(location)
    const elsewhere = await tandem.signIn('ada')
    for (const browser of [grace, elsewhere, tandem.browser()])
      expect(await comeBack(browser, answer)).toBe(over('honest'))
    const without = new URL(answer)
    without.searchParams.delete('state')
    expect(await comeBack(ada, without.href)).toBe(over('honest'))
    expect(paths(honest)).not.toContain('/token')
    // Whoever tried took nothing from her.
    expect(await comeBack(ada, answer)).toBe('/connect/honest?done')
    expect([await state(ada, 'honest'), await state(grace, 'honest')]).toEqual(['connected', 'none'])
    await ada.json('DELETE', '/api/connections/honest')
  })

  it('C2 an answer counts once, of two at once too, and not after ten minutes', async () => {
    const answer = honest.back(await beginConnection(ada, 'honest'))
    const both = await Promise.all([comeBack(ada, answer), comeBack(ada, answer)])
    expect(both.toSorted()).toEqual(['/connect/honest?done', over('honest')])
    expect(await comeBack(ada, answer)).toBe(over('honest'))
    expect(paths(honest).filter((path) => path === '/token')).toHaveLength(1)
    const late = honest.back(await beginConnection(ada, 'honest'))
    clock.advance(10 * 60_000 + 1)
    expect(await comeBack(ada, late)).toBe(over('honest'))
    await ada.json('DELETE', '/api/connections/honest')
  })

  it('C2 an answer from before the session ended is nobody’s', async () => {
    const answer = honest.back(await beginConnection(ada, 'honest'))
    await ada.json('DELETE', '/api/session')
    ada = await tandem.signIn('ada')
    expect(await comeBack(ada, answer)).toBe(over('honest'))
  })

  it('C9 Mallory’s code in her answer: another verifier is hers, and her server says so (RFC 7636 §4.6)', async () => {
    const location = await beginConnection(ada, 'honest')
    const challenge = new URL(location).searchParams.get('code_challenge')
    await comeBack(ada, honest.back(location, { code: 'of Mallory' }))
    const sent = new URLSearchParams(honest.seen.find(({ path }) => path === '/token')?.body)
    const hashed = createHash('sha256')
      .update(sent.get('code_verifier') ?? '')
      .digest('base64url')
    expect(hashed).toBe(challenge)
    expect(sent.get('resource')).toBe(honest.url)
    await ada.json('DELETE', '/api/connections/honest')
  })

  it('C3 confused deputy: looking at the page sends nothing anywhere; beginning takes a member, on a page of ours', async () => {
    const page = await ada.fetch('/connect/honest')
    expect(page.status).toBe(200)
    expect(page.headers.get('location')).toBeNull()
    await connectionOf(ada, 'honest')
    expect(await begin(tandem.browser(), 'honest')).toMatchObject({ status: 401 })
    const foreign = await ada.fetch('/api/connections/honest', {
      method: 'POST',
      headers: { Origin: 'https://mallory.example' },
    })
    expect(foreign.status).toBe(403)
    const { accessToken } = await tandem.connectAgent({ browser: ada, resource: `${tandem.url}/api` })
    const byAgent = await fetch(`${tandem.url}/api/connections/honest`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${accessToken}`, Origin: tandem.url },
    })
    expect(byAgent.status).toBe(401)
    expect((await ada.fetch('/api/connections/honest')).status).toBe(200)
    clock.advance(10 * 60_000)
    expect(await begin(ada, 'honest')).toMatchObject({ status: 403, body: { error: 'confirm_needed' } })
    expect(honest.seen).toEqual([])
  })

  it('G5 nobody sees or ends another person’s connection', async () => {
    await connectUpstream(ada, 'honest', async (location) => honest.back(location))
    expect(await state(grace, 'honest')).toBe('none')
    expect((await grace.json('DELETE', '/api/connections/honest')).status).toBe(404)
    const { body } = await grace.json('GET', '/api/connections')
    expect((body as { connections: { state: string }[] }).connections.map((one) => one.state)).toEqual([
      'none',
      'none',
    ])
    expect(await state(ada, 'honest')).toBe('connected')
    await ada.json('DELETE', '/api/connections/honest')
  })
})

describe('what an upstream says of the way in', () => {
  const nothingThere = async (problem: RegExp) => {
    const { status, body } = await begin(ada, 'liar')
    expect({ status, body }).toMatchObject({ status: 502, body: { error: 'upstream_refused' } })
    expect((body as { message: string }).message).toMatch(problem)
    expect(paths(liar)).not.toContain('/register')
  }
  /** What members are told holds no address and no reason (attacks S9). */
  const toldToMembers = async () => ((await begin(grace, 'liar')).body as { message: string }).message

  it.each([
    ['of somebody else', 'https://bank.example/mcp'],
    ['of a path beside it', '/mcp-other'],
    ['of a path below it', '/mcp/below'],
    ['with a fragment', '/mcp#x'],
    ['that is no address', 'mcp'],
  ])('RFC 9728 §3.3: metadata %s is refused', async (_what, resource) => {
    liar.twist(metadataPaths.resource, {
      resource: resource.startsWith('/') ? `${liar.issuer}${resource}` : resource,
    })
    await nothingThere(/can’t be used.*which is not/)
    expect(await toldToMembers()).not.toContain('http')
  })

  it('RFC 8414 §3.3: metadata of another issuer is refused', async () => {
    for (const issuer of [honest.issuer, `${liar.issuer}/other`, 'https://accounts.google.com']) {
      liar.twist(metadataPaths.server, { issuer })
      await nothingThere(/isn’t one that Tandem can use safely/)
    }
  })

  it('RFC 8414 §2: an issuer with a query or a fragment is none', async () => {
    for (const more of ['?x=1', '#x']) {
      liar.twist(metadataPaths.resource, { authorization_servers: [`${liar.issuer}${more}`] })
      await nothingThere(/has a query or a fragment/)
    }
  })

  it('MCP 2026-07-28: a server without PKCE S256 is refused', async () => {
    for (const methods of [undefined, [], ['plain']]) {
      liar.twist(metadataPaths.server, { code_challenge_methods_supported: methods })
      await nothingThere(/PKCE with S256/)
    }
  })

  it.each([
    '10.0.0.7',
    '169.254.169.254',
    '192.168.1.1',
    '100.64.0.1',
    '[::ffff:10.0.0.7]',
    '[fd00::1]',
    '0x0a000007',
  ])('S1 no address that it names leads to %s', async (host) => {
    const inside = `https://${host}`
    for (const member of [
      'authorization_endpoint',
      'token_endpoint',
      'registration_endpoint',
      'revocation_endpoint',
    ]) {
      liar.reset()
      liar.twist(metadataPaths.server, { [member]: `${inside}/x` })
      await nothingThere(/may not be reached/)
    }
    liar.reset()
    liar.twist(metadataPaths.resource, { authorization_servers: [inside] })
    await nothingThere(/can’t be reached/)
    liar.reset()
    const challenge = `Bearer resource_metadata="${inside}/x"`
    liar.lie('/mcp', () => new Response(null, { status: 401, headers: { 'WWW-Authenticate': challenge } }))
    await nothingThere(/can’t be used/)
  })

  it('S1 CVE-2025-6514: nothing but an address of the web is opened in a browser', async () => {
    for (const address of [
      'javascript:alert(1)',
      'file:///etc/passwd',
      'data:text/html,x',
      'http://public.example/x',
    ]) {
      liar.reset()
      liar.twist(metadataPaths.server, { authorization_endpoint: address })
      await nothingThere(/isn’t one that Tandem can use safely/)
    }
  })

  it('S3 redirects are followed nowhere: metadata, registration', async () => {
    const away = (path: string) => () =>
      new Response(null, { status: 307, headers: { Location: `${honest.issuer}${path}` } })
    for (const path of Object.values(metadataPaths)) {
      liar.reset()
      liar.lie(path, away(path))
      await nothingThere(/can’t be used|safely/)
    }
    liar.reset()
    liar.lie('/register', away('/register'))
    expect((await begin(ada, 'liar')).status).toBe(502)
    expect(honest.seen).toEqual([])
  })

  it('S4 metadata larger than any is not read to its end', async () => {
    liar.twist(metadataPaths.server, { padding: 'x'.repeat(300_000) })
    await nothingThere(/can’t be reached.*larger than/)
    liar.reset()
    liar.lie(
      metadataPaths.resource,
      () => new Response('{"resource":', { headers: { 'Content-Type': 'application/json' } }),
    )
    await nothingThere(/can’t be used/)
  })

  it('S8 a person begins twenty times in ten minutes and no more', async () => {
    const statuses = []
    for (let times = 0; times < 21; times++) statuses.push((await begin(grace, 'liar')).status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(20)
    expect(statuses.at(-1)).toBe(429)
    expect((await begin(ada, 'liar')).status).toBe(200)
  })
})

describe('what a token endpoint answers', () => {
  const answered = async (answer: () => Response) => {
    liar.reset()
    const location = await beginConnection(ada, 'liar')
    liar.lie('/token', answer)
    const landed = await comeBack(ada, liar.back(location))
    expect(await state(ada, 'liar')).toBe('none')
    return landed
  }
  const tokens = { access_token: 'good', token_type: 'Bearer', expires_in: 300 }

  it('G11 is not followed to another place: code, verifier and client secret stay here', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const headers = { Location: `${honest.issuer}/token` }
      expect(await answered(() => new Response(null, { status, headers }))).toBe(refused('liar'))
    }
    expect(honest.seen).toEqual([])
  })

  it('S4 is refused when it is too large, no JSON, or no token', async () => {
    expect(await answered(() => Response.json({ ...tokens, x: 'x'.repeat(300_000) }))).toBe(refused('liar'))
    expect(await answered(() => new Response('<html>'))).toBe(refused('liar'))
    expect(await answered(() => Response.json({ ...tokens, token_type: 'mac' }))).toBe(refused('liar'))
    expect(await answered(() => Response.json({ token_type: 'Bearer' }))).toBe(refused('liar'))
  })

  it('G8 is refused when its token would be more than a header (RFC 6750 §2.1)', async () => {
    for (const token of ['a\r\nX-Admin: 1', 'a b', 'a,b', 'ü', ''])
      expect(await answered(() => Response.json({ ...tokens, access_token: token }))).toBe(refused('liar'))
  })

  it('C7 nothing that it says is repeated to the person', async () => {
    const location = await beginConnection(ada, 'liar')
    const words = '<script>alert(1)</script>'
    const denied = { error: 'access_denied', error_description: words, code: '' }
    expect(await comeBack(ada, liar.back(location, denied))).toBe('/connect/liar?problem=denied')
    const other = liar.back(await beginConnection(ada, 'liar'), { error: words, code: '' })
    expect(await comeBack(ada, other)).toBe(refused('liar'))
  })
})

describe('G6 secrets of connections', () => {
  it('G6 codes, tokens, verifiers, client secrets and states are in no log, no record and no answer', async () => {
    let [text, last] = ['', '']
    const look = async (path: string) => {
      const answer = await ada.fetch(path)
      text += await answer.text()
      return answer.status
    }
    last = await beginConnection(ada, 'honest')
    const stateThere = new URL(last).searchParams.get('state') ?? ''
    await comeBack(ada, honest.back(last))
    honest.lie('/token', () =>
      Response.json(
        { error: 'invalid_grant', error_description: [...honest.secrets].join(' ') },
        { status: 400 },
      ),
    )
    clock.advance(290_000)
    const { accessToken } = await tandem.connectAgent({ browser: ada, resource: `${tandem.url}/mcp/honest` })
    const called = await fetch(`${tandem.url}/mcp/honest`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    })
    text += await called.text()
    expect(await state(ada, 'honest')).toBe('broken')
    for (const path of [
      '/api/connections',
      '/api/connections/honest/client',
      '/api/audit',
      '/api/audit/export?format=json',
    ])
      expect([path, await look(path)]).toEqual([path, 200])
    expect(honest.secrets.size).toBeGreaterThan(4)
    for (const secret of [...honest.secrets, ...liar.secrets, stateThere]) {
      expect(text).not.toContain(secret)
      expect(logged.join('\n')).not.toContain(secret)
    }
    expect(logged.join('\n')).toContain('a connection wasn’t renewed')
  })
})

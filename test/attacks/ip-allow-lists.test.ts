import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { startTwenty } from '../support/twenty/twenty-double.ts'
import { addUpstream } from '../support/upstreams.ts'

/** One request with its target as written, which `fetch` would tidy. */
function ask(
  tandem: RunningTandem,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { host } = new URL(tandem.url)
    const asked = httpRequest(
      { host: '127.0.0.1', port: tandem.port, method, path, headers: { host, ...headers } },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part: string) => (text += part))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
      },
    )
    asked.on('error', reject).end()
  })
}
const from = (address: string) => ({ 'x-forwarded-for': address })
const token = { authorization: 'Bearer AAAA' }
const programs: [string, string, Record<string, string>?][] = [
  ['POST', '/mcp'],
  ['GET', '/mcp'],
  ['OPTIONS', '/mcp'],
  ['POST', '/mcp/'],
  ['POST', '/mcp/anything'],
  ['POST', '/oauth/token'],
  ['POST', '/oauth/register'],
  ['POST', '/oauth/introspect'],
  ['POST', '/oauth/revoke'],
  ['POST', '/oauth/device_authorization'],
  ['POST', '/oauth/par'],
  ['GET', '/oauth/userinfo'],
  ['GET', '/oauth/jwks'],
  ['POST', '/token'],
  ['POST', '/register'],
  ['GET', '/.well-known/oauth-protected-resource/mcp'],
  ['GET', '/.well-known/oauth-authorization-server'],
  ['GET', '/api/objects', token],
  ['POST', '/x/../oauth/token'],
  ['POST', '/%2e%2e/oauth/token'],
  ['POST', '/oauth//token'],
  ['GET', '/x/../.well-known/oauth-authorization-server'],
]

describe('an install with a list, and a proxy that this request does not come through (four-systems §2.9 fault 2)', () => {
  let tandem: RunningTandem
  beforeAll(async () => {
    tandem = await startTandem({
      config: { TANDEM_IP_ALLOWLIST: ['203.0.113.9'], TANDEM_TRUSTED_PROXIES: ['10.9.9.9'] },
    })
  })
  afterAll(() => tandem.close())

  it.each(['127.0.0.1', '203.0.113.9', '203.0.113.9, 10.9.9.9', '::1', '::ffff:203.0.113.9'])(
    'a peer that claims to be %s is who it is',
    async (claim) => {
      const { status, text } = await ask(tandem, 'POST', '/mcp', from(claim))
      expect(status).toBe(403)
      expect(JSON.parse(text)).toMatchObject({
        error: 'forbidden',
        message: expect.stringContaining('127.0.0.1'),
      })
    },
  )

  it.each(programs)('%s %s is refused', async (method, path, headers) => {
    expect((await ask(tandem, method, path, { ...headers, ...from('203.0.113.9') })).status).toBe(403)
  })

  it.each([
    ['/', 200],
    ['/health', 200],
    ['/sign-in', 200],
    ['/api/bootstrap', 200],
    ['/oauth/authorize', 400],
  ])('people’s own %s stays open', async (path, status) => {
    expect((await ask(tandem, 'GET', path)).status).toBe(status)
  })

  it('a session is no way around the list for a token', async () => {
    const ada = await tandem.signIn('ada')
    expect((await ada.fetch('/api/objects')).status).toBe(200)
    expect((await ada.fetch('/api/objects', { headers: token })).status).toBe(403)
  })

  it('the record says who was refused', async () => {
    await expect
      .poll(() => tandem.parts.audit.search({ event: 'address.refused' }, { limit: 1 }))
      .not.toHaveLength(0)
    const [entry] = await tandem.parts.audit.search({ event: 'address.refused' }, { limit: 1 })
    expect(entry).toMatchObject({ outcome: 'refused', ip: '127.0.0.1', detail: { list: 'server' } })
  })
})

describe('an install with a list, behind a listed proxy', () => {
  let tandem: RunningTandem
  beforeAll(async () => {
    tandem = await startTandem({
      config: {
        TANDEM_IP_ALLOWLIST: ['203.0.113.9', '2001:db8:1::/48', '127.0.0.1'],
        TANDEM_TRUSTED_PROXIES: ['127.0.0.1', '10.0.0.0/8'],
      },
    })
  })
  afterAll(() => tandem.close())

  it.each([
    ['a listed address', '203.0.113.9'],
    ['its mapped form', '::ffff:203.0.113.9'],
    ['its mapped form in hexadecimal', '::FFFF:CB00:7109'],
    ['a listed IPv6 network', '2001:DB8:1:0::7'],
    ['a chain of our proxies', '203.0.113.9, 10.1.1.1, 10.2.2.2'],
    ['what the client wrote before it', '198.51.100.7, 203.0.113.9'],
  ])('lets pass %s', async (_what, forwarded) => {
    expect((await ask(tandem, 'POST', '/mcp', from(forwarded))).status).toBe(401)
  })

  it.each([
    ['another address', '198.51.100.7'],
    ['an address next to it', '203.0.113.90'],
    ['a listed address that the client wrote itself', '203.0.113.9, 198.51.100.7'],
    ['this computer, as the client says', '127.0.0.1, 198.51.100.7'],
    ['another IPv6 network', '2001:db8:2::7'],
    ['the IPv4-compatible form', '::203.0.113.9'],
    ['the NAT64 form', '64:ff9b::203.0.113.9'],
    ['the 6to4 form', '2002:cb00:7109::1'],
    ['a number', '3405803785'],
    ['an address with a port', '203.0.113.9:4711'],
    ['no address', 'unknown'],
    ['an empty header', ''],
  ])('refuses %s', async (_what, forwarded) => {
    expect((await ask(tandem, 'POST', '/mcp', from(forwarded))).status).toBe(403)
  })

  it('refuses whom the proxy does not name, though the proxy’s own address is listed', async () => {
    const { status, text } = await ask(tandem, 'POST', '/mcp')
    expect(status).toBe(403)
    expect(text).toContain('X-Forwarded-For')
  })
})

describe('a list of one resource', () => {
  let tandem: RunningTandem
  beforeAll(async () => {
    tandem = await startTandem({
      config: {
        TANDEM_MCP_IP_ALLOWLIST: ['203.0.113.9'],
        TANDEM_API_IP_ALLOWLIST: ['198.51.100.7'],
        TANDEM_TRUSTED_PROXIES: ['127.0.0.1'],
      },
    })
  })
  afterAll(() => tandem.close())

  it('holds there and nowhere else', async () => {
    const status = async (path: string, address: string) =>
      (await ask(tandem, path === '/mcp' ? 'POST' : 'GET', path, { ...token, ...from(address) })).status
    expect(await status('/mcp', '203.0.113.9')).toBe(401)
    expect(await status('/mcp', '198.51.100.7')).toBe(403)
    expect(await status('/api/objects', '198.51.100.7')).toBe(401)
    expect(await status('/api/objects', '203.0.113.9')).toBe(403)
    expect(await status('/.well-known/oauth-protected-resource/mcp', '192.0.2.1')).toBe(200)
  })

  it('an upstream has its own, which holds from the next call on', async () => {
    const twenty = await startTwenty()
    try {
      const ada = await tandem.signIn('ada')
      const { id } = await addUpstream(
        tandem,
        { kind: 'twenty', name: 'twenty', url: twenty.url, auth: { kind: 'key' } },
        { browser: ada, credential: twenty.key, unreviewed: true },
      )
      const status = async (address: string) =>
        (await ask(tandem, 'POST', '/mcp/twenty', from(address))).status
      expect(await status('198.51.100.7')).toBe(401)
      await ada.json('PATCH', `/api/upstreams/${id}`, { ipAllowlist: ['203.0.113.0/24'] })
      expect(await status('198.51.100.7')).toBe(403)
      expect(await status('::ffff:203.0.113.200')).toBe(401)
    } finally {
      await twenty.close()
    }
  })
})

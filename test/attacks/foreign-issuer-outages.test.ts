import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startForeignIssuer } from '../support/foreign-issuer.ts'
import type { ForeignIssuerDouble } from '../support/foreign-issuer.ts'
import { callTool, startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'

const scopes = { 'twenty:read': ['crm:read'] }
const common = { type: 'at+jwt' as const, email_domains: ['acme.example'], scopes }
let as: ForeignIssuerDouble
let tandem: RunningTandem
// Keys and answers are kept for a while, so time passes; timers don't.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())
const wait = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
const statusOf = async (text: string) => (await callTool(`${tandem.url}/mcp`, text, 'whoami', {})).status
const token = (kid = 'one') => as.sign(as.claims(`${tandem.url}/mcp`), { kid })

describe('the other server’s keys', () => {
  beforeAll(async () => {
    as = await startForeignIssuer()
    tandem = await startTandem({ config: { TANDEM_AUTHORIZATION_SERVER: { ...common, issuer: as.issuer } } })
  })
  afterAll(async () => {
    await tandem?.close()
    await as?.close()
  })

  it('while they can’t be had nobody passes, a good token is not called bad, and strangers cause no flood', async () => {
    as.state.down = true
    const asked = as.state.asked
    for (let i = 0; i < 10; i++) expect(await statusOf(await token())).toBe(503)
    expect(as.state.asked - asked).toBeLessThan(5)
    as.state.down = false
    wait(6)
    expect(await statusOf(await token())).toBe(200)
  })

  it('are read again for a key that is new, and one that was taken back opens nothing', async () => {
    as.keys.add('two')
    wait(60)
    expect(await statusOf(await token('two'))).toBe(200)
    const old = await token()
    as.keys.remove('one')
    wait(601)
    expect(await statusOf(await token('two'))).toBe(200)
    expect(await statusOf(old)).toBe(401)
    as.keys.add('one')
  })

  it('metadata that names another issuer is nobody’s: no key of it counts', async () => {
    const own = await startForeignIssuer()
    own.state.says = `${own.issuer}/tenant-of-mallory`
    const other = await startTandem({
      config: { TANDEM_AUTHORIZATION_SERVER: { ...common, issuer: own.issuer } },
    })
    try {
      const text = await own.sign(own.claims(`${other.url}/mcp`))
      expect((await callTool(`${other.url}/mcp`, text, 'whoami', {})).status).toBe(503)
    } finally {
      await other.close()
      await own.close()
    }
  })
})

describe('asking the other server about each token (RFC 7662)', () => {
  const good = () => ({ active: true, token_type: 'Bearer', ...as.claims(`${tandem.url}/mcp`) })
  let count = 0
  const opaque = () => `opaque-${++count}`
  beforeAll(async () => {
    as = await startForeignIssuer()
    const introspection = {
      url: `${as.issuer}/introspect`,
      client_id: 'tandem',
      client_secret: 'a secret that is long enough',
    }
    const of = { ...common, issuer: as.issuer, introspection }
    tandem = await startTandem({
      config: { TANDEM_AUTHORIZATION_SERVER: of, TANDEM_TRUSTED_PROXIES: ['127.0.0.1', '::1'] },
    })
  })
  afterAll(async () => {
    await tandem?.close()
    await as?.close()
  })

  it('takes an opaque token that it vouches for, until it no longer does', async () => {
    as.state.introspect = good
    const text = opaque()
    expect(await statusOf(text)).toBe(200)
    as.state.introspect = () => ({ active: false })
    wait(31)
    expect(await statusOf(text)).toBe(401)
  })

  it.each([
    ['inactive', () => ({ active: false })],
    ['for another resource', () => ({ ...good(), aud: 'https://elsewhere.example' })],
    ['for nobody in particular', () => ({ ...good(), aud: undefined })],
    ['of another issuer', () => ({ ...good(), iss: 'https://mallory.example' })],
    ['of no issuer', () => ({ ...good(), iss: undefined })],
    ['expired', () => ({ ...good(), exp: 1 })],
    ['without end', () => ({ ...good(), exp: undefined })],
    ['of no client', () => ({ ...good(), client_id: undefined })],
    ['a refresh token', () => ({ ...good(), token_type: 'refresh_token' })],
  ])('refuses one that is %s', async (_what, answer) => {
    as.state.introspect = answer
    expect(await statusOf(opaque())).toBe(401)
  })

  it.each([
    ['says neither yes nor no', () => ({ sub: 'grace-at-the-issuer' })],
    ['says yes in another word', () => ({ ...good(), active: 'true' })],
    ['says a list', () => []],
    ['says too much', () => ({ ...good(), more: 'x'.repeat(300_000) })],
  ])('fails closed when it %s', async (_what, answer) => {
    as.state.introspect = answer
    expect(await statusOf(opaque())).toBe(503)
  })

  it('fails closed while it is away', async () => {
    as.state.down = true
    expect(await statusOf(opaque())).toBe(503)
    as.state.down = false
  })

  it.each(['/mcp', '/api/objects'])(
    'a flood of made-up tokens at %s asks it no more than so often',
    async (path) => {
      const call = async (text: string, ip: string) => {
        const headers = { authorization: `Bearer ${text}`, 'x-forwarded-for': ip }
        return (await fetch(new URL(path, tandem.url), { headers })).status
      }
      const resource = path === '/mcp' ? `${tandem.url}/mcp` : `${tandem.url}/api`
      const known = opaque()
      as.state.introspect = (text) => (text === known ? { ...good(), aud: resource } : { active: false })
      const flooded = path === '/mcp' ? '203.0.113.9' : '203.0.113.10'
      // A good token gives its place back, here and when it is asked about again.
      expect(await call(known, flooded)).not.toBe(401)
      const asked = as.state.asked
      const statuses: number[] = []
      for (let turn = 0; turn < 32; turn++)
        statuses.push(...(await Promise.all(Array.from({ length: 20 }, () => call(opaque(), flooded)))))
      expect(as.state.asked - asked).toBe(600)
      expect(statuses.filter((status) => status === 401)).toHaveLength(600)
      expect(statuses.filter((status) => status === 429)).toHaveLength(40)
      // Who was known goes on, although her token has to be asked about again; so does everybody elsewhere.
      wait(31)
      expect([401, 429]).not.toContain(await call(known, flooded))
      expect(as.state.asked - asked).toBe(601)
      expect(await call(opaque(), flooded)).toBe(429)
      expect(await call(opaque(), '203.0.113.11')).toBe(401)
    },
  )
})

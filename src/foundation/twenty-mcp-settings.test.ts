import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from './config.ts'
import { twentyMcpSettings } from './twenty-mcp-settings.ts'

const load = (env: Record<string, string>) => loadConfig(env, 'none.json')
const clerk = { AUTH_ENABLED: 'true', AUTH_PROVIDER: 'clerk', CLERK_DOMAIN: 'acme.clerk.accounts.dev' }
const oidc = { AUTH_ENABLED: 'true', AUTH_PROVIDER: 'oidc', AUTH_ISSUER: 'https://id.acme.example' }
const client = { AUTH_CLIENT_ID: 'tandem', AUTH_CLIENT_SECRET: 'a secret of that client' }

describe('the settings of twenty-mcp', () => {
  it.each([
    ['https://crm.acme.example', 'https://crm.acme.example'],
    ['https://crm.acme.example/', 'https://crm.acme.example'],
    ['https://crm.acme.example/mcp', 'https://crm.acme.example'],
    ['http://localhost:3000', 'http://localhost:3000'],
  ])('MCP_SERVER_URL %s is the issuer %s', (given, issuer) => {
    expect(load({ MCP_SERVER_URL: given }).issuer).toBe(issuer)
  })

  it('address lists and proxies mean what they meant', () => {
    const config = load({
      IP_PROTECTION_ENABLED: 'true',
      IP_ALLOWLIST: '203.0.113.9, 10.0.0.0/8',
      TRUSTED_PROXIES: '10.9.9.9',
      IP_BLOCK_UNKNOWN: 'false',
    })
    expect(config.TANDEM_IP_ALLOWLIST).toEqual(['203.0.113.9', '10.0.0.0/8'])
    expect(config.TANDEM_TRUSTED_PROXIES).toEqual(['10.9.9.9'])
    expect(config.TANDEM_IP_BLOCK_UNKNOWN).toBe(false)
    expect(load({ IP_BLOCK_UNKNOWN: 'true' }).TANDEM_IP_BLOCK_UNKNOWN).toBe(true)
  })

  it('AUTH_PROVIDER=clerk makes Clerk’s tokens the ones that count', () => {
    expect(load({ ...clerk, AUTH_CLIENTS: 'one, two' }).TANDEM_AUTHORIZATION_SERVER).toMatchObject({
      issuer: 'https://acme.clerk.accounts.dev',
      clients: ['one', 'two'],
      type: 'at+jwt',
    })
  })

  it('AUTH_PROVIDER=oidc does so for any issuer, by signature or by asking', () => {
    const url = 'https://id.acme.example/introspect'
    const of = load({ ...oidc, ...client, AUTH_EMAIL_DOMAINS: 'acme.example', AUTH_INTROSPECTION_URL: url })
    expect(of.TANDEM_AUTHORIZATION_SERVER).toMatchObject({
      issuer: 'https://id.acme.example',
      email_domains: ['acme.example'],
      introspection: { url, client_id: 'tandem' },
    })
  })

  it('AUTH_MODE=broker has people sign in there, with tokens from Tandem', () => {
    const config = load({ ...clerk, ...client, AUTH_MODE: 'broker' })
    expect(config.TANDEM_AUTHORIZATION_SERVER).toBeUndefined()
    expect(config.TANDEM_SIGN_IN_WITH).toMatchObject([
      { name: 'clerk', preset: 'clerk', issuer: 'https://acme.clerk.accounts.dev', clientId: 'tandem' },
    ])
  })

  it('as there, nothing of it counts before AUTH_ENABLED', () => {
    const { AUTH_ENABLED: _enabled, ...rest } = clerk
    expect(load({ ...rest, AUTH_ENABLED: 'false' }).TANDEM_AUTHORIZATION_SERVER).toBeUndefined()
    expect(load(rest).TANDEM_AUTHORIZATION_SERVER).toBeUndefined()
  })

  it('it is known where a setting came from', () => {
    expect(
      twentyMcpSettings({ MCP_SERVER_URL: 'http://localhost:3000', TRUSTED_PROXIES: '10.0.0.1' }).from,
    ).toEqual({
      TANDEM_URL: 'MCP_SERVER_URL',
      TANDEM_TRUSTED_PROXIES: 'TRUSTED_PROXIES',
    })
  })
})

describe('no start', () => {
  const key = { TWENTY_API_KEY: 'a key of Twenty that is no sample' }
  it.each<[string, Record<string, string>, RegExp]>([
    ['strangers with the server’s key', { REQUIRE_AUTH: 'false', ...key }, /people sign in, and store keys/],
    [
      'no sign-in in public',
      { AUTH_ENABLED: 'false', MCP_SERVER_URL: 'https://crm.acme.example' },
      /remove AUTH_ENABLED/,
    ],
    ['a list that is off', { IP_ALLOWLIST: '203.0.113.9' }, /IP_PROTECTION_ENABLED=true, or remove/],
    ['protection without a list', { IP_PROTECTION_ENABLED: 'true' }, /Name addresses there/],
    [
      'a list with a mistake',
      { IP_PROTECTION_ENABLED: 'true', IP_ALLOWLIST: '10.0.0.0\\8' },
      /TANDEM_IP_ALLOWLIST/,
    ],
    ['Clerk without a domain', { ...clerk, CLERK_DOMAIN: '' }, /CLERK_DOMAIN/],
    ['the sample domain', { ...clerk, CLERK_DOMAIN: 'your-app.clerk.accounts.dev' }, /your own Clerk/],
    [
      'a domain that is an address with a path',
      { ...clerk, CLERK_DOMAIN: 'a.example/b' },
      /CLERK_DOMAIN is the host/,
    ],
    ['Clerk’s tokens of any app', clerk, /AUTH_CLIENTS/],
    ['an unknown provider', { ...clerk, AUTH_PROVIDER: 'magic' }, /clerk or oidc/],
    ['an unknown mode', { ...clerk, AUTH_MODE: 'both' }, /resource-server or broker/],
    ['oidc without an issuer', { ...oidc, AUTH_ISSUER: '' }, /AUTH_ISSUER/],
    [
      'a plain http issuer',
      { ...oidc, AUTH_ISSUER: 'http://id.acme.example' },
      /TANDEM_AUTHORIZATION_SERVER.*https/,
    ],
    [
      'an issuer of every tenant',
      { ...oidc, AUTH_ISSUER: 'https://login.example/common/v2.0' },
      /one tenant/,
    ],
    ['ID tokens taken for access tokens', { ...oidc, AUTH_TOKEN_TYPE: 'JWT' }, /needs an audience/],
    [
      'asking without credentials',
      { ...oidc, AUTH_INTROSPECTION_URL: 'https://id.acme.example/i' },
      /AUTH_CLIENT_SECRET/,
    ],
    ['a broker without a client', { ...clerk, AUTH_MODE: 'broker' }, /AUTH_CLIENT_ID/],
    [
      'two addresses',
      { MCP_SERVER_URL: 'https://a.example', TANDEM_URL: 'https://b.example' },
      /say two things/,
    ],
    ['an address below a path', { MCP_SERVER_URL: 'https://acme.example/crm' }, /Set TANDEM_URL/],
    ['the sample key', { TWENTY_API_KEY: 'your-twenty-api-key-here' }, /is the sample/],
    [
      'two authorization servers',
      { ...oidc, TANDEM_RESOURCES: '[{"resource":"https://x.example","name":"X","scopes":{"x":"All"}}]' },
      /Keep one of them/,
    ],
  ])('with %s, and it says what to set', (_what, env, why) => {
    expect(() => load(env)).toThrow(why)
  })

  it('with a list in the settings file and another one under their name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tandem-settings-'))
    const file = join(folder, 'tandem.config.json')
    writeFileSync(file, JSON.stringify({ TANDEM_IP_ALLOWLIST: ['203.0.113.9'] }))
    const env = { IP_PROTECTION_ENABLED: 'true', IP_ALLOWLIST: '0.0.0.0/0' }
    expect(() => loadConfig(env, file)).toThrow(/say two things/)
    expect(loadConfig({}, file).TANDEM_IP_ALLOWLIST).toEqual(['203.0.113.9'])
    rmSync(folder, { recursive: true })
  })
})

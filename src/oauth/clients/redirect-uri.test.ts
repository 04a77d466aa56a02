import { describe, expect, it } from 'vitest'
import { isLoopbackUrl, matchRedirectUri, readRedirectUri } from './redirect-uri.ts'

const schemes = ['cursor', 'vscode', 'vscode-insiders']
const kind = (uri: string) => {
  const read = readRedirectUri(uri, schemes)
  return typeof read === 'string' ? 'refused' : read.kind
}
const matches = (registered: string, requested: string) =>
  matchRedirectUri([registered], requested, schemes)?.uri

describe('a redirect URI', () => {
  it.each([
    ['https://app.example/callback', 'https'],
    ['https://app.example:8443/callback?tenant=1', 'https'],
    ['https://localhost:3000/callback', 'https'],
    ['http://127.0.0.1:33418/', 'loopback'],
    ['http://127.0.0.1:33418', 'loopback'],
    ['http://localhost/callback', 'loopback'],
    ['http://[::1]:9000/callback', 'loopback'],
    ['cursor://anysphere.cursor-mcp/oauth/callback', 'app'],
    ['vscode-insiders://vscode.github-authentication/did-authenticate', 'app'],
  ])('%s is accepted as %s', (uri, expected) => {
    expect(kind(uri)).toBe(expected)
  })

  it.each([
    ['http', 'http://app.example/callback'],
    ['a host that only looks local', 'http://localhost.evil.example/callback'],
    ['a name that resolves here', 'http://127.0.0.1.nip.io/callback'],
    ['another loopback address', 'http://127.0.0.2/callback'],
    ['a user name that looks like a host', 'http://127.0.0.1:80@evil.example/callback'],
    ['an empty user name', 'https://@app.example/callback'],
    ['a backslash', 'https://app.example\\@evil.example/callback'],
    ['a tab', 'https://app.example/call\tback'],
    ['a line break', 'https://app.example/callback\n'],
    ['a dot segment', 'https://app.example/a/../callback'],
    ['an encoded dot segment', 'https://app.example/a/%2e%2e/callback'],
    ['an international host', 'https://аpp.example/callback'],
    ['an octal host', 'http://0177.0.0.1/callback'],
    ['a decimal host', 'http://2130706433/callback'],
    ['a hexadecimal host', 'http://0x7f.0.0.1/callback'],
    ['a mapped address', 'http://[::ffff:127.0.0.1]/callback'],
    ['a mapped address in plain form', 'http://[::ffff:7f00:1]/callback'],
    ['a default port', 'https://app.example:443/callback'],
    ['capitals in the host', 'https://App.Example/callback'],
    ['a trailing dot', 'https://app.example./callback'],
    ['a trailing dot on localhost', 'http://localhost./callback'],
    ['a fragment', 'https://app.example/callback#x'],
    ['an empty fragment', 'https://app.example/callback#'],
    ['a relative reference', '/callback'],
    ['nothing', ''],
    ['javascript', 'javascript:alert(1)'],
    ['data', 'data:text/html,hello'],
    ['vbscript', 'vbscript:x'],
    ['file', 'file:///etc/passwd'],
    ['blob', 'blob:https://app.example/1'],
    ['about', 'about:blank'],
    ['view-source', 'view-source:https://app.example/'],
    ['ws', 'ws://app.example/'],
    ['ftp', 'ftp://app.example/'],
    ['intent', 'intent://app.example/#Intent;end'],
    ['an unlisted scheme', 'com.example.app:/callback'],
    ['an app scheme without a host', 'cursor:callback'],
    ['a scheme that begins like an allowed one', 'cursor2://x/callback'],
    ['a code of its own', 'https://app.example/callback?code=x'],
    ['a state of its own', 'https://app.example/callback?a=1&state=x'],
    ['an issuer of its own, encoded', 'https://app.example/callback?%69ss=x'],
    ['2001 characters', `https://app.example/${'a'.repeat(2001)}`],
  ])('with %s is refused', (_, uri) => {
    expect(kind(uri)).toBe('refused')
  })

  it('of an app scheme is refused when the operator switched the scheme off', () => {
    expect(readRedirectUri('cursor://anysphere.cursor-mcp/oauth/callback', [])).toContain('cursor:')
  })
})

describe('matching', () => {
  it.each(['localhost', '127.0.0.1', '[::1]'])('lets the port of http://%s differ', (host) => {
    expect(matches(`http://${host}/callback`, `http://${host}:53412/callback`)).toBe(
      `http://${host}:53412/callback`,
    )
    expect(matches(`http://${host}:8787/callback`, `http://${host}/callback`)).toBeDefined()
  })

  it('lets a bare root on this computer come with or without its slash', () => {
    expect(matches('http://127.0.0.1:33418/', 'http://127.0.0.1:33418')).toBeDefined()
    expect(matches('http://127.0.0.1:33418', 'http://127.0.0.1:9/')).toBeDefined()
  })

  it.each([
    ['another port of https', 'https://app.example/cb', 'https://app.example:8443/cb'],
    ['another port of https on localhost', 'https://localhost:1/cb', 'https://localhost:2/cb'],
    ['a longer path', 'http://localhost/callback', 'http://localhost:1/callback/x'],
    ['a trailing slash', 'http://localhost/callback', 'http://localhost:1/callback/'],
    ['another query', 'http://localhost/callback', 'http://localhost:1/callback?x=1'],
    ['another loopback host', 'http://localhost/callback', 'http://127.0.0.1/callback'],
    ['an address for a name', 'http://127.0.0.1/callback', 'http://localhost/callback'],
    ['https for http', 'http://localhost/callback', 'https://localhost/callback'],
    ['a prefix', 'https://app.example/cb', 'https://app.example/cb2'],
    ['a double-encoded segment', 'https://app.example/cb', 'https://app.example/%252e%252e/cb'],
    ['an app scheme with another host', 'cursor://one/cb', 'cursor://two/cb'],
  ])('refuses %s', (_, registered, requested) => {
    expect(matches(registered, requested)).toBeUndefined()
  })

  it('refuses a registered URI whose scheme was switched off since', () => {
    expect(matchRedirectUri(['cursor://one/cb'], 'cursor://one/cb', schemes)?.kind).toBe('app')
    expect(matchRedirectUri(['cursor://one/cb'], 'cursor://one/cb', [])).toBeUndefined()
  })
})

it('knows an origin on this computer from one that is not', () => {
  expect(isLoopbackUrl('http://localhost:3000')).toBe(true)
  expect(isLoopbackUrl('https://crm.example')).toBe(false)
  expect(isLoopbackUrl('not a url')).toBe(false)
})

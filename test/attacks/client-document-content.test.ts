import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readDocumentUrl } from '../../src/oauth/clients/metadata-document.ts'
import { clientFromDocument } from '../../src/oauth/clients/read-document.ts'

/** Reads a document as if it came from https://app.example/client.json. */
const read = (body: unknown, contentType = 'application/json') => {
  const at = new Date('2026-11-21T09:00:00Z')
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const about = { appSchemes: [], firstSeenAt: at, document: { etag: null, fetchedAt: at, freshUntil: at } }
  return clientFromDocument('https://app.example/client.json', { contentType, body: text }, about)
}
const good = {
  client_id: 'https://app.example/client.json',
  client_name: 'Notebook',
  redirect_uris: ['http://127.0.0.1/callback'],
  token_endpoint_auth_method: 'none',
}

describe('S4 documents that are no documents', () => {
  it('S4 only JSON types are read', () => {
    expect(read(good, 'application/json; charset=utf-8').name).toBe('Notebook')
    expect(read(good, 'application/client+json').name).toBe('Notebook')
    for (const type of ['', 'text/html', 'text/plain', 'application/javascript', 'x/application/json']) {
      expect(() => read(good, type)).toThrow('application/json')
    }
  })

  it('S4 a byte order mark, duplicate names and deep nesting are refused', () => {
    expect(() => read(`\uFEFF${JSON.stringify(good)}`)).toThrow('not valid JSON')
    expect(() => read(JSON.stringify(good).replace('{', '{"client_id":"https://other.example/c",'))).toThrow(
      'twice',
    )
    expect(() => read({ ...good, x: [[[[[[[[[1]]]]]]]]] })).toThrow('deeper')
  })
})

describe('S5 client ids', () => {
  it.each([
    ['http', 'http://app.example/client.json'],
    ['capitals in the host', 'https://App.example/client.json'],
    ['capitals in the scheme', 'HTTPS://app.example/client.json'],
    ['the default port', 'https://app.example:443/client.json'],
    ['no path', 'https://app.example'],
    ['a bare root', 'https://app.example/'],
    ['dot segments', 'https://app.example/a/../client.json'],
    ['encoded dot segments', 'https://app.example/%2E%2e/client.json'],
    ['a query', 'https://app.example/client.json?x=1'],
    ['an empty query', 'https://app.example/client.json?'],
    ['a fragment', 'https://app.example/client.json#x'],
    ['an empty fragment', 'https://app.example/client.json#'],
    ['a user', 'https://user@app.example/client.json'],
    ['an empty user', 'https://@app.example/client.json'],
    ['a trailing dot', 'https://app.example./client.json'],
    ['a backslash', 'https://app.example\\client.json'],
    ['a line break', 'https://app.example/client.json\n'],
    ['another alphabet', 'https://аpp.example/client.json'],
    ['501 characters', `https://app.example/${'a'.repeat(481)}`],
  ])('S5 with %s names no document', (_, id) => {
    expect(readDocumentUrl(id, { allowLoopback: false })).toBeUndefined()
  })

  it('S5 a path, a port and percent-encoding are kept as they are', () => {
    for (const id of ['https://app.example/c', 'https://app.example:8443/c', 'https://app.example/%7Eme']) {
      expect(readDocumentUrl(id, { allowLoopback: false })).toBe(id)
    }
  })

  it('S5 http on this computer is for installs on this computer', () => {
    const id = 'http://127.0.0.1:8080/client.json'
    expect(readDocumentUrl(id, { allowLoopback: true })).toBe(id)
    expect(readDocumentUrl(id, { allowLoopback: false })).toBeUndefined()
    expect(readDocumentUrl('http://app.example/client.json', { allowLoopback: true })).toBeUndefined()
  })

  it.each([
    'https://APP.example/client.json',
    'https://app.example:443/client.json',
    'https://app.example/client.json/',
    'https://app.example/clien%74.json',
    'https://app.example/client.json?',
    'https://app.example/client.json#',
    '',
    null,
    ['https://app.example/client.json'],
  ])('S5 a document that calls itself %s is refused', (client_id) => {
    expect(() => read({ ...good, client_id })).toThrow('client_id')
  })
})

describe('S6 secrets in public', () => {
  it.each([
    ['a secret', { client_secret: 'x' }],
    ['a secret’s end', { client_secret_expires_at: 0 }],
    ['client_secret_basic', { token_endpoint_auth_method: 'client_secret_basic' }],
    ['client_secret_post', { token_endpoint_auth_method: 'client_secret_post' }],
    ['client_secret_jwt', { token_endpoint_auth_method: 'client_secret_jwt' }],
    ['a symmetric key', { jwks: { keys: [{ kty: 'oct', k: 'AA' }] } }],
    ['a private EC key', { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'A', y: 'A', d: 'A' }] } }],
    ['a private RSA key', { jwks: { keys: [{ kty: 'RSA', n: 'A', e: 'AQAB', p: 'A', q: 'A' }] } }],
    ['two places for keys', { jwks: { keys: [] }, jwks_uri: 'https://app.example/jwks' }],
    ['no name', { client_name: undefined }],
    ['a name of nothing', { client_name: '\u200B \u202E' }],
    ['no redirect URIs', { redirect_uris: undefined }],
    ['an empty list of them', { redirect_uris: [] }],
    ['only unusable ones', { redirect_uris: ['javascript:alert(1)', 'http://app.example/cb'] }],
    ['private_key_jwt alone', { token_endpoint_auth_method: 'private_key_jwt' }],
  ])('S6 a document with %s is refused', (_, more) => {
    expect(() => read({ ...good, ...more })).toThrow()
  })

  it('S6 a client with a public key must use it, though it lists `none` for other servers; without a key it is public', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const method = {
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'],
    }
    const signing = read({ ...good, ...method, jwks: { keys: [publicKey.export({ format: 'jwk' })] } })
    expect(signing.authMethods).toEqual(['private_key_jwt'])
    const remote = read({ ...good, ...method, jwks_uri: 'https://app.example/jwks' })
    expect([remote.authMethods, remote.keys]).toEqual([
      ['private_key_jwt'],
      { uri: 'https://app.example/jwks' },
    ])
    expect(read({ ...good, ...method }).authMethods).toEqual(['none'])
  })

  it('A125 grant types it has for other servers are left out; A215 assertions may stay', () => {
    const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    const grant_types = ['authorization_code', 'client_credentials', 'implicit', jwtBearer]
    expect(read({ ...good, grant_types }).grantTypes).toEqual(['authorization_code', jwtBearer])
  })
})

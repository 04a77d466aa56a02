import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readClientMetadata } from './metadata.ts'
import type { OAuthError } from '../errors.ts'

const https = 'https://app.example/cb'
const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code'
const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

const read = (more: Record<string, unknown>, registration?: 'manual' | 'dynamic' | 'metadata-document') =>
  readClientMetadata({ redirect_uris: [https], ...more }, [], registration)
const refusal = (more: Record<string, unknown>) => {
  try {
    return read(more)
  } catch (error) {
    return (error as OAuthError).code
  }
}
const publicJwk = (type: 'ec' | 'rsa' | 'ed25519', bits = 2048) => {
  const { publicKey, privateKey } =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: bits })
        : generateKeyPairSync('ed25519')
  return { public: publicKey.export({ format: 'jwk' }), private: privateKey.export({ format: 'jwk' }) }
}

describe('what a client says of itself (RFC 7591 §2)', () => {
  it('is kept member by member', () => {
    const { about, links } = read({
      application_type: 'native',
      software_id: 'notebook',
      software_version: '1.2',
      contacts: ['ada@acme.example', 'https://acme.example/help'],
      tos_uri: 'https://app.example/tos',
      policy_uri: 'https://app.example/policy',
      client_uri: 'https://app.example/',
      logo_uri: 'https://app.example/logo.png',
      dpop_bound_access_tokens: true,
      require_pushed_authorization_requests: false,
      post_logout_redirect_uris: ['https://app.example/bye'],
      scope: 'crm:read openid',
    })
    expect(about).toEqual({
      application_type: 'native',
      software_id: 'notebook',
      software_version: '1.2',
      contacts: ['ada@acme.example', 'https://acme.example/help'],
      dpop_bound_access_tokens: true,
      require_pushed_authorization_requests: false,
      post_logout_redirect_uris: ['https://app.example/bye'],
      scope: 'crm:read openid',
    })
    expect(Object.keys(links).sort()).toEqual(['client_uri', 'logo_uri', 'policy_uri', 'tos_uri'])
  })

  it('is left out where it only describes and is wrong: a refusal would end the registration (A105)', () => {
    const { about, links } = read({
      application_type: 'toaster',
      software_id: 7,
      software_version: '\u200b',
      contacts: 'ada@acme.example',
      scope: 'two  spaces',
      tos_uri: 'javascript:alert(1)',
      logo_uri: 'http://app.example/logo.png',
      client_uri: 'https://user@app.example/',
      policy_uri: 'https://app.example/'.padEnd(2001, 'x'),
      post_logout_redirect_uris: ['javascript:alert(1)', 'http://app.example/bye'],
    })
    expect([about, links]).toEqual([{}, {}])
  })

  it('is refused where the client would be held to less than it asked', () => {
    expect(refusal({ dpop_bound_access_tokens: 'yes' })).toBe('invalid_client_metadata')
    expect(refusal({ require_pushed_authorization_requests: 1 })).toBe('invalid_client_metadata')
  })

  it('reaches people without control characters or direction marks', () => {
    const { about } = read({ contacts: ['ada\u202e@acme.example'], software_id: 'note\nbook' })
    expect(about).toEqual({ contacts: ['ada@acme.example'], software_id: 'note book' })
  })
})

describe('grant types', () => {
  it.each([
    ['dynamic', []],
    // A215: which assertions count is the provider's and the administrator's word, not the document's.
    ['metadata-document', [jwtBearer]],
  ] as const)(
    'a %s client gets those with a person in front of it; the others are dropped (A149, D8)',
    (registration, more) => {
      const all = [
        'authorization_code',
        'refresh_token',
        'client_credentials',
        deviceCode,
        tokenExchange,
        jwtBearer,
      ]
      const { grantTypes } = read({ grant_types: all }, registration)
      expect(grantTypes).toEqual(['authorization_code', 'refresh_token', deviceCode, ...more])
    },
  )

  it('a manual client may have all six', () => {
    const all = [
      'authorization_code',
      'refresh_token',
      deviceCode,
      'client_credentials',
      tokenExchange,
      jwtBearer,
    ]
    expect(read({ grant_types: all }, 'manual').grantTypes).toEqual(all)
  })

  it.each([
    ['client_credentials'],
    [tokenExchange],
    [jwtBearer],
    ['refresh_token'],
    ['implicit'],
    ['password'],
  ])('%s alone gets a stranger nothing', (type) => {
    expect(refusal({ grant_types: [type] })).toBe('invalid_client_metadata')
  })

  it('a device needs no redirect URI; who redirects needs one (RFC 7591 §2)', () => {
    const { redirectUris } = readClientMetadata({ grant_types: [deviceCode] }, [])
    expect(redirectUris).toEqual([])
    expect(() => readClientMetadata({}, [])).toThrow('invalid_redirect_uri')
  })

  it('response types must fit them (RFC 7591 §2.1)', () => {
    expect(refusal({ response_types: ['token'] })).toBe('invalid_client_metadata')
    expect(readClientMetadata({ grant_types: [deviceCode], response_types: [] }, []).grantTypes).toEqual([
      deviceCode,
    ])
  })
})

describe('keys', () => {
  const ec = publicJwk('ec')

  it('are kept when they are public and asymmetric, without members that nobody needs', () => {
    const { keys } = read({
      jwks: { keys: [{ ...ec.public, kid: 'a', alg: 'ES256', use: 'sig', x5u: 'https://mallory.example' }] },
    })
    expect(keys).toEqual({ jwks: { keys: [{ ...ec.public, kid: 'a', alg: 'ES256', use: 'sig' }] } })
    for (const type of ['rsa', 'ed25519'] as const) {
      expect(read({ jwks: { keys: [publicJwk(type).public] } }).keys).not.toBeNull()
    }
  })

  it('of an unknown type are left out (RFC 7517 §5)', () => {
    const unknown = { kty: 'AKP', alg: 'ML-DSA-44', pub: 'x' }
    expect(read({ jwks: { keys: [unknown, ec.public] } }).keys).toEqual({ jwks: { keys: [ec.public] } })
    expect(read({ jwks: { keys: [unknown] } }).keys).toBeNull()
  })

  it.each([
    ['a private key', [ec.private]],
    ['a symmetric key', [{ kty: 'oct', k: 'c2VjcmV0' }]],
    ['a key for HS256', [{ ...ec.public, alg: 'HS256' }]],
    ['a key for none', [{ ...ec.public, alg: 'none' }]],
    ['a point off the curve', [{ ...ec.public, x: ec.public.y, y: ec.public.x }]],
    ['an RSA key of 1024 bits', [publicJwk('rsa', 1024).public]],
    ['an RSA key without exponent', [{ kty: 'RSA', n: 'AQAB' }]],
    ['a key whose name is an object', [{ ...ec.public, kid: { toString: 'x' } }]],
  ])('with %s the whole set is refused (attacks S6)', (_, keys) => {
    expect(refusal({ jwks: { keys } })).toBe('invalid_client_metadata')
  })

  it.each([
    'http://app.example/jwks',
    'javascript:alert(1)',
    'https://user@app.example/jwks',
    'https://app.example/jwks#x',
    'jwks.json',
  ])('at %s are refused', (jwks_uri) => {
    expect(refusal({ jwks_uri })).toBe('invalid_client_metadata')
  })

  it('at an https address are kept as the address, in one place alone', () => {
    expect(read({ jwks_uri: 'https://app.example/jwks' }).keys).toEqual({ uri: 'https://app.example/jwks' })
    expect(refusal({ jwks_uri: 'https://app.example/jwks', jwks: { keys: [ec.public] } })).toBe(
      'invalid_client_metadata',
    )
  })
})

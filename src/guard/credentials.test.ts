import { describe, expect, it } from 'vitest'
import { readCredentials } from './credentials.ts'

const url = 'https://crm.acme.example/mcp'
const read = (authorization: string | null, at = url) =>
  readCredentials(new Request(at, { headers: authorization === null ? {} : { authorization } }))

describe('the access token of a request', () => {
  it('is what follows the scheme, in any case of its letters', () => {
    for (const header of ['Bearer abc.def-_~+/==', 'bearer abc.def-_~+/==', 'BEARER  abc.def-_~+/==']) {
      expect(read(header)).toEqual({ kind: 'token', scheme: 'Bearer', token: 'abc.def-_~+/==' })
    }
    for (const header of ['DPoP abc.def', 'dpop abc.def', 'DPOP  abc.def']) {
      expect(read(header)).toEqual({ kind: 'token', scheme: 'DPoP', token: 'abc.def' })
    }
  })

  it('is not there without a header, or with another scheme', () => {
    for (const header of [null, 'Basic YTpi', 'Bear abc', 'DPo abc']) {
      expect(read(header)).toEqual({ kind: 'none' })
    }
  })

  it('is never taken from the query', () => {
    expect(read(null, `${url}?access_token=abc`)).toEqual({ kind: 'none' })
  })

  it('is malformed when empty, with other characters, twice, or too long', () => {
    for (const header of [
      'Bearer',
      'Bearer ',
      'Bearer a b',
      'Bearer a,b',
      'Bearer "abc"',
      'Bearer\tabc',
      'Bearerabc',
      'Bearer a, Bearer b',
      'Bearer =abc',
      `Bearer ${'a'.repeat(8193)}`,
      'DPoP',
      'DPoP a b',
      'DPoPabc',
      'DPoP a, Bearer b',
    ]) {
      expect(read(header), header.slice(0, 40)).toMatchObject({ kind: 'malformed' })
    }
  })

  it('is malformed when two ways of authentication are used at once (RFC 6750 §2)', () => {
    expect(read('Basic YTpi, Bearer abc')).toMatchObject({ kind: 'malformed' })
    expect(read('Basic YTpi, DPoP abc')).toMatchObject({ kind: 'malformed' })
    expect(read('Bearer abc', `${url}?access_token=abc`)).toMatchObject({ kind: 'malformed' })
    expect(read('Bearer abc', `${url}?about=access_token`)).toMatchObject({ kind: 'token' })
  })
})

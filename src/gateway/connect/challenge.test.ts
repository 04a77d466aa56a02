import { describe, expect, it } from 'vitest'
import { readChallenge } from './challenge.ts'

describe('RFC 9728 §5.1: the challenge of an upstream', () => {
  it.each([
    ['Bearer resource_metadata="https://a.example/x", scope="a b"', 'https://a.example/x', ['a', 'b']],
    [
      'Basic realm="x", Bearer error="invalid_token", resource_metadata=https://a.example/x',
      'https://a.example/x',
      null,
    ],
    ['bearer Scope="a", resource_metadata="https:\\/\\/a.example/\\"x"', 'https://a.example/"x', ['a']],
    ['Bearer resource_metadata="first", resource_metadata="second"', 'first', null],
    ['Bearer', null, null],
    ['DPoP resource_metadata="https://a.example/x"', null, null],
    ['', null, null],
    [null, null, null],
  ])('%s', (header, metadata, scopes) => {
    expect(readChallenge(header)).toEqual({ metadata, scopes })
  })

  it('is read in a moment however long it is', () => {
    const long = `Bearer ${'a="'.repeat(100_000)}`
    expect(readChallenge(long)).toEqual({ metadata: null, scopes: null })
    expect(readChallenge(`Bearer a="${'\\'.repeat(100_000)}`)).toEqual({ metadata: null, scopes: null })
  })
})

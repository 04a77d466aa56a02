import { describe, expect, it } from 'vitest'
import { signInProviders } from './sign-in-providers.ts'

const google = { name: 'google', preset: 'google', clientId: 'id', clientSecret: 'secret' }
const acme = { name: 'acme', issuer: 'https://id.acme.example', clientId: 'id', clientSecret: 'secret' }
const why = (value: unknown): string => signInProviders.safeParse(value).error?.issues[0]?.message ?? 'fine'

describe('TANDEM_SIGN_IN_WITH', () => {
  it('is a list, as JSON in the environment', () => {
    const parsed = signInProviders.parse([google, acme])
    expect(parsed).toMatchObject([google, { ...acme, domains: [] }])
    expect(signInProviders.parse(JSON.stringify([google, acme]))).toEqual(parsed)
    expect(signInProviders.parse('')).toEqual([])
  })

  it.each([
    ['text that isn’t JSON', '[{', 'is not valid JSON'],
    ['a provider without an issuer', [{ ...acme, issuer: undefined }], 'needs an issuer'],
    ['plain http', [{ ...acme, issuer: 'http://id.acme.example' }], 'must be https'],
    [
      'a host that begins like this computer',
      [{ ...acme, issuer: 'http://localhost.evil.example' }],
      'must be https',
    ],
    [
      'Microsoft for every tenant (nOAuth)',
      [{ ...acme, issuer: 'https://login.microsoftonline.com/common/v2.0' }],
      'must name one tenant',
    ],
    ['one name for two', [google, { ...acme, name: 'google' }], 'names one provider twice'],
    ['a name that would change an address', [{ ...acme, name: '../x' }], 'may hold a-z, 0-9 and dashes'],
    ['something for a domain', [{ ...acme, domains: ['@acme.example'] }], 'is no domain'],
  ])('refuses %s', (_what, value, message) => {
    expect(why(value)).toBe(message)
  })

  it('lets a provider on this computer speak plain http', () => {
    expect(why([{ ...acme, issuer: 'http://127.0.0.1:4000' }])).toBe('fine')
  })
})

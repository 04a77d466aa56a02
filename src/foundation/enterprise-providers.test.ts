import { describe, expect, it } from 'vitest'
import { enterpriseProviders } from './enterprise-providers.ts'

const okta = { issuer: 'https://acme.okta.com', jwks_uri: 'https://acme.okta.com/oauth2/v1/keys' }
const jwks = { keys: [{ kty: 'EC', crv: 'P-256' }] }

describe('TANDEM_ENTERPRISE_IDPS', () => {
  it('is a list in the file, JSON in the environment, and trusts no address unless a domain is named', () => {
    expect(enterpriseProviders.parse([okta])).toEqual([{ ...okta, email_domains: [] }])
    expect(enterpriseProviders.parse(JSON.stringify([okta]))).toEqual([{ ...okta, email_domains: [] }])
    expect(enterpriseProviders.parse('')).toEqual([])
    const [provider] = enterpriseProviders.parse([{ ...okta, email_domains: ['Acme.Example'] }])
    expect(provider?.email_domains).toEqual(['acme.example'])
  })

  it.each([
    ['keys in two places', { ...okta, jwks }],
    ['no keys', { issuer: okta.issuer }],
    ['keys that anybody on the way could change', { ...okta, jwks_uri: 'http://acme.okta.com/keys' }],
    ['an empty set of keys', { issuer: okta.issuer, jwks: { keys: [] } }],
    ['a member it doesn’t know, which may be a misspelt limit', { ...okta, emailDomains: ['acme.example'] }],
  ])('refuses %s', (_what, provider) => {
    expect(enterpriseProviders.safeParse([provider]).success).toBe(false)
  })
})

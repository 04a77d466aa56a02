import { describe, expect, it } from 'vitest'
import { withPreset } from './presets.ts'
import { readPerson } from './read-person.ts'

const credentials = { clientId: 'id', clientSecret: 'secret', domains: [] }
const generic = withPreset({ name: 'acme-id', issuer: 'https://id.acme.example', ...credentials })
const google = withPreset({ name: 'google', preset: 'google', ...credentials })
const microsoft = withPreset({
  name: 'microsoft',
  preset: 'microsoft',
  issuer: 'https://login.microsoftonline.com/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0',
  ...credentials,
})
const read = (provider: typeof generic, claims: Record<string, unknown>) =>
  readPerson(provider, { issuer: provider.issuer, subject: 'one', claims })
const lin = { email: 'Lin@Acme.example', email_verified: true, name: 'Lin Chen' }

describe('whom a provider vouches for', () => {
  it('is a person with a verified address, in lower case', () => {
    expect(read(generic, lin)).toMatchObject({
      issuer: 'https://id.acme.example',
      subject: 'one',
      email: 'lin@acme.example',
      domain: 'acme.example',
      name: 'Lin Chen',
      manyFactors: false,
    })
  })

  it.each([
    ['no address', { ...lin, email: undefined }],
    ['an address that isn’t one', { ...lin, email: 'lin@acme.example, ada@acme.example' }],
    ['an address in pieces', { ...lin, email: ['lin@acme.example'] }],
    ['an unverified address', { ...lin, email_verified: false }],
    ['a word for true', { ...lin, email_verified: 'true' }],
    ['silence about it', { ...lin, email_verified: undefined }],
  ])('is nobody with %s', (_what, claims) => {
    expect(() => read(generic, claims)).toThrow('email_unverified')
  })

  it('with Google is of its own domain or of gmail.com, not whoever once had the address', () => {
    expect(google.issuer).toBe('https://accounts.google.com')
    expect(read(google, { ...lin, hd: 'acme.example' }).domain).toBe('acme.example')
    expect(read(google, { ...lin, email: 'lin@gmail.com' }).domain).toBe('gmail.com')
    for (const hd of [undefined, 'else.example', ['acme.example']]) {
      expect(() => read(google, { ...lin, hd })).toThrow('email_unverified')
    }
  })

  it('with Microsoft needs the tenant to own the domain (nOAuth)', () => {
    const { email_verified: _, ...said } = lin
    expect(read(microsoft, { ...said, xms_edov: true }).email).toBe('lin@acme.example')
    expect(read(microsoft, { ...said, xms_edov: '1' }).email).toBe('lin@acme.example')
    for (const xms_edov of [undefined, false, '0', 0]) {
      expect(() => read(microsoft, { ...said, xms_edov })).toThrow('email_unverified')
    }
  })

  it('is of a domain of the settings, to the letter', () => {
    const ours = withPreset({
      ...credentials,
      name: 'a',
      issuer: 'https://a.example',
      domains: ['acme.example'],
    })
    expect(read(ours, lin).domain).toBe('acme.example')
    for (const domain of ['sub.acme.example', 'acme.example.evil.example', 'evilacme.example']) {
      expect(() => read(ours, { ...lin, email: `lin@${domain}` }), domain).toThrow('domain')
    }
  })

  it('has a name of one printable line, or her address', () => {
    expect(read(generic, { ...lin, name: ' Lin\u202e\n\u0000 Chen ' }).name).toBe('Lin Chen')
    expect(read(generic, { ...lin, name: undefined }).name).toBe('lin@acme.example')
    expect(read(generic, { ...lin, name: 'x'.repeat(500) }).name).toHaveLength(120)
  })

  it('used several factors only when the provider says mfa (RFC 8176 §2)', () => {
    expect(read(generic, { ...lin, amr: ['pwd', 'mfa'] }).manyFactors).toBe(true)
    expect(read(generic, { ...lin, amr: ['pwd', 'otp'] }).manyFactors).toBe(false)
  })
})

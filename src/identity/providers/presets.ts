import type { SignInProvider } from '#foundation'

/** What a provider says of whoever signed in there: the members of the ID token and UserInfo that we read. */
export type Claims = Readonly<Record<string, unknown>>

type Preset = {
  label: string
  issuer?: string
  /** True when the provider answers for the address's being this person's now. */
  vouches(claims: Claims, domain: string): boolean
}

const standard = (claims: Claims): boolean => claims['email_verified'] === true

const presets = {
  google: {
    label: 'Google',
    issuer: 'https://accounts.google.com',
    // "email_verified … and hd is present": otherwise Google checked the address once, long ago perhaps
    // (Google, OpenID Connect, "Verify the Google ID token").
    vouches: (claims, domain) => standard(claims) && (domain === 'gmail.com' || claims['hd'] === domain),
  },
  microsoft: {
    label: 'Microsoft',
    // Entra sends no email_verified; the optional claim xms_edov says that the tenant owns the address's domain.
    vouches: (claims) => standard(claims) || [true, 1, '1', 'true'].some((yes) => claims['xms_edov'] === yes),
  },
  clerk: { label: 'Clerk', vouches: standard },
  okta: { label: 'Okta', vouches: standard },
} satisfies Record<NonNullable<SignInProvider['preset']>, Preset>

export type Provider = {
  name: string
  label: string
  issuer: string
  clientId: string
  clientSecret: string
  domains: readonly string[]
  vouches(claims: Claims, domain: string): boolean
}

/** A provider of the settings with what its preset knows. */
export function withPreset({ preset, ...given }: SignInProvider): Provider {
  const known: Preset | undefined = preset && presets[preset]
  return {
    ...given,
    label: given.label ?? known?.label ?? given.name,
    issuer: given.issuer ?? known?.issuer ?? '',
    vouches: known?.vouches ?? standard,
  }
}

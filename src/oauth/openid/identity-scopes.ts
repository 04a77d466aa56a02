import type { Resource } from '../ports.ts'

/** Scopes of this server itself (OIDC Core §5.4): who the person is, whatever resource the token is for. */
export const identityScopes: Readonly<Record<string, string>> = {
  openid: 'Know that it is you',
  profile: 'See your name',
  email: 'See your email address',
}

/**
 * What tokens are for when an app only wants to know who somebody is: userinfo, and nothing else. Such a token opens
 * no resource, so "sign in with Tandem" gives no access to records (decision 13).
 */
export function signInResource(issuer: string): Resource {
  return { id: `${issuer}/oauth/userinfo`, name: 'Sign-in', scopes: identityScopes, defaultScopes: [] }
}

/** True for {@link signInResource}. */
export function isSignInOnly({ scopes }: Resource): boolean {
  return scopes === identityScopes
}

/** The identity scopes among those asked for. Without `openid` it isn't OpenID Connect, and there are none (§3.1.2.1). */
export function identityScopesIn(asked: readonly string[]): string[] {
  return asked.includes('openid') ? asked.filter((scope) => Object.hasOwn(identityScopes, scope)) : []
}

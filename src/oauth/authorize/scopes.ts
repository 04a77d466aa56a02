import type { Client } from '../clients/client.ts'
import { identityScopes, identityScopesIn } from '../openid/identity-scopes.ts'
import type { Resource } from '../ports.ts'

/** Scopes in a parameter: separated by spaces (RFC 6749 §3.3), each counted once. */
export function splitScope(scope: string | undefined): string[] {
  return [...new Set((scope ?? '').split(' ').filter(Boolean))]
}

/**
 * The scopes to offer: those of the resource that were asked for, under the client's ceiling. Narrows instead of
 * failing (A51: mcp-remote asks for `openid email profile` when it can't discover); nothing left, or nothing
 * asked, means the default set (A52).
 */
export function narrowScopes(asked: string | undefined, resource: Resource, client: Client): string[] {
  const allowed = allowedTo(client)
  const known = splitScope(asked).filter((scope) => Object.hasOwn(resource.scopes, scope) && allowed(scope))
  return known.length > 0 ? known : resource.defaultScopes.filter(allowed)
}

/** The same where a person is there, of whom the app may learn who she is: before the resource's scopes. */
export function narrowWithIdentity(asked: string | undefined, resource: Resource, client: Client): string[] {
  const identity = identityScopesIn(splitScope(asked).filter(allowedTo(client)))
  return [...new Set([...identity, ...narrowScopes(asked, resource, client)])]
}

function allowedTo({ scopes }: Client): (scope: string) => boolean {
  return (scope) => scopes === null || scopes.includes(scope)
}

/** Each scope in the resource's own words. */
export function scopeWords(
  resource: Resource | undefined,
  scopes: readonly string[],
): { scope: string; words: string }[] {
  return scopes.map((scope) => ({ scope, words: resource?.scopes[scope] ?? identityScopes[scope] ?? scope }))
}

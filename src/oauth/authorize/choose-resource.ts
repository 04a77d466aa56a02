import { OAuthError } from '../errors.ts'
import { identityScopes, signInResource } from '../openid/identity-scopes.ts'
import type { Resource } from '../ports.ts'
import type { Params } from '../router/read-params.ts'
import { splitScope } from './scopes.ts'

/** Resources as registered; the first is the default. */
export type Resources = readonly [Resource, ...Resource[]]

/**
 * The registered resource that the parameters mean, or undefined when none was sent. Tolerant about spelling
 * (A57, A58), strict about meaning: tokens always carry the registered spelling.
 * Throws `invalid_target` for an unknown one, and for several at once (A62: scopes must be clear per audience).
 */
export function readResource(resources: Resources, sent: readonly string[]): Resource | undefined {
  const meant = new Set(sent.map((uri) => meaning(resources, uri)))
  const [one, ...more] = meant
  if (more.length > 0) throw new OAuthError('invalid_target', 'Ask for one resource at a time')
  return one
}

/**
 * The resource an authorization request is about: the one it names, else the default (A59) — unless it names none and
 * asks for nothing but who the person is.
 */
export function chooseResource(resources: Resources, issuer: string, { values, resource }: Params): Resource {
  const named = readResource(resources, resource)
  if (named) return named
  const asked = splitScope(values['scope'])
  const signInOnly =
    asked.includes('openid') &&
    asked.every((scope) => Object.hasOwn(identityScopes, scope) || scope === 'offline_access')
  return signInOnly ? signInResource(issuer) : resources[0]
}

function meaning(resources: Resources, uri: string): Resource {
  // RFC 8707 §2: an absolute URI without fragment.
  if (!URL.canParse(uri) || uri.includes('#')) {
    throw new OAuthError('invalid_target', 'resource must be an absolute URI without fragment')
  }
  const wanted = canonical(uri)
  const known =
    resources.find(({ id }) => canonical(id) === wanted) ??
    // Older SDKs send the bare origin (A58), which says no more than sending nothing.
    resources.find(({ id }) => new URL(id).origin === wanted)
  if (!known) throw new OAuthError('invalid_target', 'There is no such resource here')
  return known
}

/** WHATWG URL lower-cases scheme and host and drops the default port; one trailing slash goes too (A58). */
function canonical(uri: string): string {
  return new URL(uri).href.replace(/\/$/, '')
}

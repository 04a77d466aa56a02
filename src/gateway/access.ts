import type { Actor } from '#identity'
import type { Vault } from '#vault'
import type { UpstreamAccess } from './engine.ts'
import { addressesOf, baseUrlOf } from './upstreams/upstream.ts'
import type { Upstream } from './upstreams/upstream.ts'

/** Why there is nothing to call the upstream with, and the page where that is put right. */
export type NoAccess = { missing: string; page: string }

/** What a call carries for its upstream: nothing of the caller's, everything from the vault. */
export function createAccess(deps: { vault: Vault; issuer: string }) {
  const { vault, issuer } = deps
  const credentialFor = async ({ id, auth, ...upstream }: Upstream, actor: Actor) => {
    // What is everybody's is sent for an upstream that says so, and for no other.
    if (auth.kind !== 'header' && actor.kind === 'system') return null
    const member = auth.kind === 'header' || actor.kind === 'system' ? null : actor.member
    const found = await vault.open({ member, upstream: id }, addressesOf(upstream))
    // One given for another way of proving ourselves stays where it is: a refresh token is no API key.
    return found?.kind === (auth.kind === 'oauth' ? 'oauth' : 'key') ? found : null
  }
  return async (upstream: Upstream, actor: Actor): Promise<UpstreamAccess | NoAccess> => {
    const { auth } = upstream
    if (auth.kind === 'none') return { baseUrl: baseUrlOf(upstream), headers: {}, secret: null }
    const page = `${issuer}/settings/keys`
    const credential = await credentialFor(upstream, actor)
    if (!credential || credential.broken !== null)
      return { missing: sentenceFor(upstream, credential?.broken ?? null), page }
    const { baseUrl, secret } = credential
    switch (auth.kind) {
      case 'header':
        return { baseUrl, headers: { [auth.header]: secret }, secret }
      case 'key':
        return { baseUrl, headers: { [auth.header]: auth.prefix + secret }, secret }
      case 'oauth':
        return { missing: sentenceFor(upstream, null), page }
    }
  }
}

function sentenceFor({ title, auth }: Upstream, broken: string | null): string {
  if (auth.kind === 'header') return `${title} has no credential yet. An administrator can add it`
  if (auth.kind === 'oauth')
    return broken === null
      ? `You are not connected to ${title} yet`
      : `Your connection to ${title} is over: ${broken}`
  return broken === null
    ? `You have no key for ${title} yet`
    : `Your key for ${title} doesn’t work: ${broken}`
}

import type { Actor } from '#identity'
import type { Vault } from '#vault'
import type { UpstreamAccess } from './engine.ts'
import { baseUrlOf } from './upstreams/upstream.ts'
import type { Upstream } from './upstreams/upstream.ts'

/** Why there is nothing to call the upstream with, and the page where that is put right. */
export type NoAccess = { missing: string; page: string }

/** What a call carries for its upstream: nothing of the caller's, everything from the vault. */
export function createAccess(deps: { vault: Vault; issuer: string }) {
  const { vault, issuer } = deps
  return async (upstream: Upstream, actor: Actor): Promise<UpstreamAccess | NoAccess> => {
    const { auth } = upstream
    const baseUrl = baseUrlOf(upstream)
    if (auth.kind === 'none') return { baseUrl, headers: {}, secret: null }
    const member = actor.kind === 'system' ? null : actor.member
    const owner = auth.kind === 'header' ? null : member
    const credential = await vault.open({ member: owner, upstream: upstream.id }, baseUrl)
    const page = `${issuer}/settings/keys`
    if (!credential || credential.broken !== null)
      return { missing: sentenceFor(upstream, credential?.broken ?? null), page }
    const { secret } = credential
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

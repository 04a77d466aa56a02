import type { Actor } from '#identity'
import type { Vault } from '#vault'
import { readConnection } from './connect/connection.ts'
import type { Connections } from './connect/connections.ts'
import type { UpstreamAccess } from './engine.ts'
import { addressesOf, baseUrlOf } from './upstreams/upstream.ts'
import type { Upstream } from './upstreams/upstream.ts'

/** Why there is nothing to call the upstream with, and the page where that is put right. */
export type NoAccess = { missing: string; page: string }

/** What a call carries for its upstream: nothing of the caller's, everything from the vault. */
export function createAccess(deps: {
  vault: Vault
  connections: Pick<Connections, 'credential'>
  issuer: string
}) {
  const { vault, connections, issuer } = deps
  const credentialFor = async (upstream: Upstream, actor: Actor, refused?: string) => {
    const { id, auth } = upstream
    // What is everybody's is sent for an upstream that says so, and for no other.
    if (auth.kind !== 'header' && actor.kind === 'system') return null
    const member = auth.kind === 'header' || actor.kind === 'system' ? null : actor.member
    const place = { member, upstream: id }
    // One given for another way of proving ourselves stays where it is: a refresh token is no API key.
    if (auth.kind === 'oauth') return connections.credential(upstream, place, refused)
    const found = await vault.open(place, addressesOf(upstream))
    return found?.kind === 'key' ? found : null
  }
  /**
   * `refused`: the secret of an access that the upstream just said no to; where it can be, it is renewed.
   * @throws UpstreamTrouble — when what renews it can't be reached.
   */
  return async function accessFor(
    upstream: Upstream,
    actor: Actor,
    refused?: string,
  ): Promise<UpstreamAccess | NoAccess> {
    const { auth } = upstream
    if (auth.kind === 'none') return { baseUrl: baseUrlOf(upstream), headers: {}, secret: null }
    const page = auth.kind === 'oauth' ? `${issuer}/connect/${upstream.name}` : `${issuer}/settings/keys`
    const credential = await credentialFor(upstream, actor, refused)
    if (!credential || credential.broken !== null)
      return { missing: sentenceFor(upstream, credential?.broken ?? null), page }
    const { baseUrl, secret } = credential
    switch (auth.kind) {
      case 'header':
        return { baseUrl, headers: { [auth.header]: secret }, secret }
      case 'key':
        return { baseUrl, headers: { [auth.header]: auth.prefix + secret }, secret }
      case 'oauth': {
        const token = readConnection(secret)?.accessToken
        return token === undefined
          ? { missing: sentenceFor(upstream, null), page }
          : {
              baseUrl,
              headers: { Authorization: `Bearer ${token}` },
              secret: token,
              async renew() {
                const next = await accessFor(upstream, actor, token)
                return 'missing' in next ? null : next
              },
            }
      }
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

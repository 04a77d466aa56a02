import type { ClientDetail, ClientView, InitialAccessTokenView } from '#contract'
import type { Client } from './client.ts'
import { verifiedDomain } from './client.ts'
import type { ListedClient } from './client-directory.ts'
import type { InitialAccessToken } from './initial-access.ts'

/** A client as the administrator's list shows it. */
export function clientView({ client, grants }: ListedClient): ClientView {
  return {
    id: client.id,
    name: client.name,
    registration: client.registration,
    verifiedDomain: verifiedDomain(client),
    redirectHosts: [...new Set(client.redirectUris.map(hostOf))],
    state: stateOf(client, grants.provisional),
    firstSeenAt: client.firstSeenAt.toISOString(),
    claimedAt: client.claimedAt?.toISOString() ?? null,
    lastUsedAt: client.lastUsedAt?.toISOString() ?? null,
    grants,
  }
}

/** Everything known of one client, secrets' hashes left out. */
export function clientDetail(listed: ListedClient): ClientDetail {
  const { client } = listed
  return {
    ...clientView(listed),
    fingerprint: client.fingerprint,
    redirectUris: [...client.redirectUris],
    grantTypes: [...client.grantTypes],
    authMethods: [...client.authMethods],
    scopes: client.scopes === null ? null : [...client.scopes],
    says: says(client),
    keys: keysOf(client),
    secrets: client.secrets.map(({ createdAt, expiresAt }) => ({ createdAt, expiresAt })),
    owner: client.owner,
    servesResource: client.servesResource,
    boundTokens: client.about.dpop_bound_access_tokens ?? false,
    pushedRequests: client.about.require_pushed_authorization_requests ?? false,
    firstSeenFrom: listed.firstSeenIp,
    approvedAt: listed.approvedAt?.toISOString() ?? null,
    approvedBy: listed.approvedBy,
    blockedAt: listed.blockedAt?.toISOString() ?? null,
    blockedBy: listed.blockedBy,
    initialAccessToken: listed.initialAccessToken,
    vouchedFor: client.about.software_statement_issuer ?? null,
  }
}

/** An initial access token without anything to use it with. */
export function initialAccessTokenView(token: InitialAccessToken, now: Date): InitialAccessTokenView {
  return {
    id: token.id,
    note: token.note,
    uses: token.uses,
    mostUses: token.mostUses,
    createdAt: token.createdAt.toISOString(),
    createdBy: token.createdBy,
    expiresAt: token.expiresAt.toISOString(),
    lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
    state: tokenState(token, now),
  }
}

function tokenState(token: InitialAccessToken, now: Date): InitialAccessTokenView['state'] {
  if (token.withdrawnAt !== null) return 'withdrawn'
  if (token.uses >= token.mostUses) return 'used-up'
  return token.expiresAt <= now ? 'expired' : 'good'
}

function stateOf(client: Client, provisional: number): ClientView['state'] {
  if (client.blocked) return 'blocked'
  if (client.approved) return 'approved'
  return provisional > 0 ? 'waiting' : 'unapproved'
}

/** Where answers go, as people read it. */
function hostOf(uri: string): string {
  const { protocol, host } = new URL(uri)
  return protocol === 'https:' || protocol === 'http:' ? host : `${protocol}//${host}`
}

function says({ registration, links, about }: Client): ClientDetail['says'] {
  const { software_statement: _statement, software_statement_issuer: _issuer, ...rest } = about
  // What an administrator holds it to isn't its own word, and what it doesn't promise is nothing to say.
  const own = Object.entries({ ...links, ...rest }).filter(
    ([, value]) => value !== false && !(registration === 'manual' && value === true),
  )
  return own.map(([name, value]) => ({
    name,
    value: Array.isArray(value) ? value.join(', ') : String(value),
  }))
}

function keysOf({ keys }: Client): ClientDetail['keys'] {
  if (keys === null || 'uri' in keys) return keys
  return {
    keys: keys.jwks.keys.map(({ kid, kty, crv, alg }) => ({
      id: kid ?? null,
      type: [alg ?? kty, crv].filter(Boolean).join(' '),
    })),
  }
}

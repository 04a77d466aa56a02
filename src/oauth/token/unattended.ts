import type { AuditEntry } from '#audit'
import { checkPolicy, scopesUnderPolicy } from '../authorize/check-policy.ts'
import { readResource } from '../authorize/choose-resource.ts'
import { narrowScopes } from '../authorize/scopes.ts'
import { grantDays } from '../clients/policy/ceilings.ts'
import type { Client } from '../clients/client.ts'
import { verifiedDomain } from '../clients/client.ts'
import type { From } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import type { ClientSnapshot } from '../grants/grant.ts'
import type { Resource } from '../ports.ts'
import type { Exchange, TokenRequest } from './grant-type.ts'

const day = 24 * 60 * 60 * 1000

/** What a request that nobody consents to may get at most, under the client policy. */
export type Allowed = { resource: Resource; scopes: string[]; expiresAt: Date | null }

/** Reads `resource` and `scope` as an authorization request's are read, and asks the policy (RFC 8707 §2; A152). */
export function readAllowed(exchange: Exchange, request: TokenRequest): Promise<Allowed> {
  const { client, params } = request
  const resource = readResource(exchange.resources(), params.resource) ?? exchange.resources()[0]
  return allow(exchange, request, resource, narrowScopes(params.values['scope'], resource, client))
}

/** What the policy leaves of it. Throws where it refuses, or would have an administrator asked. */
export async function allow(
  { clients, clock }: Exchange,
  { client, from }: TokenRequest,
  resource: Resource,
  scopes: string[],
): Promise<Allowed> {
  const policy = await checkPolicy(clients, client, null, {
    at: 'token',
    scopes,
    resource: resource.id,
    ip: from.ip,
  })
  // Nobody is asked here who could wait for an administrator's word.
  if (policy.outcome === 'ask') throw new OAuthError('unauthorized_client', policy.why)
  const days = grantDays(policy.ceilings, undefined)
  return {
    resource,
    scopes: scopesUnderPolicy(policy, scopes, []),
    expiresAt: days === null ? null : new Date(clock.now().getTime() + days * day),
  }
}

/** The client as it is now: nobody saw it on a page. */
export function snapshotOf(client: Client): ClientSnapshot {
  return {
    name: client.name,
    registration: client.registration,
    verifiedDomain: verifiedDomain(client),
    fingerprint: client.fingerprint,
    redirectHost: '',
  }
}

/** A token from a grant that was there already: recorded soon, as reads are. */
export function issuedEntry(client: Client, grant: string, from: From): AuditEntry {
  return {
    event: 'token.issued',
    outcome: 'ok',
    actor: { kind: 'client', id: client.id, name: client.name },
    subject: { kind: 'grant', id: grant, name: client.name },
    ip: from.ip,
  }
}

/** RFC 8693, RFC 7523, RFC 6749 §4.4: machine grants are for clients that prove who they are (A149, A215). */
export function checkConfidential(client: Client): void {
  if (client.authMethods.includes('none')) {
    throw new OAuthError('unauthorized_client', 'Only a confidential client may use this grant type')
  }
}

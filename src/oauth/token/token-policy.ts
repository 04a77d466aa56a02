import type { Client, ClientStore } from '../clients/client.ts'
import type { Ceilings } from '../clients/policy/ceilings.ts'
import { allowsResource, refreshIdle } from '../clients/policy/ceilings.ts'
import { registeredUris } from '../clients/policy/client-policy.ts'
import type { PolicyEngine } from '../clients/policy/client-policy.ts'
import type { RedirectUri } from '../clients/redirect-uri.ts'
import { redirectHost } from '../clients/redirect-uri.ts'
import { OAuthError } from '../errors.ts'
import type { GrantTerms } from '../grants/grant.ts'
import { refreshIdleLife } from './refresh-token.ts'

/** The client policy where tokens are made: the last door, which every grant type passes. */
export type TokenPolicy = {
  /**
   * The ceilings of tokens from a grant of these terms. Throws invalid_grant when nothing may be issued from it any
   * more: the client was blocked or refused, or became another one than the person agreed to.
   */
  ceilings(terms: GrantTerms, scopes: readonly string[]): Promise<Ceilings>
  /** When a refresh token made at `at` dies if nobody uses it. */
  idleUntil(client: Client, at: Date): Promise<Date>
}

export function createTokenPolicy(deps: {
  clients: Pick<ClientStore, 'find'>
  policy: Pick<PolicyEngine, 'decide' | 'current' | 'judgeBy'>
  appSchemes: readonly string[]
}): TokenPolicy {
  const { clients, policy, appSchemes } = deps
  return {
    async ceilings(terms, scopes) {
      const client = await clients.find(terms.clientId)
      if (!client) throw new OAuthError('invalid_grant', 'The app is no longer known here')
      // A134, attacks S10: the person agreed to what the app was. An administrator's own change needs no new consent.
      if (client.registration !== 'manual' && client.fingerprint !== terms.client.fingerprint) {
        throw new OAuthError('invalid_grant', 'The app changed since it was allowed. Connect it again')
      }
      const { resource } = terms
      const asked = { at: 'token', scopes, resource } as const
      const decision = await policy.decide(client, redirectOf(terms, client, appSchemes), asked)
      if (decision.outcome === 'refuse') throw new OAuthError('invalid_grant', decision.why)
      if (!allowsResource(decision.ceilings, resource)) {
        throw new OAuthError(
          'invalid_grant',
          'The client policy does not open this resource to this app any more',
        )
      }
      return decision.ceilings
    },
    async idleUntil(client, at) {
      // Asked in passing: what is refused is refused where the token itself is asked for.
      const { policy: rules } = await policy.current()
      const { ceilings } = await policy.judgeBy(rules, client, null, { at: 'token' })
      return new Date(at.getTime() + refreshIdle(ceilings, refreshIdleLife))
    },
  }
}

/** Where the person's answer went, among what the client has registered. A changed port is the same place. */
function redirectOf(
  { kind, client: snapshot }: GrantTerms,
  client: Client,
  appSchemes: readonly string[],
): RedirectUri | null {
  if (kind !== 'authorization_code') return null
  const known = registeredUris(client, appSchemes)
  const withoutPort = snapshot.redirectHost.replace(/:\d+$/, '')
  return (
    known.find((one) => redirectHost(one) === snapshot.redirectHost) ??
    known.find((one) => one.kind === 'loopback' && one.url.hostname === withoutPort) ??
    null
  )
}

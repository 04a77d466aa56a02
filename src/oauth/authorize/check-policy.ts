import type { Client } from '../clients/client.ts'
import type { Clients } from '../clients/clients.ts'
import { allowedScopes, allowsResource } from '../clients/policy/ceilings.ts'
import type { Asked } from '../clients/policy/client-policy.ts'
import type { PolicyDecision } from '../clients/policy/judge.ts'
import type { RedirectUri } from '../clients/redirect-uri.ts'
import { OAuthError } from '../errors.ts'

/** The administrator's rules, asked again at each request: they may be stricter than when the client registered. */
export async function checkPolicy(
  clients: Pick<Clients, 'decide'>,
  client: Client,
  redirect: RedirectUri | null,
  asked: Asked & { resource: string },
): Promise<PolicyDecision> {
  const decision = await clients.decide(client, redirect, asked)
  if (decision.outcome === 'refuse') throw new OAuthError('unauthorized_client', decision.why)
  if (!allowsResource(decision.ceilings, asked.resource)) {
    throw new OAuthError('invalid_target', 'The client policy does not open this resource to this app')
  }
  return decision
}

/** Of the scopes asked for, those the policy allows. Throws where nothing is left. */
export function scopesUnderPolicy(
  { ceilings }: PolicyDecision,
  asked: readonly string[],
  usual: readonly string[],
): string[] {
  const [allowed, instead] = [allowedScopes(ceilings, asked), allowedScopes(ceilings, usual)]
  // As with what nobody knows (A51): what is left, or else what everybody gets.
  if (allowed.length > 0) return allowed
  if (instead.length > 0) return instead
  throw new OAuthError('invalid_scope', 'The client policy allows this app none of these scopes')
}

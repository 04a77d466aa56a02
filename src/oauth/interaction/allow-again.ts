import { grantDays } from '../clients/policy/ceilings.ts'
import type { From } from '../endpoint.ts'
import { isSignInOnly } from '../openid/identity-scopes.ts'
import type { DecisionDependencies } from './decide-consent.ts'
import { give, termsFrom } from './decide-consent.ts'
import type { OpenInteraction } from './open-interaction.ts'
import { findGiven } from './remembered.ts'
import type { RememberedDependencies } from './remembered.ts'

const day = 24 * 60 * 60 * 1000

/** Resolves to where the browser goes with the answer, or to undefined when she has to be asked. */
export type AllowAgain = (open: OpenInteraction, from: From) => Promise<string | undefined>

/**
 * Answers without a page. Only for an app that does no more than sign people in, that an administrator knows, and
 * that she allowed all of this before: records are never opened by a link that somebody made her follow
 * (decision 13; OAuth 2.1 §7.12.2).
 */
export function createAllowAgain(deps: DecisionDependencies & RememberedDependencies): AllowAgain {
  return async (open, from) => {
    const { interaction, client, resource, policy } = open
    const trusted = client.registration === 'manual' || client.approved
    if (!trusted || policy.outcome !== 'allow' || !isSignInOnly(resource)) return undefined
    if (!interaction.request.device && interaction.request.authorizationDetails) return undefined
    const { remembered: before } = await findGiven(deps, open)
    const { scopes } = interaction.request
    if (!before || !scopes.every((scope) => before.scopes.includes(scope))) return undefined
    await deps.interactions.beginInteraction(interaction)
    const days = grantDays(policy.ceilings, undefined)
    const most = days === null ? null : new Date(deps.clock.now().getTime() + days * day)
    const terms = {
      ...termsFrom(open, scopes),
      details: before.details,
      expiresAt: earlier(before.expiresAt, most),
    }
    const location = await give(deps, open, terms, from)
    deps.interactions.forget(interaction.id)
    return location
  }
}

/** Of two ends, null being none, the one that comes first: the policy may allow less now than when she was asked. */
function earlier(one: Date | null, other: Date | null): Date | null {
  return one && other ? new Date(Math.min(one.getTime(), other.getTime())) : (one ?? other)
}

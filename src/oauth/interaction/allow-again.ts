import type { From } from '../endpoint.ts'
import { isSignInOnly } from '../openid/identity-scopes.ts'
import type { DecisionDependencies } from './decide-consent.ts'
import { give, termsFrom } from './decide-consent.ts'
import type { OpenInteraction } from './open-interaction.ts'
import { findRemembered } from './remembered.ts'
import type { RememberedDependencies } from './remembered.ts'

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
    const before = await findRemembered(deps, open)
    const { scopes } = interaction.request
    if (!before || !scopes.every((scope) => before.scopes.includes(scope))) return undefined
    await deps.interactions.beginInteraction(interaction)
    const terms = { ...termsFrom(open, scopes), details: before.details, expiresAt: before.expiresAt }
    const location = await give(deps, open, terms, from)
    deps.interactions.forget(interaction.id)
    return location
  }
}

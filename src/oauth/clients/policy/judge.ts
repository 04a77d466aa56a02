import type { ClientPolicy, PolicyConditions, PolicyRule } from '#contract'
import type { ClientRegistration } from '../client.ts'
import type { RedirectUri } from '../redirect-uri.ts'
import type { Ceilings } from './ceilings.ts'
import { ceilingsOf } from './ceilings.ts'
import { matchesHost } from './host-pattern.ts'

/** What a rule can look at. `undefined` is not known yet. */
export type Facts = {
  registration: ClientRegistration
  approved: boolean
  registering: boolean
  initialAccessToken: boolean | undefined
  /** Where the answer goes; null for a client that answers nowhere. */
  redirect: RedirectUri | null | undefined
  /** The host of its metadata document. */
  domain: string | null
  scopes: readonly string[] | undefined
  resource: string | null | undefined
  lookAlike: boolean | undefined
}

/** What the client policy says, and the rule that says it (design §4: every decision is explainable). */
export type PolicyDecision = {
  /** `ask`: may finish consent, but its grant waits for an administrator unless one gives it. */
  outcome: 'allow' | 'ask' | 'refuse'
  rule: string
  /** One sentence for people. */
  why: string
  /** The most it may get; already includes what an administrator narrowed this client to. */
  ceilings: Ceilings
}

const noRule: PolicyDecision = {
  outcome: 'refuse',
  rule: 'no-rule',
  why: 'No rule of the client policy lets this app in.',
  ceilings: {},
}
const appSchemesOff: PolicyDecision = {
  outcome: 'refuse',
  rule: 'app-schemes',
  why: 'The client policy does not accept redirect URIs with an app’s own scheme.',
  ceilings: {},
}

/** The first rule that holds decides. Where none holds, the door is closed. */
export function judge(policy: ClientPolicy, facts: Facts): PolicyDecision {
  if (!policy.appSchemes && facts.redirect?.kind === 'app') return appSchemesOff
  const rule = policy.rules.find(({ when }) => holds(when, facts) === true)
  return rule ? decisionOf(rule) : noRule
}

/**
 * The refusal that comes whatever isn't known yet turns out to be, or undefined when a client could still get
 * in: a house that refuses a document's domain doesn't fetch the document.
 */
export function foregoneRefusal(policy: ClientPolicy, facts: Facts): PolicyDecision | undefined {
  for (const rule of policy.rules) {
    const held = holds(rule.when, facts)
    if (held === false) continue
    if (rule.outcome !== 'refuse') return undefined
    if (held === true) return decisionOf(rule)
  }
  return noRule
}

function decisionOf({ outcome, name, why, ceilings }: PolicyRule): PolicyDecision {
  return { outcome, rule: name, why, ceilings: ceilingsOf(ceilings) }
}

/** True or false when the facts decide it; undefined when it hangs on what isn't known. */
function holds(when: PolicyConditions, facts: Facts): boolean | undefined {
  const { redirect, domain, scopes, resource } = facts
  const answers = [
    when.registration === undefined || when.registration.includes(facts.registration),
    when.approved === undefined || when.approved === facts.approved,
    when.registering === undefined || facts.registering,
    when.initialAccessToken === undefined ||
      known(facts.initialAccessToken, (brought) => brought === when.initialAccessToken),
    when.redirect === undefined ||
      known(redirect, (to) => to !== null && when.redirect?.includes(to.kind) === true),
    // Of https alone: any app may claim `cursor://claude.ai/`, and any program `localhost`.
    when.redirectHosts === undefined ||
      known(redirect, (to) => to?.kind === 'https' && names(when.redirectHosts, to.url.host)),
    when.domains === undefined || (domain !== null && names(when.domains, domain)),
    when.scopes === undefined || known(scopes, (asked) => asked.some((one) => when.scopes?.includes(one))),
    when.resources === undefined ||
      known(resource, (one) => one !== null && when.resources?.includes(one) === true),
    when.lookAlike === undefined || known(facts.lookAlike, (is) => is === when.lookAlike),
  ]
  if (answers.includes(false)) return false
  return answers.includes(undefined) ? undefined : true
}

function known<T>(fact: T | undefined, check: (fact: T) => boolean): boolean | undefined {
  return fact === undefined ? undefined : check(fact)
}

function names(patterns: readonly string[] | undefined, host: string): boolean {
  return patterns?.some((pattern) => matchesHost(pattern, host)) ?? false
}

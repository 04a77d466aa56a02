import type { ClientPolicyPreset } from '../ports.ts'
import type { ClientRegistration } from './client.ts'
import { readRedirectUri } from './redirect-uri.ts'

export type PolicyFacts = {
  registration: ClientRegistration
  /** The URIs it registers, or the one an authorization request asks for. */
  redirectUris: readonly string[]
  /** An administrator consented to it before. */
  approved: boolean
}

/** What the client policy says, and the rule that says it (design §4: every decision is explainable). */
export type PolicyDecision = {
  /** `ask`: may finish consent, but its grant waits for an administrator unless one gives it. */
  outcome: 'allow' | 'ask' | 'refuse'
  rule: string
  /** One sentence for people. */
  why: string
}

type Rule = PolicyDecision & { when(facts: PolicyFacts): boolean }

const made: Rule = {
  rule: 'made-here',
  when: ({ registration }) => registration === 'manual',
  outcome: 'allow',
  why: 'An administrator set this app up.',
}
const approved: Rule = {
  rule: 'approved',
  when: (facts) => facts.approved,
  outcome: 'allow',
  why: 'An administrator approved this app.',
}
const anyone: Rule = {
  rule: 'open',
  when: () => true,
  outcome: 'allow',
  why: 'The client policy lets any app ask.',
}
const thisComputer: Rule = {
  rule: 'local',
  // App schemes lead to an app on this computer too, but any app may claim one: they don't count.
  when: ({ redirectUris }) =>
    redirectUris.some((uri) => {
      const read = readRedirectUri(uri, [])
      return typeof read !== 'string' && read.kind === 'loopback'
    }),
  outcome: 'allow',
  why: 'The client policy lets apps on this computer ask.',
}
const elsewhere: Rule = {
  rule: 'local-only',
  when: () => true,
  outcome: 'refuse',
  why: 'The client policy accepts only apps that run on this computer (redirect URIs on localhost).',
}
const firstSeen: Rule = {
  rule: 'first-seen',
  when: () => true,
  outcome: 'ask',
  why: 'An administrator has not approved this app yet.',
}
const nobodyNew: Rule = {
  rule: 'closed',
  when: () => true,
  outcome: 'refuse',
  why: 'The client policy is closed: only apps that an administrator set up or approved may connect.',
}

/** Each preset is a list of rules; the first that applies decides, and the last applies always. */
const presets: Record<ClientPolicyPreset, readonly [...Rule[], Rule]> = {
  open: [made, approved, anyone],
  local: [made, approved, thisComputer, elsewhere],
  ask: [made, approved, firstSeen],
  closed: [made, approved, nobodyNew],
}

/** One policy for every kind of registration, asked at registration and again at each authorization request. */
export function decide(preset: ClientPolicyPreset, facts: PolicyFacts): PolicyDecision {
  const rules = presets[preset]
  const { outcome, rule, why } = rules.find(({ when }) => when(facts)) ?? nobodyNew
  return { outcome, rule, why }
}

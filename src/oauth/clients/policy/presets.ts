import type { ClientPolicy, PolicyPreset, PolicyRule } from '#contract'

const rule = (
  name: string,
  when: PolicyRule['when'],
  outcome: PolicyRule['outcome'],
  why: string,
): PolicyRule => ({
  name,
  when,
  outcome,
  why,
  ceilings: {},
})

const made = rule('made-here', { registration: ['manual'] }, 'allow', 'An administrator set this app up.')
const approved = rule('approved', { approved: true }, 'allow', 'An administrator approved this app.')
const anyone = rule('open', {}, 'allow', 'The client policy lets any app ask.')
// App schemes lead to an app on this computer too, but any app may claim one: they don't count.
const thisComputer = rule(
  'local',
  { redirect: ['loopback'] },
  'allow',
  'The client policy lets apps on this computer ask.',
)
const elsewhere = rule(
  'local-only',
  {},
  'refuse',
  'The client policy accepts only apps that run on this computer (redirect URIs on localhost).',
)
const firstSeen = rule('first-seen', {}, 'ask', 'An administrator has not approved this app yet.')
const nobodyNew = rule(
  'closed',
  {},
  'refuse',
  'The client policy is closed: only apps that an administrator set up or approved may connect.',
)

/** Each preset is a list of rules; the first that holds decides, and the last holds always. */
const presetRules: Record<PolicyPreset, readonly PolicyRule[]> = {
  open: [made, approved, anyone],
  local: [made, approved, thisComputer, elsewhere],
  ask: [made, approved, firstSeen],
  closed: [made, approved, nobodyNew],
}

/** The switches of other systems as settings (four-systems §5): rules before the preset's own. */
export type PolicySwitches = {
  /** False: no client registers itself any more; those that did go on (AuthGate's ENABLE_DYNAMIC_CLIENT_REGISTRATION). */
  registration: boolean
  /** True: who registers brings an initial access token (AuthGate's DYNAMIC_CLIENT_REGISTRATION_TOKEN). */
  initialAccessToken: boolean
  appSchemes: boolean
  registrationsPerMinute: number
}

export const usualSwitches: PolicySwitches = {
  registration: true,
  initialAccessToken: false,
  appSchemes: true,
  registrationsPerMinute: 30,
}

const registrationOff = rule(
  'registration-off',
  { registering: true },
  'refuse',
  'Apps cannot register themselves here; an administrator sets them up.',
)
const tokenWanted = rule(
  'initial-access-token',
  { registering: true, initialAccessToken: false },
  'refuse',
  'Registering here takes an initial access token, which an administrator gives out.',
)

/** The policy that holds until an administrator edits it. */
export function startingPolicy(preset: PolicyPreset, switches: Partial<PolicySwitches> = {}): ClientPolicy {
  const { registration, initialAccessToken, ...rest } = { ...usualSwitches, ...switches }
  const before = [...(registration ? [] : [registrationOff]), ...(initialAccessToken ? [tokenWanted] : [])]
  return { ...rest, rules: [...before, ...presetRules[preset]] }
}

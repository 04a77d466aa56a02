import type { PolicyCeilings, PolicyConditions, PolicyOutcome } from '#contract'

export const outcomeNames: Record<PolicyOutcome, string> = {
  allow: 'Let in',
  ask: 'Ask an administrator',
  refuse: 'Refuse',
}

export const registrationNames = {
  manual: 'set up by an administrator',
  'metadata-document': 'described by a document at its own address',
  dynamic: 'registered by themselves',
} as const

export const redirectNames = {
  https: 'a web address',
  loopback: 'a program on this computer',
  app: 'an app’s own scheme',
} as const

const list = new Intl.ListFormat('en', { type: 'disjunction' })

/** What a rule looks at, in a sentence: "Apps registered by themselves whose answers go to claude.ai". */
export function conditionWords(when: PolicyConditions): string {
  const { registration, redirect, redirectHosts, domains, scopes, resources } = when
  const parts = [
    registration && list.format(registration.map((kind) => registrationNames[kind])),
    when.registering && 'while they register',
    when.initialAccessToken !== undefined &&
      `${when.initialAccessToken ? 'with' : 'without'} an initial access token`,
    when.approved !== undefined &&
      (when.approved ? 'that an administrator approved' : 'that nobody approved'),
    domains && `whose document is at ${list.format(domains)}`,
    redirect && `whose answers go to ${list.format(redirect.map((kind) => redirectNames[kind]))}`,
    redirectHosts && `whose answers go to ${list.format(redirectHosts)}`,
    scopes && `that ask for ${list.format(scopes)}`,
    resources && `that want to reach ${list.format(resources)}`,
    when.lookAlike !== undefined &&
      (when.lookAlike ? 'named like an app you trust' : 'not named like an app you trust'),
  ].filter((part) => part !== undefined && part !== false)
  return parts.length === 0 ? 'Every app' : `Apps ${parts.join(', ')}`
}

/** What a rule holds them to; empty when it holds them to nothing. */
export function ceilingWords(ceilings: PolicyCeilings): string[] {
  const { scopes, resources, accessSeconds, refreshIdleHours, grantDays } = ceilings
  return [
    scopes && `only ${scopes.join(', ')}`,
    resources && `only ${resources.join(', ')}`,
    grantDays !== undefined && `for ${counted(grantDays, 'day')}`,
    accessSeconds !== undefined && `tokens of ${counted(accessSeconds, 'second')}`,
    refreshIdleHours !== undefined && `signed out after ${counted(refreshIdleHours, 'unused hour')}`,
    ceilings.registrationsPerMinute !== undefined &&
      `${counted(ceilings.registrationsPerMinute, 'registration')} a minute and address`,
    ceilings.unclaimedPerAddress !== undefined &&
      `${counted(ceilings.unclaimedPerAddress, 'unused app')} per address`,
  ].filter((part) => part !== undefined && part !== false)
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}

/** A rule's place in the list, moved; the others keep their order. */
export function moved<T>(items: readonly T[], from: number, to: number): T[] {
  const next = [...items]
  const [item] = next.splice(from, 1)
  if (item === undefined || to < 0 || to >= items.length) return [...items]
  next.splice(to, 0, item)
  return next
}

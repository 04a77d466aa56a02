import type { PolicyCeilings, PolicyConditions, PolicyOutcome, PolicyRule } from '#contract'

/** A rule as its form holds it: lists as lines of text, absent as empty. */
export type RuleForm = {
  name: string
  why: string
  outcome: PolicyOutcome
  registration: string[]
  redirect: string[]
  redirectHosts: string
  domains: string
  scopes: string[]
  resources: string[]
  approved: Maybe
  registering: boolean
  initialAccessToken: Maybe
  lookAlike: Maybe
  limitScopes: string[]
  limitResources: string[]
  accessSeconds: string
  refreshIdleHours: string
  grantDays: string
  registrationsPerMinute: string
  unclaimedPerAddress: string
}
export type Maybe = '' | 'yes' | 'no'

const numbers = [
  'accessSeconds',
  'refreshIdleHours',
  'grantDays',
  'registrationsPerMinute',
  'unclaimedPerAddress',
] as const

export function toForm({ name, why, outcome, when, ceilings }: PolicyRule): RuleForm {
  const number = (value: number | undefined) => (value === undefined ? '' : String(value))
  return {
    name,
    why,
    outcome,
    registration: when.registration ?? [],
    redirect: when.redirect ?? [],
    redirectHosts: (when.redirectHosts ?? []).join('\n'),
    domains: (when.domains ?? []).join('\n'),
    scopes: when.scopes ?? [],
    resources: when.resources ?? [],
    approved: maybe(when.approved),
    registering: when.registering ?? false,
    initialAccessToken: maybe(when.initialAccessToken),
    lookAlike: maybe(when.lookAlike),
    limitScopes: ceilings.scopes ?? [],
    limitResources: ceilings.resources ?? [],
    accessSeconds: number(ceilings.accessSeconds),
    refreshIdleHours: number(ceilings.refreshIdleHours),
    grantDays: number(ceilings.grantDays),
    registrationsPerMinute: number(ceilings.registrationsPerMinute),
    unclaimedPerAddress: number(ceilings.unclaimedPerAddress),
  }
}

export function fromForm(form: RuleForm): PolicyRule {
  const when: PolicyConditions = withoutEmpty({
    registration: form.registration as NonNullable<PolicyConditions['registration']>,
    approved: certain(form.approved),
    registering: form.registering ? (true as const) : undefined,
    initialAccessToken: form.registering ? certain(form.initialAccessToken) : undefined,
    redirect: form.redirect as NonNullable<PolicyConditions['redirect']>,
    redirectHosts: lines(form.redirectHosts),
    domains: lines(form.domains),
    scopes: form.scopes,
    resources: form.resources,
    lookAlike: certain(form.lookAlike),
  })
  const given = numbers.flatMap((name) =>
    form[name].trim() === '' ? [] : [[name, Number(form[name])] as const],
  )
  const ceilings: PolicyCeilings = {
    ...withoutEmpty({ scopes: form.limitScopes, resources: form.limitResources }),
    ...Object.fromEntries(given),
  }
  return { name: form.name.trim(), why: form.why.trim(), outcome: form.outcome, when, ceilings }
}

/** What has to be filled in before the rule can stand in a draft; the server checks everything once more. */
export function missing(form: RuleForm, taken: readonly string[]): Partial<Record<'name' | 'why', string>> {
  const name = form.name.trim()
  return {
    ...(!/^[a-z][a-z0-9-]{0,39}$/.test(name)
      ? { name: 'Small letters, digits and hyphens, beginning with a letter' }
      : taken.includes(name)
        ? { name: 'Another rule has this name' }
        : {}),
    ...(form.why.trim() === '' && { why: 'People read this when the rule decides' }),
  }
}

function maybe(value: boolean | undefined): Maybe {
  return value === undefined ? '' : value ? 'yes' : 'no'
}
function certain(value: Maybe): boolean | undefined {
  return value === '' ? undefined : value === 'yes'
}
function lines(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .map((line) => line.trim().toLowerCase())
    .filter(Boolean)
}

type Filled<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Without what is absent, or a list of nothing. */
function withoutEmpty<T extends object>(given: T): Filled<T> {
  const kept = Object.entries(given).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  )
  return Object.fromEntries(kept) as Filled<T>
}

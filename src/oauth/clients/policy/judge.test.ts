import { describe, expect, it } from 'vitest'
import { clientPolicy, isHostPattern } from '#contract'
import type { ClientPolicy, PolicyRule } from '#contract'
import { readRedirectUri } from '../redirect-uri.ts'
import { matchesHost } from './host-pattern.ts'
import { foregoneRefusal, judge } from './judge.ts'
import type { Facts } from './judge.ts'
import { startingPolicy } from './presets.ts'

const at = (uri: string) => {
  const read = readRedirectUri(uri, ['cursor', 'vscode'])
  if (typeof read === 'string') throw new Error(read)
  return read
}
const facts = (more: Partial<Facts> = {}): Facts => ({
  registration: 'dynamic',
  approved: false,
  registering: false,
  initialAccessToken: false,
  redirect: at('https://claude.ai/callback'),
  domain: null,
  scopes: ['crm:read'],
  resource: 'https://crm.example/mcp',
  lookAlike: false,
  ...more,
})
const rule = (
  when: PolicyRule['when'],
  outcome: PolicyRule['outcome'] = 'allow',
  name = 'it',
): PolicyRule => ({
  name,
  when,
  outcome,
  why: 'Because.',
  ceilings: {},
})
const policyOf = (...rules: PolicyRule[]): ClientPolicy => ({
  rules,
  appSchemes: true,
  registrationsPerMinute: 30,
})
const outcome = (when: PolicyRule['when'], more: Partial<Facts> = {}) =>
  judge(policyOf(rule(when)), facts(more)).outcome

describe('D7 hosts that a rule names', () => {
  it.each([
    ['claude.ai', 'claude.ai', true],
    ['claude.ai', 'evil-claude.ai', false],
    ['claude.ai', 'claude.ai.evil.example', false],
    ['claude.ai', 'sub.claude.ai', false],
    ['claude.ai', 'claude.ai:8443', false],
    ['claude.ai:8443', 'claude.ai:8443', true],
    ['*.claude.ai', 'sub.claude.ai', true],
    ['*.claude.ai', 'a.b.claude.ai', true],
    ['*.claude.ai', 'claude.ai', false],
    ['*.claude.ai', '.claude.ai', false],
    ['*.claude.ai', 'evilclaude.ai', false],
    ['*.claude.ai', 'sub.claude.ai.evil.example', false],
    ['*.claude.ai', 'sub.claude.ai:8443', false],
  ])('D7 %s against %s: %s', (pattern, host, expected) => {
    expect(matchesHost(pattern, host)).toBe(expected)
  })

  it('D7 only https answers have a host: any app may claim cursor://claude.ai, any program localhost', () => {
    expect(outcome({ redirectHosts: ['claude.ai'] })).toBe('allow')
    for (const uri of ['cursor://claude.ai/callback', 'http://localhost/callback']) {
      expect(outcome({ redirectHosts: ['claude.ai', 'localhost'] }, { redirect: at(uri) })).toBe('refuse')
    }
  })

  it.each(['claude.ai', '*.claude.ai', 'localhost', 'xn--80ak6aa92e.com', 'a.b-c.example:8443', '10.0.0.1'])(
    'D7 %s can be written in a rule',
    (pattern) => expect(isHostPattern(pattern)).toBe(true),
  )

  it.each([
    '',
    '*',
    '*.',
    '*.com',
    '*.*.com',
    'cl*ude.ai',
    '.claude.ai',
    'claude.ai.',
    'claude..ai',
    '-a.example',
    'https://claude.ai',
    'claude.ai/callback',
    'user@claude.ai',
    '*.0.0.1',
    'clаude.ai',
    'claude.ai\n',
    '(a+)+$',
    'a'.repeat(64),
  ])('D7 %j can not', (pattern) => expect(isHostPattern(pattern)).toBe(false))

  it('O8 what was typed is no regular expression and reads in linear time', () => {
    const hostile = ['a'.repeat(259), `${'a-'.repeat(120)}!`, `${'a.'.repeat(128)}!`, '(x+x+)+y']
    for (const pattern of hostile) expect(isHostPattern(pattern)).toBe(false)
    const wide = `${'a.'.repeat(200_000)}b`
    expect(matchesHost('*.claude.ai', wide)).toBe(false)
    expect(isHostPattern(wide)).toBe(false)
  })
})

describe('conditions', () => {
  it('each must hold', () => {
    expect(outcome({})).toBe('allow')
    expect(outcome({ registration: ['dynamic'], redirect: ['https'] })).toBe('allow')
    expect(outcome({ registration: ['dynamic'], redirect: ['loopback'] })).toBe('refuse')
  })

  it('look at registration, approval, registering and its token', () => {
    expect(outcome({ registration: ['manual'] })).toBe('refuse')
    expect(outcome({ approved: true })).toBe('refuse')
    expect(outcome({ approved: true }, { approved: true })).toBe('allow')
    expect(outcome({ registering: true })).toBe('refuse')
    const token = { registering: true, initialAccessToken: true } as const
    expect(outcome(token, { registering: true })).toBe('refuse')
    expect(outcome(token, { registering: true, initialAccessToken: true })).toBe('allow')
  })

  it('look at the document’s domain, and never at a name', () => {
    const domains = ['*.example']
    expect(outcome({ domains: ['app.example'] }, { domain: 'app.example' })).toBe('allow')
    expect(outcome({ domains: ['app.example'] }, { domain: 'evil-app.example' })).toBe('refuse')
    expect(outcome({ domains })).toBe('refuse')
  })

  it('look at what is asked for: any of the scopes, the resource', () => {
    expect(outcome({ scopes: ['crm:delete', 'crm:read'] })).toBe('allow')
    expect(outcome({ scopes: ['crm:delete'] })).toBe('refuse')
    expect(outcome({ resources: ['https://crm.example/mcp'] })).toBe('allow')
    expect(outcome({ resources: ['https://crm.example/api'] })).toBe('refuse')
  })

  it('about redirects hold for nobody who answers nowhere', () => {
    const rules: PolicyRule['when'][] = [{ redirect: ['loopback'] }, { redirectHosts: ['claude.ai'] }]
    for (const when of rules) expect(outcome(when, { redirect: null })).toBe('refuse')
  })
})

describe('rules', () => {
  it('the first that holds decides, and says so', () => {
    const policy = policyOf(
      rule({ approved: true }, 'allow', 'a'),
      rule({}, 'ask', 'b'),
      rule({}, 'refuse', 'c'),
    )
    expect(judge(policy, facts())).toMatchObject({ outcome: 'ask', rule: 'b', why: 'Because.' })
    expect(judge(policy, facts({ approved: true })).rule).toBe('a')
  })

  it('where none holds the door is closed', () => {
    expect(judge(policyOf(), facts())).toMatchObject({ outcome: 'refuse', rule: 'no-rule' })
  })

  it('app schemes can be switched off before any rule', () => {
    const redirect = at('cursor://anysphere.cursor-mcp/oauth/callback')
    const policy = policyOf(rule({}))
    expect(judge(policy, facts({ redirect })).outcome).toBe('allow')
    expect(judge({ ...policy, appSchemes: false }, facts({ redirect }))).toMatchObject({
      outcome: 'refuse',
      rule: 'app-schemes',
    })
  })

  it('a refusal is foregone only when nothing unknown could prevent it', () => {
    const unknown = facts({ redirect: undefined, scopes: undefined, lookAlike: undefined })
    expect(foregoneRefusal(startingPolicy('closed'), unknown)?.rule).toBe('closed')
    expect(foregoneRefusal(startingPolicy('closed'), { ...unknown, approved: true })).toBeUndefined()
    expect(foregoneRefusal(startingPolicy('local'), unknown)).toBeUndefined()
    expect(foregoneRefusal(startingPolicy('ask'), unknown)).toBeUndefined()
    const first = policyOf(rule({ redirect: ['app'] }, 'refuse', 'a'), rule({}, 'refuse', 'b'))
    expect(foregoneRefusal(first, unknown)?.rule).toBe('b')
  })
})

describe('a policy that an administrator writes', () => {
  const problems = (change: (policy: ClientPolicy) => void) => {
    const policy = startingPolicy('ask')
    change(policy)
    const read = clientPolicy.safeParse(policy)
    return read.success ? [] : read.error.issues.map(({ path }) => path.join('.'))
  }

  it('each preset is one', () => {
    for (const preset of ['open', 'local', 'ask', 'closed'] as const) {
      expect(clientPolicy.parse(startingPolicy(preset))).toEqual(startingPolicy(preset))
    }
  })

  it('gives each rule its own name, none of which is ours', () => {
    expect(problems(({ rules }) => rules.push(rule({}, 'allow', 'first-seen')))).toEqual(['rules.3.name'])
    expect(problems(({ rules }) => rules.push(rule({}, 'allow', 'blocked')))).toEqual(['rules.3.name'])
  })

  it('knows an initial access token only while a client registers', () => {
    const later = rule({ initialAccessToken: true })
    expect(problems(({ rules }) => rules.push(later))).toEqual(['rules.3.when'])
  })

  it('takes no pattern, member or number that means something else', () => {
    const when = (given: unknown) => rule(given as PolicyRule['when'])
    expect(problems(({ rules }) => rules.push(when({ domains: ['*.com'] })))).not.toEqual([])
    expect(problems(({ rules }) => rules.push(when({ domains: [] })))).not.toEqual([])
    expect(problems(({ rules }) => rules.push(when({ host: 'claude.ai' })))).not.toEqual([])
    expect(problems((policy) => (policy.registrationsPerMinute = 0))).not.toEqual([])
    expect(
      problems(({ rules }) => rules.push({ ...rule({}), ceilings: { accessSeconds: 3600 } })),
    ).not.toEqual([])
  })
})

describe('the settings of other systems, as rules', () => {
  const registering = { registering: true, redirect: at('https://agent.example/cb') }

  it('registration off refuses who registers, and nobody who did', () => {
    const policy = startingPolicy('open', { registration: false })
    expect(judge(policy, facts(registering)).rule).toBe('registration-off')
    expect(judge(policy, facts()).outcome).toBe('allow')
  })

  it('an initial access token is asked of who registers, and enough', () => {
    const policy = startingPolicy('ask', { initialAccessToken: true })
    expect(judge(policy, facts(registering)).rule).toBe('initial-access-token')
    expect(judge(policy, facts({ ...registering, initialAccessToken: true })).rule).toBe('first-seen')
    expect(judge(policy, facts()).rule).toBe('first-seen')
  })

  it('rates and app schemes stand beside the rules', () => {
    const policy = startingPolicy('local', { registrationsPerMinute: 5, appSchemes: false })
    expect([policy.registrationsPerMinute, policy.appSchemes, policy.rules]).toEqual([
      5,
      false,
      startingPolicy('local').rules,
    ])
    expect(clientPolicy.parse(policy)).toEqual(policy)
  })
})

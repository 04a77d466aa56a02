import { z } from 'zod'

/** How a client became known (RFC 7591, client ID metadata document, or by an administrator's hand). */
export const clientRegistrations = ['manual', 'metadata-document', 'dynamic'] as const
/** Where an answer goes: somewhere on the network, to a program on this computer, to an app's own scheme. */
export const redirectKinds = ['https', 'loopback', 'app'] as const
export const policyOutcomes = ['allow', 'ask', 'refuse'] as const
export type PolicyOutcome = (typeof policyOutcomes)[number]

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
// Every part is bounded and none can match in two ways: reading takes linear time (attacks O8).
const hostShape = new RegExp(`^(\\*\\.)?(${label}(?:\\.${label}){0,30})(:\\d{1,5})?$`)

/**
 * A host as a rule names it: `claude.ai` is that host at its usual port, `claude.ai:8443` another port,
 * `*.claude.ai` every host below it but not itself. Never a regular expression (attacks D7, O8).
 */
export function isHostPattern(text: string): boolean {
  const [, wildcard, host = ''] = text.length <= 260 ? (hostShape.exec(text) ?? []) : []
  if (host === '') return false
  const labels = host.split('.')
  const isAddress = /^\d+$/.test(labels.at(-1) ?? '')
  // Below `com`, or below the end of an address, is not below anybody's host.
  return wildcard === undefined || (labels.length > 1 && !isAddress)
}

const host = z
  .string()
  .trim()
  .toLowerCase()
  .refine(isHostPattern, 'Write a host like claude.ai, or *.claude.ai for every host below it')
const scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, 'A scope is one word')
const resource = z.string().min(1).max(500)
const listOf = <T extends z.ZodType>(item: T) => z.array(item).min(1, 'Name at least one').max(100)

/** What a rule looks at. All of it must hold; a rule without conditions holds always. */
export const policyConditions = z.strictObject({
  registration: listOf(z.enum(clientRegistrations)).optional(),
  /** An administrator approved the client as it is now. */
  approved: z.boolean().optional(),
  /** Only while a client registers itself (RFC 7591). */
  registering: z.literal(true).optional(),
  /** It brought an initial access token (RFC 7591 §3). Known only while it registers. */
  initialAccessToken: z.boolean().optional(),
  redirect: listOf(z.enum(redirectKinds)).optional(),
  /** Hosts of https redirect URIs. */
  redirectHosts: listOf(host).optional(),
  /** Hosts of client ID metadata documents. */
  domains: listOf(host).optional(),
  /** It asks for at least one of these. */
  scopes: listOf(scope).optional(),
  resources: listOf(resource).optional(),
  /** Its name looks like that of a client people here trust, and its answers go elsewhere. */
  lookAlike: z.boolean().optional(),
})
export type PolicyConditions = z.infer<typeof policyConditions>

/** The most that a client under this rule gets. Absent members don't narrow. */
export const policyCeilings = z.strictObject({
  scopes: listOf(scope).optional(),
  resources: listOf(resource).optional(),
  /** Seconds an access token lives; ten minutes at most whatever a rule says. */
  accessSeconds: z.int().min(30).max(600).optional(),
  /** Hours after which an unused refresh token dies; thirty days at most. */
  refreshIdleHours: z.int().min(1).max(720).optional(),
  /** Days after which a grant ends by itself. */
  grantDays: z.int().min(1).max(365).optional(),
  /** Registrations this rule admits per address and minute. */
  registrationsPerMinute: z.int().min(1).max(1000).optional(),
  /** Live clients nobody consented to that this rule admits per address. */
  unclaimedPerAddress: z.int().min(0).max(10_000).optional(),
})
export type PolicyCeilings = z.infer<typeof policyCeilings>

export const policyRule = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'Use small letters, digits and hyphens'),
  when: policyConditions,
  outcome: z.enum(policyOutcomes),
  /** One sentence for people: what they read when the rule decides. */
  why: z.string().trim().min(1, 'Say why, in a sentence').max(200),
  ceilings: policyCeilings.default({}),
})
export type PolicyRule = z.infer<typeof policyRule>

/** Rules that aren't in the list: they stand before it, or after it. */
export const builtInRules = ['blocked', 'refused-here', 'app-schemes', 'no-rule'] as const

/** The client policy: the first rule that holds decides; where none holds the client is refused. */
export const clientPolicy = z
  .strictObject({
    rules: z.array(policyRule).max(100),
    /** Redirect URIs of private schemes (Cursor’s and VS Code’s): a deviation from MCP that can be switched off (A196). */
    appSchemes: z.boolean(),
    /** Registrations of all kinds per address and minute. */
    registrationsPerMinute: z.int().min(1).max(1000),
  })
  .superRefine(({ rules }, context) => {
    const seen = new Set<string>(builtInRules)
    for (const [index, { name, when }] of rules.entries()) {
      const problem = (path: string, message: string) =>
        context.addIssue({ code: 'custom', path: ['rules', index, path], message })
      if (seen.has(name)) problem('name', 'Another rule has this name')
      seen.add(name)
      if (when.initialAccessToken !== undefined && !when.registering) {
        problem('when', 'An initial access token is known only while a client registers')
      }
    }
  })
export type ClientPolicy = z.infer<typeof clientPolicy>

export type PolicyPreset = 'open' | 'local' | 'ask' | 'closed'

/** The policy as the administrator's page shows it. */
export type PolicyView = {
  /** 0: nobody has edited it, the settings decide. */
  version: number
  policy: ClientPolicy
  savedAt: string | null
  savedBy: string | null
  /** What the settings start with, and the four presets in full. */
  starting: ClientPolicy
  presets: Record<PolicyPreset, ClientPolicy>
  scopes: string[]
  resources: { id: string; name: string }[]
}
export type PolicyVersionView = {
  version: number
  savedAt: string
  savedBy: string | null
  policy: ClientPolicy
}

export const savePolicyInput = z.strictObject({
  policy: clientPolicy,
  /** The version that was edited: nobody overwrites what somebody else saved meanwhile. */
  basedOn: z.int().min(0),
})
export const dryRunInput = z.strictObject({
  policy: clientPolicy,
  /** A registration as a client would send it (RFC 7591 §2), pasted. */
  registration: z.string().max(20_000).optional(),
})

/** What a rule decided about one client. */
export type Verdict = { outcome: PolicyOutcome; rule: string; why: string }
export type DryRunLine = {
  client: { id: string; name: string; registration: (typeof clientRegistrations)[number] }
  redirect: string
  before: Verdict
  after: Verdict
  changed: boolean
  /** Live grants that the change would touch. */
  grants: number
}
export type DryRunView = {
  lines: DryRunLine[]
  /** How many clients were looked at, and whether there are more. */
  looked: number
  more: boolean
  registration: { problem: string } | { lines: DryRunLine[] } | null
}

/** One stored decision: why something was refused, or let in. Repetitions are counted, not repeated. */
export type DecisionView = {
  client: { id: string | null; name: string }
  at: string
  firstAt: string
  times: number
  stage: string
  outcome: PolicyOutcome
  rule: string
  why: string
  redirect: string
  ip: string | null
  version: number
}

/** A client that waits for an administrator, or that changed since one approved it. */
export type ApprovalView = {
  client: {
    id: string
    name: string
    registration: (typeof clientRegistrations)[number]
    verifiedDomain: string | null
    fingerprint: string
    firstSeenAt: string
    firstSeenFrom: string | null
    redirectUris: string[]
    links: Record<string, string>
    keys: 'none' | 'in the document' | string
    scopes: string[] | null
  }
  state: 'waiting' | 'changed' | 'refused' | 'blocked'
  lookAlike: string | null
  /** Who allowed it and waits. */
  asked: {
    person: string
    at: string
    ip: string | null
    redirectHost: string
    scopes: { scope: string; words: string }[]
  }[]
  /** What is otherwise now than when it was approved. */
  changes: { what: string; before: string[]; after: string[] }[]
  liveGrants: number
  /** All scopes it could be narrowed to. */
  offered: { scope: string; words: string }[]
}

export const approvalInput = z.strictObject({
  client: z.string().min(1).max(500),
  /** The client as the administrator saw it: what it became meanwhile isn't approved with it. */
  fingerprint: z.string().min(1).max(100),
  decision: z.enum(['approve', 'refuse', 'block', 'reconsider']),
  /** The most it may ever be granted; absent leaves what is set, null removes it. */
  scopes: z.array(scope).min(1).max(50).nullable().optional(),
})
export type ApprovalInput = z.infer<typeof approvalInput>

/** What one run asks of every system over HTTP, in this order. */
export const operations = [
  'discovery',
  'registration',
  'code flow',
  'refresh',
  'guarded call',
  'introspection',
  'client credentials',
  'exchange',
  'device',
  'query',
] as const
export type Operation = (typeof operations)[number]

/** What a system lacks, or its peer here isn't asked; Tandem has everything. */
const lacking: Record<string, readonly Operation[]> = {
  tandem: [],
  'oidc-provider': ['exchange', 'query'],
  'better-auth': ['introspection', 'client credentials', 'exchange', 'device', 'query'],
  'sdk-router': ['introspection', 'client credentials', 'exchange', 'device', 'query'],
}
export function offers(flow: string, operation: Operation): boolean {
  return !lacking[flow]?.includes(operation)
}

/** Where a turn ends early: of what nobody consented to, Tandem keeps 10,000 registrations and 5000 devices' codes. */
export function mostAtOnce(operation: Operation): number {
  if (operation === 'device') return 500
  return operation === 'registration' ? 1000 : Number.MAX_SAFE_INTEGER
}

/** What is read off a server that nobody asks anything. */
export const states = ['cold start', 'warm start', 'idle memory'] as const
export type State = (typeof states)[number]

export type Measure = Operation | State
export const measures: readonly Measure[] = [...states, ...operations]

export const unitOf: Record<Measure, string> = {
  'cold start': 'ms',
  'warm start': 'ms',
  'idle memory': 'MB',
  discovery: '/s',
  registration: '/s',
  'code flow': '/s',
  refresh: '/s',
  'guarded call': '/s',
  introspection: '/s',
  'client credentials': '/s',
  exchange: '/s',
  device: '/s',
  query: '/s',
}

export type Bar =
  | { system: string; measure: Measure; atLeast: number; times: string }
  | { system: string; measure: Measure; atMost: number }

/** The bars: ratios to a peer in the same run, or plain ceilings. */
export const bars: readonly Bar[] = [
  { system: 'tandem-postgres', measure: 'code flow', atLeast: 2, times: 'oidc-provider' },
  { system: 'tandem-postgres', measure: 'refresh', atLeast: 2, times: 'oidc-provider' },
  { system: 'tandem-postgres', measure: 'registration', atLeast: 1.5, times: 'oidc-provider' },
  { system: 'tandem-postgres', measure: 'guarded call', atLeast: 5, times: 'oidc-provider' },
  { system: 'tandem-embedded', measure: 'code flow', atLeast: 0.5, times: 'oidc-provider' },
  { system: 'tandem-embedded', measure: 'refresh', atLeast: 0.5, times: 'oidc-provider' },
  { system: 'tandem-embedded', measure: 'code flow', atLeast: 2, times: 'better-auth' },
  { system: 'tandem-embedded', measure: 'refresh', atLeast: 2, times: 'better-auth' },
  { system: 'tandem-postgres', measure: 'introspection', atLeast: 1, times: 'oidc-provider' },
  { system: 'tandem-postgres', measure: 'client credentials', atLeast: 1, times: 'oidc-provider' },
  { system: 'tandem-postgres', measure: 'device', atLeast: 1, times: 'oidc-provider' },
  { system: 'tandem-postgres', measure: 'discovery', atLeast: 1, times: 'oidc-provider' },
  { system: 'tandem-embedded', measure: 'discovery', atLeast: 1, times: 'oidc-provider-sqlite' },
  { system: 'tandem-embedded', measure: 'guarded call', atLeast: 1, times: 'oidc-provider-sqlite' },
  { system: 'tandem-embedded', measure: 'device', atLeast: 1, times: 'oidc-provider-sqlite' },
  { system: 'tandem-embedded', measure: 'registration', atLeast: 1, times: 'oidc-provider-sqlite' },
  { system: 'tandem-embedded', measure: 'code flow', atLeast: 1, times: 'oidc-provider-sqlite' },
  { system: 'tandem-embedded', measure: 'refresh', atLeast: 1, times: 'oidc-provider-sqlite' },
  { system: 'tandem-embedded', measure: 'introspection', atLeast: 1, times: 'oidc-provider-sqlite' },
  { system: 'tandem-embedded', measure: 'client credentials', atLeast: 1, times: 'oidc-provider-sqlite' },
  { system: 'tandem-embedded', measure: 'warm start', atMost: 2000 },
  { system: 'tandem-postgres', measure: 'warm start', atMost: 2000 },
  { system: 'tandem-embedded', measure: 'idle memory', atMost: 300 },
  { system: 'tandem-postgres', measure: 'idle memory', atMost: 130 },
]

/** What one run asks of every system over HTTP, in this order. */
export const operations = [
  'discovery',
  'registration',
  'code flow',
  'refresh',
  'guarded call',
  'query',
] as const
export type Operation = (typeof operations)[number]

/** Where a turn ends early: Tandem keeps 10,000 registrations that nobody consented to, then refuses more. */
export function mostAtOnce(operation: Operation): number {
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
  query: '/s',
}

export type Bar =
  | { system: string; measure: Measure; atLeast: number; times: string }
  | { system: string; measure: Measure; atMost: number }

/** The bars of the first slice: ratios to a peer in the same run, or plain ceilings. */
export const bars: readonly Bar[] = [
  { system: 'tandem-postgres', measure: 'code flow', atLeast: 2, times: 'oidc-provider' },
  { system: 'tandem-postgres', measure: 'refresh', atLeast: 2, times: 'oidc-provider' },
  { system: 'tandem-postgres', measure: 'registration', atLeast: 1.5, times: 'oidc-provider' },
  { system: 'tandem-postgres', measure: 'guarded call', atLeast: 5, times: 'oidc-provider' },
  { system: 'tandem-embedded', measure: 'code flow', atLeast: 0.5, times: 'oidc-provider' },
  { system: 'tandem-embedded', measure: 'refresh', atLeast: 0.5, times: 'oidc-provider' },
  { system: 'tandem-embedded', measure: 'code flow', atLeast: 2, times: 'better-auth' },
  { system: 'tandem-embedded', measure: 'refresh', atLeast: 2, times: 'better-auth' },
  { system: 'tandem-embedded', measure: 'warm start', atMost: 2000 },
  { system: 'tandem-postgres', measure: 'warm start', atMost: 2000 },
  { system: 'tandem-embedded', measure: 'idle memory', atMost: 300 },
  { system: 'tandem-postgres', measure: 'idle memory', atMost: 130 },
]

import { z } from 'zod'

/** Why a connection to an upstream didn't come about. */
export const connectProblems = [
  /** The person said no there. */
  'denied',
  /** It took too long, was answered already, or came back to another browser. */
  'over',
  /** The upstream or its authorization server can’t be reached. */
  'unreachable',
  /** What the upstream says of itself can’t be used. */
  'metadata',
  /** What its authorization server says of itself can’t be used. */
  'server',
  /** The authorization server doesn’t know Tandem and lets it not register. */
  'client',
  /** The authorization server’s answer wasn’t taken, or it didn’t take ours. */
  'refused',
  /** Begun too often. */
  'limit',
] as const
export const connectProblem = z.enum(connectProblems)
export type ConnectProblem = z.infer<typeof connectProblem>

const sentences = {
  denied: (title) => `${title} wasn’t connected: the answer there was no. You can try again`,
  over: () => 'That took too long, or began in another browser. Start again here',
  unreachable: (title) => `${title} can’t be reached just now. Try again in a minute`,
  metadata: (title) =>
    `What ${title} says about signing in can’t be used. An administrator has to look into it`,
  server: (title) =>
    `The sign-in server of ${title} isn’t one that Tandem can use safely. An administrator has to look into it`,
  client: (title) =>
    `${title} doesn’t let Tandem introduce itself. An administrator has to set Tandem up there by hand`,
  refused: (title) =>
    `${title} answered in a way that can’t be trusted or used. Nothing was connected; start again`,
  limit: () => 'You tried that often just now. Wait ten minutes',
} as const satisfies Record<ConnectProblem, (title: string) => string>

/** What a person is told, and what she can do. */
export function connectSentence(problem: ConnectProblem, title: string): string {
  return sentences[problem](title)
}

/** A member's connection to an upstream where people sign in themselves. */
export type ConnectionView = {
  upstream: string
  title: string
  /** Where the upstream is. */
  host: string
  state: 'none' | 'connected' | 'broken'
  /** When it was made or last renewed, ISO 8601. */
  since: string | null
  /** Why it has to be made again. */
  broken: string | null
  /** Off: an administrator switched it off; the connection waits, and can be ended. */
  enabled: boolean
}

/** The secret of a client that was set up at an authorization server by hand; null: it has none. */
export const clientSecretInput = z.strictObject({ secret: z.string().min(1).max(2000).nullable() })

/** For administrators: how an upstream's authorization server knows this Tandem. */
export type UpstreamClientView = {
  /** `manual`: set up there by hand; `document`: by our metadata document; `registered`; `none`: not yet known there. */
  how: 'manual' | 'document' | 'registered' | 'none'
  clientId: string | null
  issuer: string | null
  /** Whether a secret is kept for a client set up by hand. */
  hasSecret: boolean
  /** What to give where a client is made by hand. */
  redirectUri: string
  /** How many members are connected. */
  connected: number
}

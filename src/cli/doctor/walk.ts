import type { Answer, Ask } from './ask.ts'

/** One thing that an agent's way in needs. */
export type Finding = {
  step: string
  outcome: 'ok' | 'warning' | 'failed' | 'skipped'
  /** What was seen. */
  what: string
  /** What to do about it. */
  cure?: string
}
/** A finding before it has the name of its step. */
export type Seen = Omit<Finding, 'step'>

/** What the steps have learned so far. */
export type Walk = {
  readonly ask: Ask
  /** True when the person at the keyboard allowed registrations to be tried: they leave something behind. */
  readonly register: boolean
  findings: Finding[]
  /** The MCP endpoint. */
  resource: string
  /** The refusal of a call without a token, and of a GET. */
  challenge?: Answer
  probed?: Answer
  metadataUrl?: string
  issuer?: string
  server?: ServerMetadata
  clientId?: string
}
export type ServerMetadata = Record<string, unknown>

export const redirectUri = 'http://127.0.0.1/callback'

/** A step that found something wrong. What builds on it isn't tried. */
export class DeadEnd extends Error {
  readonly finding: Seen
  constructor(what: string, cure: string) {
    super(what)
    this.finding = { outcome: 'failed', what, cure }
  }
}

export const ok = (what: string): Seen => ({ outcome: 'ok', what })
export const warning = (what: string, cure: string): Seen => ({ outcome: 'warning', what, cure })
export const skipped = (what: string): Seen => ({ outcome: 'skipped', what })

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isLoopbackHost(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)
}

/** What a wrong answer looks like, for the sentence about it. */
export function seen({ status, headers, text }: Answer): string {
  const location = headers.get('location')
  // Without its query, which may hold a code.
  if (location) return `${status} to ${location.split('?')[0]?.slice(0, 120)}`
  const type = headers.get('content-type')?.split(';')[0] ?? 'no content type'
  return `${status}, ${type}${text ? `, “${text.slice(0, 80).replaceAll(/\s+/g, ' ')}”` : ''}`
}

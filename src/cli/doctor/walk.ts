/** One thing that an agent's way in needs. */
export type Finding = {
  step: string
  outcome: 'ok' | 'warning' | 'failed' | 'skipped'
  /** What was seen. */
  what: string
  /** What to do about it. */
  cure?: string
}

/** What the steps have learned so far. */
export type Walk = {
  findings: Finding[]
  /** The MCP endpoint. */
  resource: string
  metadataUrl?: string
  issuer?: string
  server?: ServerMetadata
  clientId?: string
}
export type ServerMetadata = Record<string, unknown>

export const redirectUri = 'http://127.0.0.1/callback'

/** Stops the walk: later steps need what this one didn't find. */
export class DeadEnd extends Error {
  readonly finding: Omit<Finding, 'step'>
  constructor(what: string, cure: string) {
    super(what)
    this.finding = { outcome: 'failed', what, cure }
  }
}

export type Answer = { status: number; headers: Headers; text: string; json: unknown; url: string }

const patience = 10_000

/** One request, redirects not followed. @throws DeadEnd when nobody answers. */
export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  let response: Response
  let text: string
  try {
    response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(patience), ...init })
    text = await response.text()
  } catch (error) {
    throw new DeadEnd(
      `${url} does not answer (${reasonOf(error)})`,
      'Is Tandem running, and is TANDEM_URL the address people and agents reach it at? Check PORT, HOST and the proxy',
    )
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    json = undefined
  }
  return { status: response.status, headers: response.headers, text, json, url }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer within 10 s'
  const cause: unknown = error instanceof Error ? error.cause : undefined
  if (typeof cause === 'object' && cause !== null && 'code' in cause) return String(cause.code)
  const named = cause instanceof Error ? cause : error
  return named instanceof Error ? named.message : String(named)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a wrong answer looks like, for the sentence about it. */
export function seen({ status, headers, text }: Answer): string {
  const type = headers.get('content-type')?.split(';')[0] ?? 'no content type'
  return `${status}, ${type}${text ? `, “${text.slice(0, 80).replaceAll(/\s+/g, ' ')}”` : ''}`
}

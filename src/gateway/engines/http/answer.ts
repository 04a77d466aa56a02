import { invalidRequest, rpcError } from '#foundation'
import { UpstreamTrouble } from '../../engine.ts'
import type { Exchange } from '../../engine.ts'
import { readAnswer } from './read-answer.ts'
import { scanMessage } from './scan-message.ts'
import type { Answered } from './send.ts'

/** What an upstream's answer is: for the client, or trouble. */
export type Reading =
  | { kind: 'stream' }
  /** The text of an answer, with its status. */
  | { kind: 'text'; status: number; text: string }
  /** A status without words. */
  | { kind: 'bare'; status: number }

/** Reads what isn't a stream. @throws UpstreamTrouble for what no client could use, or shouldn't see. */
export async function readReply(
  answered: Answered,
  { upstream }: Pick<Exchange, 'upstream'>,
): Promise<Reading> {
  const { statusCode: status, headers, body } = answered
  const type = mediaType(headers['content-type'])
  if (status === 401 || status === 403) {
    body.destroy()
    throw refusedWith(status, headers['www-authenticate'])
  }
  // Following it could carry the credential to somebody else (attacks G11, CVE-2026-111769).
  if (status >= 300 && status < 400) {
    body.destroy()
    throw new UpstreamTrouble('unreachable', `status ${status}: it sends on to somewhere else`)
  }
  if (status < 300 && type === 'text/event-stream') return { kind: 'stream' }
  if (status === 202 || status === 204) {
    // Read, so that the connection is kept: nearly always there is nothing.
    await body.dump({ limit: 16_384 }).catch(() => undefined)
    return { kind: 'bare', status }
  }
  if (type !== 'application/json') {
    body.destroy()
    if (status >= 500) throw new UpstreamTrouble('unreachable', `status ${status}`)
    if (status >= 400) return { kind: 'bare', status }
    if (status === 200 && headers['content-length'] === '0') return { kind: 'bare', status }
    throw new UpstreamTrouble('unreachable', `its answer is no JSON and no stream (${type.slice(0, 60)})`)
  }
  const text = await readAnswer(answered, upstream.limits.answerBytes)
  if (status < 300) return { kind: 'text', status, text }
  const isRpc = scanMessage(text, 'error')?.members.has('jsonrpc') === true
  if (status >= 500 && (!isRpc || status > 501)) throw new UpstreamTrouble('unreachable', `status ${status}`)
  return isRpc ? { kind: 'text', status, text } : { kind: 'bare', status }
}

/** Headers that go on to the client; never a cookie, a challenge or where the upstream lives (attacks G4, G9). */
export function answerHeaders(
  { headers }: Answered,
  type: string,
  session: string | undefined,
): Record<string, string> {
  const retryAfter = headers['retry-after']
  return {
    'Content-Type': type,
    // What an upstream gives one person is for nobody else's cache.
    'Cache-Control': 'no-store',
    ...(typeof retryAfter === 'string' &&
      /^[\w ,:-]{1,40}$/.test(retryAfter) && { 'Retry-After': retryAfter }),
    ...(session !== undefined && { 'Mcp-Session-Id': session }),
  }
}

/** A status that came without JSON-RPC, in our words: clients show them. */
export function bareAnswer(
  status: number,
  headers: Record<string, string>,
  { upstream, message }: Pick<Exchange, 'upstream' | 'message'>,
): Response {
  if (status < 300)
    return new Response(null, { status: status === 200 ? 202 : status, headers: withoutType(headers) })
  return rpcError(status, invalidRequest, `${upstream.title} answered with status ${status}`, {
    headers: withoutType(headers),
    to: message?.value,
  })
}

function withoutType(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'Content-Type'))
}

function mediaType(header: string | string[] | undefined): string {
  const [type = ''] = (typeof header === 'string' ? header : '').split(';', 1)
  return type.trim().toLowerCase()
}

/** RFC 6750 §3.1: 401 is about the token, 403 about what is asked with it, unless its challenge says otherwise. */
export function refusedWith(
  status: 401 | 403,
  challenge: string | string[] | null | undefined,
): UpstreamTrouble {
  const invalidToken = status === 401 || /\berror="?invalid_token\b/.test([challenge].flat().join())
  return new UpstreamTrouble('refused', `status ${status}`, { invalidToken })
}

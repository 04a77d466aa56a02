import type { Dispatcher } from 'undici'
import { z } from 'zod'
import { parseJson } from '#foundation'
import { UpstreamTrouble } from '../../engine.ts'

/** Twenty understood and said no. `message` is for the model: it says what to do. */
export class TwentyRefusal extends Error {
  override name = 'TwentyRefusal'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Twenty's errors: `{ statusCode, error, messages }`; older versions have `message`, or one text in `error`. */
const errorBody = z.object({
  messages: z.array(z.string()).optional(),
  message: z.union([z.string(), z.array(z.string())]).optional(),
  error: z.string().optional(),
})

/** The body, as JSON. @throws UpstreamTrouble when it is too large, no JSON, or a page. */
export async function readJson(answer: Dispatcher.ResponseData, maxBytes: number): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > maxBytes) {
      answer.body.destroy()
      throw new UpstreamTrouble('too_large', `answered with more than ${maxBytes} bytes`)
    }
    chunks.push(chunk)
  }
  const type = String(answer.headers['content-type'] ?? '')
  // Twenty serves its web app for paths it doesn't know, with status 200.
  if (!/^application\/(?:[a-z.-]+\+)?json\b/i.test(type))
    throw new UpstreamTrouble('unreachable', `answered with ${type || 'no content type'}, not with its API`)
  const parsed = parseJson(new TextDecoder().decode(Buffer.concat(chunks)))
  if (!parsed.ok) throw new UpstreamTrouble('unreachable', `answered with a faulty body: ${parsed.why}`)
  return parsed.value
}

/** Why Twenty said no, in its own words, shortened; never with the key, whatever it echoes (attacks G6). */
export function reasonIn(body: unknown, secret: string | null): string {
  const parsed = errorBody.safeParse(body)
  if (!parsed.success) return ''
  const { messages, message, error } = parsed.data
  const text = messages?.[0] ?? (Array.isArray(message) ? message[0] : message) ?? error ?? ''
  // Everybody's secret may be a whole header, scheme and all.
  const key = secret?.split(' ').at(-1)
  const safe = key ? text.replaceAll(key, '…') : text
  return safe.replaceAll(/[\s\p{Cc}]+/gu, ' ').slice(0, 300)
}

export function isMissing(status: number, reason: string): boolean {
  return status === 404 || (status === 400 && /(?:record|entity).*not found|could not find/i.test(reason))
}

export function refusalOf(status: number, reason: string): TwentyRefusal | UpstreamTrouble {
  if (status === 401 || (status === 403 && /missing authentication/i.test(reason)))
    return new UpstreamTrouble('refused', `status ${status}: ${reason}`, { invalidToken: true })
  if (status === 403)
    return new TwentyRefusal(
      403,
      `The role of your key in Twenty doesn’t allow that${said(reason)}. An administrator of Twenty can widen it`,
    )
  if (status >= 400 && status < 500)
    return new TwentyRefusal(status, `Twenty refused the request${said(reason)}`)
  return new UpstreamTrouble('unreachable', `status ${status}${said(reason)}`)
}

function said(reason: string): string {
  return reason === '' ? '' : ` (“${reason}”)`
}

/** Seconds or a date (RFC 9110 §10.2.3), in milliseconds; undefined when it says neither. */
export function retryAfterMs(header: unknown, now: number): number | undefined {
  if (typeof header !== 'string') return undefined
  if (/^\d{1,6}$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

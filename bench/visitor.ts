import { createHash, randomBytes } from 'node:crypto'
import { Client } from 'undici'

export type Answer = {
  status: number
  location: string | null
  text: string
  json(): Record<string, unknown>
}
export type Ask = {
  method?: 'GET' | 'POST'
  form?: Record<string, string>
  json?: unknown
  headers?: Record<string, string>
}

/** One person's browser and her client: a kept-alive connection of its own and a cookie jar. */
export class Visitor {
  readonly #connection: Client
  readonly #cookies = new Map<string, string>()
  readonly origin: string
  /** An address of its own, for systems that limit how much one address may ask. */
  readonly address: string

  constructor(origin: string, number: number) {
    this.origin = origin
    this.address = `10.0.0.${number + 1}`
    this.#connection = new Client(origin, { pipelining: 1 })
  }

  /** `path` may be an absolute URL of the same server. */
  async ask(path: string, { method, form, json, headers = {} }: Ask = {}): Promise<Answer> {
    const body = form
      ? new URLSearchParams(form).toString()
      : json === undefined
        ? null
        : JSON.stringify(json)
    const sent: Record<string, string> = { ...headers }
    if (form) sent['content-type'] = 'application/x-www-form-urlencoded'
    if (json !== undefined) sent['content-type'] = 'application/json'
    if (this.#cookies.size > 0) sent['cookie'] = [...this.#cookies].map(([k, v]) => `${k}=${v}`).join('; ')
    const response = await this.#connection.request({
      method: method ?? (body === null ? 'GET' : 'POST'),
      path: path.startsWith(this.origin) ? path.slice(this.origin.length) : path,
      headers: sent,
      body,
    })
    const text = await response.body.text()
    this.#keep(response.headers['set-cookie'])
    const { location } = response.headers
    return {
      status: response.statusCode,
      location: typeof location === 'string' ? location : null,
      text,
      json: () => asObject(text),
    }
  }

  /** Asks without the cookie jar, as a client behind the browser does. */
  async askAsClient(path: string, ask: Ask): Promise<Answer> {
    const kept = new Map(this.#cookies)
    this.#cookies.clear()
    try {
      return await this.ask(path, ask)
    } finally {
      for (const [name, value] of kept) this.#cookies.set(name, value)
    }
  }

  #keep(set: string | string[] | undefined): void {
    for (const line of set === undefined ? [] : [set].flat()) {
      const pair = line.split(';', 1)[0] ?? ''
      const at = pair.indexOf('=')
      const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1)]
      if (value === '' || /;\s*(max-age=0|expires=thu, 01 jan 1970)/i.test(line)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}

function asObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null)
    throw new Error(`expected an object: ${text.slice(0, 200)}`)
  return Object.fromEntries(Object.entries(value))
}

/** The answer when it has the wanted status; throws what came instead. */
export function expectStatus(answer: Answer, ...wanted: number[]): Answer {
  if (wanted.includes(answer.status)) return answer
  throw new Error(`expected ${wanted.join(' or ')}, got ${answer.status}: ${answer.text.slice(0, 300)}`)
}

export function textOf(from: Record<string, unknown>, member: string): string {
  const value = from[member]
  if (typeof value !== 'string' || value === '')
    throw new Error(`no ${member} in ${JSON.stringify(from).slice(0, 300)}`)
  return value
}

/** The authorization code in the address the browser was sent to. */
export function codeIn(location: string | null): string {
  const url = new URL(location ?? 'about:blank')
  const code = url.searchParams.get('code')
  if (!code) throw new Error(`no code in ${location}`)
  return code
}

export function pkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

import { createHash, randomBytes } from 'node:crypto'
import { Connection } from './connection.ts'

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
  readonly #connection: Connection
  readonly #cookies = new Map<string, string>()
  #cookieLine = ''
  readonly origin: string
  /** An address of its own, for systems that limit how often one address may sign in. */
  readonly address: string

  constructor(origin: string, number: number) {
    this.origin = origin
    this.address = `10.0.0.${number + 1}`
    this.#connection = new Connection(origin)
  }

  /** Asks as the browser. `path` may be an absolute URL of the same server. */
  ask(path: string, ask: Ask = {}): Promise<Answer> {
    return this.#send(path, ask, this.#cookieLine)
  }

  /** Asks without the cookie jar, as a client behind the browser does. */
  askAsClient(path: string, ask: Ask): Promise<Answer> {
    return this.#send(path, ask, '')
  }

  async #send(path: string, { method, form, json, headers }: Ask, cookies: string): Promise<Answer> {
    const body = form ? new URLSearchParams(form).toString() : json === undefined ? '' : JSON.stringify(json)
    const target = path.startsWith(this.origin) ? path.slice(this.origin.length) : path
    let request = `${method ?? (body ? 'POST' : 'GET')} ${target} HTTP/1.1\r\nhost: ${this.origin.slice(7)}\r\n${cookies}`
    if (form) request += 'content-type: application/x-www-form-urlencoded\r\n'
    if (json !== undefined) request += 'content-type: application/json\r\n'
    if (body) request += `content-length: ${Buffer.byteLength(body)}\r\n`
    for (const name in headers) request += `${name}: ${headers[name]}\r\n`
    const { status, head, body: text } = await this.#connection.send(`${request}\r\n${body}`)
    if (/\r\nset-cookie:/i.test(head)) this.#keep(head)
    return {
      status,
      location: /\r\nlocation: *(.*)/i.exec(head)?.[1] ?? null,
      text,
      json: () => asObject(text),
    }
  }

  #keep(head: string): void {
    for (const [, line = ''] of head.matchAll(/\r\nset-cookie: *(.*)/gi)) {
      const pair = line.split(';', 1)[0] ?? ''
      const at = pair.indexOf('=')
      const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1)]
      if (value === '' || /;\s*(max-age=0|expires=thu, 01 jan 1970)/i.test(line)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    const all = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    this.#cookieLine = all ? `cookie: ${all}\r\n` : ''
  }

  close(): void {
    this.#connection.close()
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

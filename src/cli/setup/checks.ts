import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { lookup } from 'node:dns/promises'
import { createServer } from 'node:net'
import { dirname, resolve } from 'node:path'
import { createTransport } from 'nodemailer'
import { Client } from 'pg'
import { version } from '#foundation'

/** What was found out about an answer: it is good, it works but…, or it can't be. */
export type Verdict = { kind: 'ok'; words: string } | { kind: 'warning' | 'wrong'; words: string }

const ok = (words: string): Verdict => ({ kind: 'ok', words })
const warning = (words: string): Verdict => ({ kind: 'warning', words })
const wrong = (words: string): Verdict => ({ kind: 'wrong', words })
const patience = 8000

/** What went wrong, without what the address holds (a password). */
function reason(error: unknown): string {
  const cause: unknown = error instanceof Error && error.cause !== undefined ? error.cause : error
  if (typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string')
    return cause.code
  return cause instanceof Error ? cause.name : 'no answer'
}

/** The origin that people and agents will use: its name leads somewhere, and is https unless it is this computer. */
export async function checkOrigin(text: string): Promise<Verdict> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol))
    return wrong('An address begins with https:// (or http://localhost)')
  if (url.origin !== text) return wrong(`An origin, without path or trailing slash: ${url.origin}`)
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url.protocol === 'http:' && !local)
    return wrong(`It must be https unless it is this computer: https://${url.host}`)
  if (local) return ok('For this computer alone')
  const addresses = await lookup(url.hostname, { all: true }).catch(() => [])
  if (addresses.length === 0)
    return warning(`${url.hostname} leads nowhere yet: claude.ai and ChatGPT won’t find it`)
  return ok(`${url.hostname} is ${addresses.map(({ address }) => address).join(', ')}`)
}

export function checkPort(port: number, host: string): Promise<Verdict> {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', (error) =>
      done(
        reason(error) === 'EADDRINUSE'
          ? warning('Something listens there already')
          : wrong(`It can’t be listened on: ${reason(error)}`),
      ),
    )
    server.listen(port, host, () => server.close(() => done(ok('It is free'))))
  })
}

export async function checkDirectory(path: string): Promise<Verdict> {
  const full = resolve(path)
  if (existsSync(resolve(full, 'postgres'))) return ok('It holds an install, which goes on')
  try {
    mkdirSync(dirname(full), { recursive: true })
    accessSync(existsSync(full) ? full : dirname(full), constants.W_OK)
    return ok('It can be written')
  } catch (error) {
    return wrong(`It can’t be written: ${reason(error)}`)
  }
}

export async function checkDatabase(address: string): Promise<Verdict> {
  if (!/^postgres(ql)?:\/\//.test(address))
    return wrong('It looks like postgres://user:password@host:5432/name')
  const client = new Client({ connectionString: address, connectionTimeoutMillis: patience })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ version: number; tables: number; ours: boolean }>(
      `select current_setting('server_version_num')::int as version, to_regclass('migration') is not null as ours,
        (select count(*)::int from pg_tables where schemaname = current_schema()) as tables`,
    )
    const { version: number = 0, tables = 0, ours = false } = rows[0] ?? {}
    if (number < 150_000) return wrong('That PostgreSQL is older than 15')
    const name = `PostgreSQL ${Math.floor(number / 10_000)}`
    if (ours) return ok(`${name}, with an install, which goes on`)
    return tables > 0
      ? warning(`${name}, but there are ${tables} tables of somebody else’s in it`)
      : ok(`${name}, empty`)
  } catch (error) {
    return wrong(`No database answers there: ${reason(error)}`)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Greeting, EHLO, TLS and sign-in, as the mails will need them; sends none. */
export async function checkMail(address: string): Promise<Verdict> {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '')
    return wrong('It looks like smtp://user:password@host:587 or smtps://host:465')
  const transport = createTransport({
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port) || (url.protocol === 'smtps:' ? 465 : 587),
    secure: url.protocol === 'smtps:',
    ...(url.username !== '' && {
      auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    }),
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patience,
  })
  try {
    await transport.verify()
    return ok('The mail server takes mail from here')
  } catch (error) {
    return reason(error) === 'EAUTH'
      ? wrong('The mail server refuses that name and password')
      : warning(`The mail server doesn’t answer: ${reason(error)}`)
  } finally {
    transport.close()
  }
}

async function ask(url: string, headers: Record<string, string> = {}): Promise<Response> {
  const signal = AbortSignal.timeout(patience)
  return fetch(url, {
    signal,
    redirect: 'manual',
    headers: { 'User-Agent': `tandem/${version}`, ...headers },
  })
}

/** OpenID Connect Discovery 1.0 §4: the document names the issuer it was asked for. */
export async function checkIssuer(issuer: string): Promise<Verdict> {
  if (!URL.canParse(issuer)) return wrong('An issuer is an https address')
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(issuer).hostname)
  if (!issuer.startsWith('https:') && !local) return wrong('An issuer is an https address')
  try {
    const response = await ask(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
    const found: unknown = response.ok ? await response.json() : null
    if (typeof found !== 'object' || found === null || !('issuer' in found))
      return wrong('There is no OpenID configuration at that address')
    return found.issuer === issuer
      ? ok('It answers under that name')
      : wrong(`It calls itself ${String(found.issuer).slice(0, 200)}`)
  } catch (error) {
    return warning(`It doesn’t answer: ${reason(error)}`)
  }
}

export async function checkTwenty(address: string): Promise<Verdict> {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url || !/^https?:$/.test(url.protocol))
    return wrong('The address of the workspace, such as https://api.twenty.com')
  try {
    const response = await ask(`${url.origin}/healthz`)
    await response.body?.cancel()
    return ok(`It answers (${response.status})`)
  } catch (error) {
    return warning(`It doesn’t answer: ${reason(error)}`)
  }
}

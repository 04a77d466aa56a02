import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pino } from 'pino'
import { sql } from '#storage'
import { people, startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'

/** Everything we issue looks like this: opaque secrets by their prefix, and signed tokens. */
const issued = /tnd_[a-z]+_[\w-]{20,}|eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*/

// Without the names that the real log blanks: what isn't written needs no blanking.
const lines: string[] = []
const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })

let tandem: RunningTandem
let ada: Browser
/** What answers said when they refused. */
const refusals: string[] = []
/** What was sent, and isn't of our form: as guessed. */
const guesses = [
  'wrong-password-of-ada',
  'made-up-client-secret',
  'a-verifier-that-nobody-else-may-know-at-all',
]

beforeAll(async () => {
  tandem = await startTandem({ log })
  ada = await tandem.signIn('ada')
})
afterAll(() => tandem?.close())

const post = async (path: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
  const body = new URLSearchParams(form)
  const response = await fetch(tandem.url + path, { method: 'POST', body, headers })
  const text = await response.text()
  if (!response.ok) refusals.push(text)
  return { status: response.status, text }
}

/** A day of an install: people and apps come in, and much of it goes wrong. */
async function live(): Promise<void> {
  const wrong = await tandem
    .browser()
    .json('POST', '/api/session', { email: people.ada.email, password: guesses[0] })
  refusals.push(JSON.stringify(wrong.body))
  const { body } = await ada.json('POST', '/api/clients', {
    name: 'Ledger',
    redirectUris: ['https://ledger.example/cb'],
    confidential: true,
  })
  const { clientId, clientSecret } = body as { clientId: string; clientSecret: string }
  await ada.json('POST', '/api/initial-access-tokens', { uses: 1, days: 1 })
  await ada.json('POST', '/api/invitations', { email: 'new@acme.example', role: 'member' })
  const agent = await tandem.connectAgent({ browser: ada })
  await agent.call('whoami')
  const client_id = agent.clientId
  const refresh = { grant_type: 'refresh_token', client_id, refresh_token: agent.refreshToken }
  await post('/oauth/token', refresh)
  await post('/oauth/token', { ...refresh, client_id: clientId, client_secret: String(guesses[1]) })
  await post('/oauth/token', { ...refresh, client_id: clientId, client_secret: clientSecret })
  await post('/oauth/token', {
    grant_type: 'authorization_code',
    client_id,
    code: agent.refreshToken,
    code_verifier: String(guesses[2]),
  })
  await post('/oauth/introspect', {
    token: agent.accessToken,
    client_id: clientId,
    client_secret: clientSecret,
  })
  await post('/oauth/revoke', { token: agent.accessToken, client_id: clientId, client_secret: clientSecret })
  await post('/mcp', {}, { Authorization: `Bearer ${agent.refreshToken}` })
  await post('/mcp', {}, { Authorization: `Bearer ${agent.accessToken}x` })
  const registered = await fetch(`${tandem.url}/oauth/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${agent.refreshToken}` },
    body: JSON.stringify({ redirect_uris: ['https://x.example/cb'] }),
  })
  refusals.push(await registered.text())
}

const told = async () => [
  ...lines,
  ...(await tandem.parts.audit.list({ limit: 1000 })).map((entry) => JSON.stringify(entry)),
  ...refusals,
]
const leaks = async () =>
  (await told()).filter(
    (text) =>
      issued.test(text) ||
      guesses.some((guess) => text.includes(guess)) ||
      text.includes(people.ada.password),
  )

describe('G6 secrets', () => {
  it('G6 are in no log line, no entry of the record and no refusal', async () => {
    await live()
    expect(refusals.length).toBeGreaterThan(5)
    expect((await told()).length).toBeGreaterThan(10)
    expect(await leaks()).toEqual([])
    const { accessToken, refreshToken } = await tandem.connectAgent({ browser: ada })
    expect([accessToken, refreshToken].every((token) => issued.test(token))).toBe(true)
  })

  it('G6 nor when the database fails in the middle of it', async () => {
    const agent = await tandem.connectAgent({ browser: ada })
    const database = tandem.parts.storage.db<never>()
    for (const table of ['oauth_grant', 'authorization_code', 'session'])
      await sql`alter table ${sql.table(table)} rename to ${sql.table(`${table}_gone`)}`.execute(database)
    lines.length = refusals.length = 0
    const { email, password } = people.ada
    const signIn = await tandem.browser().json('POST', '/api/session', { email, password })
    const { clientId: client_id, refreshToken: refresh_token } = agent
    const refresh = await post('/oauth/token', { grant_type: 'refresh_token', client_id, refresh_token })
    const exchange = await post('/oauth/token', {
      grant_type: 'authorization_code',
      client_id,
      code: refresh_token,
      code_verifier: String(guesses[2]),
    })
    expect([signIn.status, refresh.status, exchange.status]).toEqual([500, 500, 500])
    expect(lines.filter((line) => line.includes('does not exist')).length).toBeGreaterThan(0)
    expect(await leaks()).toEqual([])
  })
})

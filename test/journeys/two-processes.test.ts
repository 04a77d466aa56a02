import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '#audit'
import { silentLog, systemClock } from '#foundation'
import { oauthMigrations } from '#oauth'
import { openStorage, sql } from '#storage'
import { codeFor, resource, composeTestOAuth, tokensFor } from '../support/oauth.ts'
import type { ComposedOAuth, Tokens } from '../support/oauth.ts'
import { postgresAvailable, startPostgres } from '../support/postgres.ts'
import type { TestPostgres } from '../support/postgres.ts'

const script = fileURLToPath(new URL('../support/oauth-process.ts', import.meta.url))
const children: ChildProcess[] = []

/** Another process with the same authorization server on the same database; returns where it listens. */
async function startProcess(databaseUrl: string, env: Record<string, string> = {}): Promise<string> {
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, DATABASE_URL: databaseUrl, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines = createInterface({ input: child.stdout })
  const [port] = (await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('the process ended at its start'))),
  ])) as [string]
  return `http://127.0.0.1:${port}`
}

function post(origin: string, path: string, form: Record<string, string>): Promise<Response> {
  return fetch(origin + path, { method: 'POST', body: new URLSearchParams(form) })
}

describe.skipIf(!postgresAvailable())('two processes on one PostgreSQL', () => {
  let postgres: TestPostgres
  let databaseUrl: string
  let t: ComposedOAuth
  let origins: [string, string]

  beforeAll(async () => {
    postgres = await startPostgres()
    databaseUrl = await postgres.database()
    // Both at once on an empty database: they migrate it and make the signing keys together.
    origins = await Promise.all([startProcess(databaseUrl), startProcess(databaseUrl)])
    const storage = await openStorage({
      config: { databaseUrl },
      migrations: [...auditMigrations, ...oauthMigrations],
      clock: systemClock,
      log: silentLog,
    })
    t = await composeTestOAuth(storage, systemClock)
  })
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    await t?.close()
    await postgres?.stop()
  })

  const client_id = () => t.clients.notebook.clientId
  const refresh = (origin: string, refresh_token: string) =>
    post(origin, '/oauth/token', { grant_type: 'refresh_token', client_id: client_id(), refresh_token })
  /** The same request many times at once, half to each process. */
  const together = (count: number, ask: (origin: string) => Promise<Response>) =>
    Promise.all(Array.from({ length: count }, (_, i) => ask(origins[i % 2 === 0 ? 0 : 1])))

  it('they publish the same keys, though both began at once', async () => {
    const sets = await Promise.all(
      origins.map(async (origin) => (await fetch(`${origin}/oauth/jwks.json`)).text()),
    )
    expect(sets[0]).toBe(sets[1])
    expect((JSON.parse(sets[0] ?? '') as { keys: unknown[] }).keys).toHaveLength(2)
  })

  it('T10 64 identical refreshes at once get 64 identical answers and one successor', async () => {
    const tokens = await tokensFor(t)
    const answers = await together(64, (origin) => refresh(origin, tokens.refresh_token))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const bodies = new Set(await Promise.all(answers.map((answer) => answer.text())))
    expect(bodies.size).toBe(1)
    const [body = ''] = bodies
    const successor = JSON.parse(body) as Tokens
    expect(successor.refresh_token).not.toBe(tokens.refresh_token)
    expect((await refresh(origins[0], successor.refresh_token)).status).toBe(200)
    expect(await t.oauth.verify(successor.access_token, resource)).toBeDefined()
  })

  it('T10 of 64 exchanges of one code at once exactly one succeeds', async () => {
    const { code, verifier } = await codeFor(t)
    const before = (await t.oauth.grants.list(null)).length
    const form = { grant_type: 'authorization_code', client_id: client_id(), code, code_verifier: verifier }
    const answers = await together(64, (origin) => post(origin, '/oauth/token', form))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(63)
    expect(await t.oauth.grants.list(null)).toHaveLength(before + 1)
  })

  it('T8 killed between rotation and answer, the retry elsewhere finds the same family and its one successor', async () => {
    const tokens = await tokensFor(t)
    const grants = (await t.oauth.grants.list(null)).length
    const doomed = await startProcess(databaseUrl, { CRASH_AFTER_ROTATION: '1' })
    await expect(refresh(doomed, tokens.refresh_token)).rejects.toThrow()
    const rotated = await sql<{ refresh_previous_hash: string | null }>`
      select refresh_previous_hash from oauth_grant order by created_at desc limit 1`.execute(t.storage.db())
    expect(rotated.rows[0]?.refresh_previous_hash).not.toBeNull()

    const [first, second] = await together(2, (origin) => refresh(origin, tokens.refresh_token))
    const answer = (await first?.json()) as Tokens
    expect(await second?.json()).toEqual(answer)
    expect((await refresh(origins[1], answer.refresh_token)).status).toBe(200)
    expect(await t.oauth.grants.list(null)).toHaveLength(grants)
  })

  it('a grant ended in one process is refused in the other', async () => {
    const tokens = await tokensFor(t)
    const other = await tokensFor(t)
    expect(await t.oauth.verify(tokens.access_token, resource)).toBeDefined()
    const form = { client_id: client_id(), token: tokens.refresh_token }
    expect((await post(origins[0], '/oauth/revoke', form)).status).toBe(200)
    await expect
      .poll(() => t.oauth.verify(tokens.access_token, resource), { timeout: 10_000 })
      .toBeUndefined()
    expect((await refresh(origins[1], tokens.refresh_token)).status).toBe(400)
    expect(await t.oauth.verify(other.access_token, resource)).toBeDefined()
  })
})

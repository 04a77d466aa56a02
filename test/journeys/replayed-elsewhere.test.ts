import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '#audit'
import { epochSeconds, silentLog, systemClock } from '#foundation'
import { createGuard } from '#guard'
import { oauthMigrations, openOAuthStore } from '#oauth'
import { openStorage } from '#storage'
import type { Storage } from '#storage'
import { asserted, assertionKey } from '../support/assertions.ts'
import {
  basic,
  codeFor,
  composeTestOAuth,
  interactionOf,
  issuer,
  ledgerRedirect,
  pkce,
  resource,
} from '../support/oauth.ts'
import type { ComposedOAuth, Tokens } from '../support/oauth.ts'
import { postgresAvailable } from '../support/postgres.ts'
import { proofKey } from '../support/proofs.ts'
import { sharedPostgres } from '../support/storage.ts'

const now = () => epochSeconds(systemClock.now())

// Two replicas, each with caches and memories of its own, on one PostgreSQL.
describe.skipIf(!postgresAvailable())('what was used at one replica is used up at the other', () => {
  let replicas: [ComposedOAuth, ComposedOAuth]
  beforeAll(async () => {
    const databaseUrl = await (await sharedPostgres()).database()
    const migrations = [...auditMigrations, ...oauthMigrations]
    const open = (): Promise<Storage> =>
      openStorage({ config: { databaseUrl }, migrations, clock: systemClock, log: silentLog })
    replicas = [
      await composeTestOAuth(await open(), systemClock, { dpopNonces: true }),
      await composeTestOAuth(await open(), systemClock, { dpopNonces: true }),
    ]
  })
  afterAll(async () => {
    for (const replica of replicas ?? []) await replica.close()
  })
  /** The same thing many times at once, half at each replica. */
  const together = <T>(count: number, ask: (at: ComposedOAuth) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, i) => ask(replicas[i % 2 === 0 ? 0 : 1])))
  const errorOf = async (response: Response) => ((await response.json()) as { error: string }).error

  it('A2 an assertion: of 32 at once one counts', async () => {
    const key = await assertionKey()
    const { clientId } = await replicas[0].oauth.clients.create({
      name: 'Signing',
      redirectUris: [ledgerRedirect],
      confidential: true,
      jwks: { keys: [{ ...key.jwk }] },
    })
    const form = asserted(await key.sign(now(), { iss: clientId, sub: clientId, aud: issuer }))
    const answers = await together(32, (at) => at.post('/oauth/revoke', { token: 'x', ...form }))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(31)
  })

  it('A3 a proof, with a nonce that the other replica gave: of 32 at once one counts', async () => {
    const key = await proofKey()
    const prove = (nonce?: string) =>
      key.prove({ url: `${issuer}/oauth/token`, now: now(), claims: { nonce } })
    const form = { grant_type: 'refresh_token', refresh_token: 'x' }
    const ask = async (at: ComposedOAuth, dpop: string) =>
      at.post('/oauth/token', form, { ...basic(replicas[0].clients.ledger), dpop })
    const nonce = (await ask(replicas[0], await prove())).headers.get('dpop-nonce') ?? ''
    const dpop = await prove(nonce)
    const errors = await together(32, async (at) => errorOf(await ask(at, dpop)))
    expect(errors.filter((error) => error === 'invalid_grant')).toHaveLength(1)
    expect(errors.filter((error) => error === 'invalid_dpop_proof')).toHaveLength(31)
    expect(await errorOf(await ask(replicas[1], await prove(nonce)))).toBe('invalid_grant')
  })

  it('A3 a proof at the guards of two replicas', async () => {
    const key = await proofKey()
    const { clientId } = replicas[0].clients.ledger
    const { code, verifier } = await codeFor(replicas[0], { clientId, redirectUri: ledgerRedirect })
    const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
    const send = async (nonce?: string) =>
      replicas[1].post('/oauth/token', form, {
        ...basic(replicas[0].clients.ledger),
        dpop: await key.prove({ url: `${issuer}/oauth/token`, now: now(), claims: { nonce } }),
      })
    const nonce = (await send()).headers.get('dpop-nonce') ?? ''
    const { access_token: token } = (await (await send(nonce)).json()) as Tokens
    const dpop = await key.prove({ url: resource, now: now(), accessToken: token })
    const statuses = await together(16, async (at) => {
      const replays = openOAuthStore(at.storage, at.audit).replays
      const guard = createGuard({ resource, verifier: at.oauth, dpop: { replays } })
      const headers = { host: 'localhost:3000', authorization: `DPoP ${token}`, dpop }
      return (await guard.check(new Request(resource, { method: 'POST', headers }))).ok
    })
    expect(statuses.filter(Boolean)).toHaveLength(1)
  })

  it('A177 a pushed request: pushed at one, opened at both, answered once', async () => {
    const [one, two] = replicas
    const request = {
      response_type: 'code',
      redirect_uri: ledgerRedirect,
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
    }
    const pushed = await one.post('/oauth/par', request, basic(one.clients.ledger))
    const { request_uri } = (await pushed.json()) as { request_uri: string }
    const opened = await together(8, async (at) => {
      const browser = at.browser(two.people.grace)
      const answer = await browser.open({ client_id: one.clients.ledger.clientId, request_uri })
      return { browser, id: interactionOf(answer) }
    })
    const answers = await Promise.allSettled(opened.map(({ browser, id }) => browser.answer(id, {})))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})

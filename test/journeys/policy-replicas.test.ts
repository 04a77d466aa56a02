import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '#audit'
import { silentLog, systemClock } from '#foundation'
import { oauthMigrations } from '#oauth'
import { openStorage } from '#storage'
import { startingPolicy } from '../../src/oauth/clients/policy/presets.ts'
import { codeFor, composeTestOAuth, pkce, resource, tokensFor } from '../support/oauth.ts'
import type { ComposedOAuth } from '../support/oauth.ts'
import { postgresAvailable } from '../support/postgres.ts'
import { sharedPostgres } from '../support/storage.ts'

const redirectUri = 'https://agent.example/callback'

describe.skipIf(!postgresAvailable())('the client policy on two replicas', () => {
  let here: ComposedOAuth
  let there: ComposedOAuth
  beforeAll(async () => {
    const databaseUrl = await (await sharedPostgres()).database()
    const open = async () => {
      const migrations = [...auditMigrations, ...oauthMigrations]
      const config = { databaseUrl }
      const storage = await openStorage({ config, migrations, clock: systemClock, log: silentLog })
      return composeTestOAuth(storage, systemClock, { clientPolicy: 'ask' })
    }
    here = await open()
    there = await open()
  })
  afterAll(async () => {
    await here?.close()
    await there?.close()
  })

  const by = () => {
    const { member } = here.people.ada
    return { actor: { kind: 'member' as const, id: member }, member }
  }
  const register = async () => {
    const { body } = await here.register({
      client_name: 'Agent',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
    })
    return body.client_id
  }
  const ask = async (at: ComposedOAuth, client_id: string) => {
    const response = await at.browser(at.people.grace).open({
      response_type: 'code',
      client_id,
      redirect_uri: redirectUri,
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
    })
    return response.status
  }

  it('what is saved on one decides on the other within a second, which had the old one in memory', async () => {
    const clientId = await register()
    expect(await ask(there, clientId)).toBe(303)
    await here.oauth.policy.save({ policy: startingPolicy('closed'), basedOn: 0 }, by())
    expect(await ask(here, clientId)).toBe(400)
    await expect.poll(() => ask(there, clientId), { timeout: 5000 }).toBe(400)
    await there.oauth.policy.save({ policy: startingPolicy('ask'), basedOn: 1 }, by())
    await expect.poll(() => ask(here, clientId), { timeout: 5000 }).toBe(303)
  })

  it('an approval and a block on one reach tokens that the other knows', async () => {
    const clientId = await register()
    const { access_token: token } = await tokensFor(there, { clientId, redirectUri })
    const works = async () => (await there.oauth.verify(token, resource)) !== undefined
    expect(await works()).toBe(false)
    const look = async () => {
      const found = (await here.oauth.approvals.list()).find(({ client }) => client.id === clientId)
      if (!found) throw new Error('not waiting')
      return { client: clientId, fingerprint: found.client.fingerprint }
    }
    const seen = await look()
    await here.oauth.approvals.decide({ ...seen, decision: 'approve' }, by())
    await expect.poll(works, { timeout: 5000 }).toBe(true)
    await here.oauth.approvals.decide({ ...seen, decision: 'block' }, by())
    await expect.poll(works, { timeout: 5000 }).toBe(false)
    await expect.poll(() => ask(there, clientId), { timeout: 5000 }).toBe(400)
  })

  it('of two administrators who save at once, one on each, one is told', async () => {
    const { version } = await here.oauth.policy.view()
    const tries = await Promise.allSettled(
      [here, there].map(({ oauth }, n) =>
        oauth.policy.save({ policy: startingPolicy(n === 0 ? 'open' : 'ask'), basedOn: version }, by()),
      ),
    )
    expect(tries.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  it('a waiting app is told of by mail by one of them', async () => {
    await here.oauth.approvals.takeUntold()
    const clientId = await register()
    await here.oauth.policy
      .view()
      .then(({ version }) =>
        here.oauth.policy.save({ policy: startingPolicy('ask'), basedOn: version }, by()),
      )
    await codeFor(here, { clientId, redirectUri })
    const taken = await Promise.all([here, there].map(({ oauth }) => oauth.approvals.takeUntold()))
    expect(taken.flatMap(({ clients }) => clients).map(({ id }) => id)).toEqual([clientId])
  })
})

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ClientPolicy } from '#contract'
import { startingPolicy } from '../../src/oauth/clients/policy/presets.ts'
import { askDevice, decideDevice, poll, registerDevice } from '../support/device.ts'
import { codeFor, interactionOf, pkce, resource, startTestOAuth, tokensFor } from '../support/oauth.ts'
import type { TestOAuth } from '../support/oauth.ts'

const redirectUri = 'https://agent.example/callback'
/** A document's address of this test's own. */
let url = ''
let n = 0
const whole = { scope: 'crm:read crm:write crm:delete' }
let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth({ clientPolicy: 'ask' })
})
afterAll(() => t.close())
beforeEach(() => {
  url = `https://agent.example/${++n}/client.json`
  // Nobody here is about rates: each test has a minute of its own.
  t.clock.advance(60_000)
})

const publish = (more: Record<string, unknown> = {}) =>
  t.publish(url, {
    client_name: 'Agent',
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'none',
    ...more,
  })
const register = async (more: Record<string, unknown> = {}) => {
  const { body } = await t.register({ client_name: 'Agent', redirect_uris: [redirectUri], ...more })
  return body.client_id
}
const publicClient = { token_endpoint_auth_method: 'none' }
const by = () => {
  const { member } = t.people.ada
  return { actor: { kind: 'member' as const, id: member }, member }
}
const waiting = async (id: string) => {
  const found = (await t.oauth.approvals.list()).find(({ client }) => client.id === id)
  if (!found) throw new Error(`${id} isn't in the queue`)
  return found
}
const save = async (policy: ClientPolicy) => {
  const { version } = await t.oauth.policy.view()
  await t.oauth.policy.save({ policy, basedOn: version }, by())
}
type Decision = Parameters<TestOAuth['oauth']['approvals']['decide']>[0]
const decide = async (id: string, decision: Decision['decision'], scopes?: string[] | null) => {
  const { fingerprint } = (await waiting(id)).client
  const given = scopes === undefined ? {} : { scopes }
  await t.oauth.approvals.decide({ client: id, fingerprint, decision, ...given }, by())
}
const scopesOf = async (token: string) => (await t.oauth.verify(token, resource))?.scopes ?? null
const refresh = async (clientId: string, refreshToken: string) => {
  const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken }
  return (await (await t.post('/oauth/token', form)).json()) as Record<string, string>
}
const statuses = async (id: string) =>
  (await t.oauth.grants.list(null)).filter(({ client }) => client.id === id).map(({ status }) => status)
const isWaiting = async (id: string) =>
  (await t.oauth.approvals.list()).some(({ client }) => client.id === id)

describe('a client that waits', () => {
  it('is in the queue with who asked, what for and from where, and can do nothing', async () => {
    const clientId = await register(publicClient)
    const before = await t.oauth.approvals.count()
    const { access_token: token } = await tokensFor(t, { clientId, redirectUri, more: whole })
    expect(await scopesOf(token)).toBeNull()
    expect(await t.oauth.approvals.count()).toBe(before + 1)
    expect(await waiting(clientId)).toMatchObject({
      state: 'waiting',
      client: {
        name: 'Agent',
        registration: 'dynamic',
        redirectUris: [redirectUri],
        firstSeenFrom: expect.stringContaining('127.0.0.'),
      },
      asked: [
        {
          member: t.people.grace.member,
          ip: '127.0.0.1',
          redirectHost: 'agent.example',
          scopes: [{ scope: 'crm:read' }, { scope: 'crm:write' }, { scope: 'crm:delete' }],
        },
      ],
      liveGrants: 1,
    })
  })

  it('opens nothing elsewhere: no ID token tells who she is, no signed token names somebody else’s server', async () => {
    const there = 'https://reports.example/mcp'
    const own = await startTestOAuth({ clientPolicy: 'ask', elsewhere: there })
    const { body } = await own.register({
      client_name: 'Agent',
      redirect_uris: [redirectUri],
      ...publicClient,
    })
    const clientId = body.client_id
    const openid = { clientId, redirectUri, more: { scope: 'openid' } }
    const reports = { clientId, redirectUri, more: { resource: there, scope: 'crm:read' } }
    const again = async ({ refresh_token: token = '' }: { refresh_token?: string }) => {
      const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: token }
      return (await (await own.post('/oauth/token', form)).json()) as Record<string, string>
    }
    const signIn = await tokensFor(own, openid)
    const access = await tokensFor(own, reports)
    expect(signIn).not.toHaveProperty('id_token')
    expect(decodeJwt(access.access_token).aud).not.toBe(there)
    const [laterSignIn, laterAccess] = [await again(signIn), await again(access)]
    expect(laterSignIn).not.toHaveProperty('id_token')
    expect(decodeJwt(laterAccess['access_token'] ?? '').aud).not.toBe(there)

    const [asked] = await own.oauth.approvals.list()
    const { fingerprint } = asked?.client ?? { fingerprint: '' }
    await own.oauth.approvals.decide({ client: clientId, fingerprint, decision: 'approve' }, by())
    own.clock.advance(61_000)
    const [signedIn, counts] = [await again(laterSignIn), await again(laterAccess)]
    expect(decodeJwt(signedIn['id_token'] ?? '').aud).toBe(clientId)
    expect(decodeJwt(counts['access_token'] ?? '').aud).toBe(there)
    await own.close()
  })

  it('is there as soon as the person decided, before its code is exchanged', async () => {
    const clientId = await register(publicClient)
    await codeFor(t, { clientId, redirectUri })
    expect(await isWaiting(clientId)).toBe(true)
  })

  it('a thousand consents of one person are one request', async () => {
    const clientId = await register(publicClient)
    for (let n = 0; n < 5; n++) await codeFor(t, { clientId, redirectUri })
    expect((await waiting(clientId)).asked).toHaveLength(1)
  })

  it('approved, it begins to count for everybody who waited, and the queue is empty', async () => {
    const clientId = await register(publicClient)
    const { access_token: token } = await tokensFor(t, { clientId, redirectUri })
    await decide(clientId, 'approve')
    expect(await scopesOf(token)).toEqual(['crm:read', 'crm:write'])
    expect(await isWaiting(clientId)).toBe(false)
    const [entry] = await t.audit.list({ limit: 1 })
    expect(entry).toMatchObject({ event: 'client.approved', subject: { id: clientId, name: 'Agent' } })
  })

  it('approved while its code is out, the code gives a grant that counts', async () => {
    const clientId = await register(publicClient)
    const { code, verifier } = await codeFor(t, { clientId, redirectUri })
    await decide(clientId, 'approve')
    const form = { grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier }
    const { access_token: token = '' } = (await (await t.post('/oauth/token', form)).json()) as Record<
      string,
      string
    >
    expect(await scopesOf(token)).not.toBeNull()
    expect(await statuses(clientId)).toEqual(['active'])
  })

  it('approved and exchanged at the same moment, it never stays waiting', async () => {
    for (let round = 0; round < 5; round++) {
      const clientId = await register(publicClient)
      const { code, verifier } = await codeFor(t, { clientId, redirectUri })
      const form = { grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier }
      await Promise.all([decide(clientId, 'approve'), t.post('/oauth/token', form)])
      expect(await statuses(clientId)).toEqual(['active'])
    }
  })

  it('an administrator’s own consent is an approval, and clears the queue', async () => {
    const clientId = await register(publicClient)
    const { access_token: token } = await tokensFor(t, { clientId, redirectUri })
    await codeFor(t, { clientId, redirectUri, who: t.people.ada })
    expect(await scopesOf(token)).not.toBeNull()
    expect(await isWaiting(clientId)).toBe(false)
  })

  it('is approved as it was looked at, not as what it became meanwhile', async () => {
    publish()
    await codeFor(t, { clientId: url, redirectUri })
    const { fingerprint } = (await waiting(url)).client
    publish({ redirect_uris: [redirectUri, 'https://mallory.example/cb'] })
    t.clock.advance(10 * 60_000)
    await codeFor(t, { clientId: url, redirectUri })
    const late = t.oauth.approvals.decide({ client: url, fingerprint, decision: 'approve' }, by())
    await expect(late).rejects.toMatchObject({ code: 'not_found' })
    expect((await waiting(url)).state).toBe('waiting')
  })
})

describe('narrowing', () => {
  it('cuts what waited, what comes, and what the app may ever have', async () => {
    const clientId = await register(publicClient)
    const tokens = await tokensFor(t, { clientId, redirectUri, more: whole })
    await decide(clientId, 'approve', ['crm:read'])
    expect(await scopesOf(tokens.access_token)).toEqual(['crm:read'])
    expect((await refresh(clientId, tokens.refresh_token))['scope']).toBe('crm:read')
    expect((await tokensFor(t, { clientId, redirectUri, more: whole })).scope).toBe('crm:read')
  })

  it('cuts what a device was allowed and has not collected', async () => {
    const device = await registerDevice(t)
    const asked = await askDevice(t, device, whole)
    await decideDevice(t, asked.user_code)
    await decide(device, 'approve', ['crm:read'])
    expect(await (await poll(t, device, asked.device_code)).json()).toMatchObject({ scope: 'crm:read' })
    // The grant too: a ceiling that is lifted later gives nothing back that was taken.
    const given = (await t.oauth.grants.list(null)).find(({ client }) => client.id === device)
    expect(given?.scopes.map(({ scope }) => scope)).toEqual(['crm:read'])
  })

  it('takes from a grant that is running too, and ends one that keeps nothing', async () => {
    const clientId = await register(publicClient)
    const more = { scope: 'crm:delete' }
    const some = await tokensFor(t, { clientId, redirectUri, more })
    const all = await tokensFor(t, { clientId, redirectUri, more: whole })
    await decide(clientId, 'approve', ['crm:read'])
    expect(await scopesOf(some.access_token)).toBeNull()
    expect(await scopesOf(all.access_token)).toEqual(['crm:read'])
    expect((await statuses(clientId)).toSorted()).toEqual(['active', 'ended'])
  })

  it('survives what the app says of itself later', async () => {
    publish()
    await codeFor(t, { clientId: url, redirectUri })
    await decide(url, 'approve', ['crm:read'])
    publish({ client_name: 'Agent 2' })
    t.clock.advance(10 * 60_000)
    expect((await tokensFor(t, { clientId: url, redirectUri, more: whole, who: t.people.ada })).scope).toBe(
      'crm:read',
    )
  })
})

describe('refusing and blocking', () => {
  const doors = async (clientId: string) => {
    const browser = t.browser(t.people.ada)
    const page = await browser.open({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
    })
    return page.status
  }

  it.each(['refuse', 'block'] as const)(
    '%s ends what it has and what is under way, at once',
    async (decision) => {
      const clientId = await register(publicClient)
      const tokens = await tokensFor(t, { clientId, redirectUri })
      const { code, verifier } = await codeFor(t, { clientId, redirectUri })
      const grace = t.browser(t.people.grace)
      const open = interactionOf(
        await grace.open({
          response_type: 'code',
          client_id: clientId,
          redirect_uri: redirectUri,
          code_challenge: pkce().challenge,
          code_challenge_method: 'S256',
        }),
      )
      await decide(clientId, decision)
      expect(await statuses(clientId)).toEqual(['ended'])
      expect((await refresh(clientId, tokens.refresh_token))['error']).toMatch(
        /invalid_grant|unauthorized_client/,
      )
      const form = { grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier }
      expect((await t.post('/oauth/token', form)).status).toBe(400)
      await expect(grace.view(open)).rejects.toThrow()
      expect(await doors(clientId)).toBe(400)
      expect(await statuses(clientId)).toEqual(['ended'])
    },
  )

  it('a blocked client is refused by every policy, by administrators’ own consent and at every endpoint', async () => {
    const grantTypes = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code']
    const clientId = await register({ ...publicClient, grant_types: grantTypes })
    await codeFor(t, { clientId, redirectUri })
    await decide(clientId, 'block')
    await save(startingPolicy('open'))
    expect(await doors(clientId)).toBe(400)
    expect((await t.post('/oauth/device_authorization', { client_id: clientId })).status).toBe(400)
    const form = {
      grant_type: 'authorization_code',
      client_id: clientId,
      code: 'x',
      code_verifier: pkce().verifier,
    }
    expect(await (await t.post('/oauth/token', form)).json()).toMatchObject({ error: 'unauthorized_client' })
    const [decision] = await t.oauth.policy.decisions({ text: clientId, refusedOnly: true, limit: 1 })
    expect(decision).toMatchObject({ rule: 'blocked', why: 'An administrator blocked this app.' })
    await save(startingPolicy('ask'))
  })

  it('refused is refused until it changes; blocked, whatever it becomes', async () => {
    publish()
    await codeFor(t, { clientId: url, redirectUri })
    await decide(url, 'refuse')
    expect(await doors(url)).toBe(400)
    publish({ client_name: 'Better agent' })
    t.clock.advance(10 * 60_000)
    expect(await doors(url)).toBe(303)
    await codeFor(t, { clientId: url, redirectUri })
    await decide(url, 'block')
    publish({ client_name: 'Best agent' })
    t.clock.advance(10 * 60_000)
    expect(await doors(url)).toBe(400)
  })

  it('can be reconsidered: then it waits like anybody else', async () => {
    const clientId = await register(publicClient)
    await codeFor(t, { clientId, redirectUri })
    await decide(clientId, 'block')
    expect((await waiting(clientId)).state).toBe('blocked')
    await decide(clientId, 'reconsider')
    const { access_token: token } = await tokensFor(t, { clientId, redirectUri })
    expect(await scopesOf(token)).toBeNull()
    expect((await waiting(clientId)).state).toBe('waiting')
  })

  it('scopes are narrowed with an approval alone', async () => {
    const clientId = await register(publicClient)
    await codeFor(t, { clientId, redirectUri })
    await expect(decide(clientId, 'refuse', ['crm:read'])).rejects.toMatchObject({ code: 'invalid_request' })
  })
})

describe('D10 look-alikes', () => {
  it('D10 the queue says whom the name imitates', async () => {
    const clientId = await register({ ...publicClient, client_name: 'Nоtebook' })
    await codeFor(t, { clientId, redirectUri })
    expect((await waiting(clientId)).lookAlike).toContain('“Notebook”')
    const other = await register({ ...publicClient, client_name: 'Agenda' })
    await codeFor(t, { clientId: other, redirectUri })
    expect((await waiting(other)).lookAlike).toBeNull()
  })

  it('D10 a rule can turn them away', async () => {
    const policy = startingPolicy('open')
    const when = { lookAlike: true }
    const rule = { name: 'look-alikes', when, outcome: 'refuse' as const, why: 'It imitates.', ceilings: {} }
    await save({ ...policy, rules: [rule, ...policy.rules] })
    const refused = await t.register({ client_name: 'N0tebook', redirect_uris: [redirectUri] })
    expect([refused.status, refused.body.error]).toEqual([403, 'access_denied'])
    expect((await t.register({ client_name: 'Agenda', redirect_uris: [redirectUri] })).status).toBe(201)
    await save(startingPolicy('ask'))
  })
})

it('D11 a document cannot take over another kind of client, nor a registration a document’s', async () => {
  publish({ client_id: t.clients.notebook.clientId })
  const browser = t.browser(t.people.grace)
  const ask = (client_id: string) =>
    browser.open({
      response_type: 'code',
      client_id,
      redirect_uri: redirectUri,
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
    })
  expect((await ask(url)).status).toBe(400)
  const { body } = await t.register({ client_id: url, client_name: 'Agent', redirect_uris: [redirectUri] })
  expect(body.client_id).toMatch(/^cli_/)
  publish()
  expect((await ask(url)).status).toBe(303)
})

it('telling by mail is handed out once, and again when it failed', async () => {
  await t.oauth.approvals.takeUntold()
  t.clock.advance(1000)
  const clientId = await register(publicClient)
  await codeFor(t, { clientId, redirectUri })
  const [one, two] = await Promise.all([t.oauth.approvals.takeUntold(), t.oauth.approvals.takeUntold()])
  expect([...one.clients, ...two.clients]).toEqual([{ id: clientId, name: 'Agent' }])
  t.clock.advance(1000)
  expect((await t.oauth.approvals.takeUntold()).clients).toEqual([])
  await (one.clients.length > 0 ? one : two).giveBack()
  expect((await t.oauth.approvals.takeUntold()).clients).toHaveLength(1)
})

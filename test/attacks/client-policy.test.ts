import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ClientPolicy, PolicyRule } from '#contract'
import { startingPolicy } from '../../src/oauth/clients/policy/presets.ts'
import {
  basic,
  codeFor,
  interactionOf,
  notebookRedirect,
  pkce,
  resource,
  startTestOAuth,
  tokensFor,
} from '../support/oauth.ts'
import { openTestClients, outside } from '../support/clients.ts'
import type { TestOAuth } from '../support/oauth.ts'

const hour = 60 * 60 * 1000
const day = 24 * hour
const redirectUri = 'https://agent.example/callback'
let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth({ clientPolicy: 'open' })
})
afterAll(() => t.close())
beforeEach(async () => {
  // Nobody here is about rates: each test has a minute of its own.
  t.clock.advance(60_000)
  await save(startingPolicy('open'))
})

const rule = (more: Partial<PolicyRule>): PolicyRule => ({
  name: 'the-rule',
  when: {},
  outcome: 'allow',
  why: 'Because the administrator says so.',
  ceilings: {},
  ...more,
})
const save = async (policy: Partial<ClientPolicy>) => {
  const { member } = t.people.ada
  const { version } = await t.oauth.policy.view()
  const whole = { ...startingPolicy('open'), ...policy }
  await t.oauth.policy.save(
    { policy: whole, basedOn: version },
    { actor: { kind: 'member', id: member }, member },
  )
}
const register = async (more: Record<string, unknown> = {}) => {
  const { status, body } = await t.register({
    client_name: 'Agent',
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'none',
    ...more,
  })
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body.client_id
}
const ask = (clientId: string, more: Record<string, string> = {}) =>
  t.browser(t.people.grace).open({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code_challenge: pkce().challenge,
    code_challenge_method: 'S256',
    ...more,
  })
const refresh = async (clientId: string, refreshToken: string) => {
  const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken }
  const response = await t.post('/oauth/token', form)
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}
const whole = { scope: 'crm:read crm:write crm:delete' }

describe('ceilings', () => {
  it('cut scopes, the grant’s length and the lives of its tokens', async () => {
    const ceilings = { scopes: ['crm:read'], accessSeconds: 60, refreshIdleHours: 2, grantDays: 7 }
    await save({ rules: [rule({ ceilings })] })
    const clientId = await register()
    const browser = t.browser(t.people.grace)
    const { challenge } = pkce()
    const opened = await browser.open({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...whole,
    })
    const view = await browser.view(interactionOf(opened))
    expect([view.scopes.map(({ scope }) => scope), view.mostDays]).toEqual([['crm:read'], 7])

    const tokens = await tokensFor(t, { clientId, redirectUri, more: whole, decision: { days: 30 } })
    expect([tokens.scope, tokens.expires_in]).toEqual(['crm:read', 60])
    const grant = (await t.oauth.grants.list(null)).find(({ client }) => client.id === clientId)
    expect(grant?.expiresAt).toBe(new Date(t.clock.now().getTime() + 7 * day).toISOString())
    t.clock.advance(hour)
    const again = await refresh(clientId, tokens.refresh_token)
    expect([again.status, again.body['expires_in']]).toEqual([200, 60])
    t.clock.advance(2 * hour + 1)
    expect((await refresh(clientId, again.body['refresh_token'] ?? '')).body['error']).toBe('invalid_grant')
  })

  it('hold for grants that were given before the rule', async () => {
    const clientId = await register()
    const tokens = await tokensFor(t, { clientId, redirectUri, more: whole })
    expect(tokens.scope).toBe('crm:read crm:write crm:delete')
    await save({ rules: [rule({ ceilings: { scopes: ['crm:read'], accessSeconds: 120 } })] })
    const { body } = await refresh(clientId, tokens.refresh_token)
    expect([body['scope'], body['expires_in']]).toEqual(['crm:read', 120])
  })

  it('close a resource', async () => {
    await save({ rules: [rule({ ceilings: { resources: [resource] } })] })
    const clientId = await register()
    expect((await ask(clientId)).status).toBe(303)
    const page = await (await ask(clientId, { resource: 'http://localhost:3000/api' })).text()
    expect(page).toContain('does not open this resource')
  })

  it('close it to grants that were given before, at their next token', async () => {
    const clientId = await register()
    const tokens = await tokensFor(t, { clientId, redirectUri })
    await save({ rules: [rule({ ceilings: { resources: ['http://localhost:3000/api'] } })] })
    const { body } = await refresh(clientId, tokens.refresh_token)
    expect(body['error']).toBe('invalid_grant')
    expect(body).not.toHaveProperty('access_token')
    // Nothing was used up: it is good again when the rule goes.
    await save(startingPolicy('open'))
    expect((await refresh(clientId, tokens.refresh_token)).status).toBe(200)
  })

  it('that leave nothing refuse instead of asking for nothing', async () => {
    await save({ rules: [rule({ ceilings: { scopes: ['mail:read'] } })] })
    const response = await ask(await register())
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('none of these scopes')
  })

  it('bound what one rule admits from one address', async () => {
    const rig = await openTestClients({ clientPolicy: 'open' })
    const one = rule({ when: { redirectHosts: ['agent.example'] }, ceilings: { unclaimedPerAddress: 1 } })
    const policy = { ...startingPolicy('open'), rules: [one, rule({ name: 'rest' })] }
    const by = rig.clientsWith({ startingPolicy: policy })
    const tries = []
    for (const host of ['agent.example', 'agent.example', 'other.example']) {
      tries.push((await rig.register({ redirect_uris: [`https://${host}/cb`] }, { by })).status)
    }
    expect(tries).toEqual([201, 429, 201])
    await rig.close()
  })
})

describe('a policy that became stricter', () => {
  it('is asked again when the person decides', async () => {
    const clientId = await register()
    const browser = t.browser(t.people.grace)
    const opened = await browser.open({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
      ...whole,
    })
    const id = interactionOf(opened)
    const { csrf } = await browser.view(id)
    await save({ rules: [rule({ ceilings: { scopes: ['crm:read'] } })] })
    const scopes = ['crm:read', 'crm:delete']
    await expect(browser.decide(id, { csrf, decision: 'allow', scopes })).rejects.toMatchObject({
      code: 'invalid_scope',
    })
    await save(startingPolicy('closed'))
    await expect(browser.decide(id, { csrf, decision: 'allow' })).rejects.toMatchObject({
      code: 'unauthorized_client',
    })
  })

  it('ends nobody’s grant, and lets none be used, until it is loosened', async () => {
    const clientId = await register()
    const tokens = await tokensFor(t, { clientId, redirectUri })
    await save(startingPolicy('closed'))
    expect((await refresh(clientId, tokens.refresh_token)).body['error']).toBe('invalid_grant')
    await save(startingPolicy('open'))
    expect((await refresh(clientId, tokens.refresh_token)).status).toBe(200)
  })

  it('goes on giving tokens to a client on this computer when only those may ask', async () => {
    const local = 'http://localhost/callback'
    const clientId = await register({ redirect_uris: [redirectUri, local] })
    const here = await tokensFor(t, { clientId, redirectUri: 'http://localhost:4711/callback' })
    const there = await tokensFor(t, { clientId, redirectUri })
    await save(startingPolicy('local'))
    expect((await refresh(clientId, here.refresh_token)).status).toBe(200)
    expect((await refresh(clientId, there.refresh_token)).body['error']).toBe('invalid_grant')
  })
})

describe('V7 no grant type is a way around the policy', () => {
  const device = (clientId: string) => t.post('/oauth/device_authorization', { client_id: clientId })
  const grantTypes = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code']

  it('V7 a device is not "this computer", whatever redirect URIs the client registered', async () => {
    const clientId = await register({ redirect_uris: ['http://localhost/callback'], grant_types: grantTypes })
    expect((await device(clientId)).status).toBe(200)
    await save(startingPolicy('local'))
    expect((await ask(clientId, { redirect_uri: 'http://localhost:4711/callback' })).status).toBe(303)
    const refused = await device(clientId)
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'unauthorized_client' }])
  })

  it('V7 a client turned away for a redirect host is turned away without a redirect too', async () => {
    const clientId = await register({ grant_types: grantTypes })
    const when = { redirectHosts: ['agent.example'] }
    await save({ rules: [rule({ when, outcome: 'refuse' }), rule({ name: 'rest' })] })
    expect((await device(clientId)).status).toBe(400)
    const other = await register({ redirect_uris: ['https://other.example/cb'], grant_types: grantTypes })
    expect((await device(other)).status).toBe(200)
  })

  it('V7 the strictest of a client’s rules counts where none was chosen, with the ceilings of all', async () => {
    const both = ['https://a.example/cb', 'https://b.example/cb']
    const clientId = await register({ redirect_uris: both, grant_types: grantTypes })
    const narrow = (name: string, host: string, scopes: string[]) =>
      rule({ name, when: { redirectHosts: [host] }, ceilings: { scopes } })
    await save({
      rules: [
        narrow('a', 'a.example', ['crm:read', 'crm:write']),
        narrow('b', 'b.example', ['crm:read', 'crm:delete']),
        rule({ name: 'rest' }),
      ],
    })
    const client = { client_id: clientId, ...whole }
    expect((await t.post('/oauth/device_authorization', client)).status).toBe(200)
    const [decision] = await t.oauth.policy.decisions({ text: clientId, refusedOnly: false, limit: 1 })
    expect(decision).toMatchObject({ stage: 'device', outcome: 'allow' })
  })
})

describe('V7 tokens that nobody consents to', () => {
  const robot = () =>
    t.oauth.clients.create({
      name: 'Nightly report',
      redirectUris: [],
      confidential: true,
      grantTypes: ['client_credentials'],
      owner: t.people.grace.member,
    })
  type Robot = Awaited<ReturnType<typeof robot>>
  const asks = async (client: Robot) => {
    const answer = await t.post('/oauth/token', { grant_type: 'client_credentials', ...whole }, basic(client))
    return (await answer.json()) as Record<string, unknown>
  }

  it('V7 a program of the house is under the same ceilings', async () => {
    const client = await robot()
    await save({ rules: [rule({ ceilings: { scopes: ['crm:read'], accessSeconds: 45 } })] })
    expect(await asks(client)).toMatchObject({ scope: 'crm:read', expires_in: 45 })
  })

  it.each(['refuse', 'ask'] as const)('V7 where the rule says %s there is no token', async (outcome) => {
    const client = await robot()
    await save({ rules: [rule({ when: { registration: ['manual'] }, outcome })] })
    expect(await asks(client)).toMatchObject({ error: 'unauthorized_client' })
  })

  it('V7 a rule that lets in by redirect lets in nobody who has none', async () => {
    const client = await robot()
    await save({ rules: [rule({ when: { redirect: ['https', 'loopback'] } })] })
    expect(await asks(client)).toMatchObject({ error: 'unauthorized_client' })
  })
})

it('S8 a document of a domain that is refused is not fetched', async () => {
  const rig = await openTestClients({
    startingPolicy: {
      ...startingPolicy('open'),
      rules: [rule({ when: { domains: ['*.mallory.example'] }, outcome: 'refuse' }), rule({ name: 'rest' })],
    },
    fetchDocument: async (address) => {
      fetched.push(address)
      return { status: 'unavailable', why: 'nothing there' }
    },
  })
  const fetched: string[] = []
  const find = (id: string) => rig.clients.find(id, { at: 'authorize', ip: outside })
  expect(await find('https://a.mallory.example/client.json')).toMatchObject({ found: 'refused' })
  expect(fetched).toEqual([])
  expect(await find('https://notmallory.example/client.json')).toMatchObject({ found: 'unavailable' })
  expect(fetched).toHaveLength(1)
  await rig.close()
})

describe('who edits', () => {
  const by = () => ({
    actor: { kind: 'member' as const, id: t.people.ada.member },
    member: t.people.ada.member,
  })

  it('two at once: one saves, the other hears of it', async () => {
    const { version } = await t.oauth.policy.view()
    const tries = await Promise.allSettled(
      (['closed', 'local', 'ask'] as const).map((preset) =>
        t.oauth.policy.save({ policy: startingPolicy(preset), basedOn: version }, by()),
      ),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const reasons = tries.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    expect(reasons).toMatchObject([{ status: 409 }, { status: 409 }])
    expect((await t.oauth.policy.view()).version).toBe(version + 1)
  })

  it('a version is based on the newest, neither an older one nor one to come', async () => {
    const { version } = await t.oauth.policy.view()
    for (const basedOn of [version - 1, version + 7]) {
      const save = t.oauth.policy.save({ policy: startingPolicy('open'), basedOn }, by())
      await expect(save).rejects.toMatchObject({ status: 409 })
    }
  })

  it('each version is kept, and the record says who saved it', async () => {
    const { version } = await t.oauth.policy.view()
    await save(startingPolicy('local'))
    await save(startingPolicy('closed'))
    const versions = (await t.oauth.policy.versions()).slice(0, 2)
    expect(versions.map((one) => [one.version, one.savedBy, one.policy.rules.at(-1)?.name])).toEqual([
      [version + 2, t.people.ada.member, 'closed'],
      [version + 1, t.people.ada.member, 'local-only'],
    ])
    const saved = (await t.audit.list({ limit: 5 })).filter(({ event }) => event === 'policy.saved')
    expect(saved.slice(0, 2).map(({ detail }) => detail?.['version'])).toEqual([version + 2, version + 1])
  })
})

describe('decisions', () => {
  const decisions = (text: string, refusedOnly = false) =>
    t.oauth.policy.decisions({ text, refusedOnly, limit: 100 })

  it('say by which rule of which version each was made, and count what repeats', async () => {
    const clientId = await register()
    await save({ rules: [rule({ outcome: 'refuse' })] })
    const { version } = await t.oauth.policy.view()
    for (let n = 0; n < 3; n++) await ask(clientId)
    expect(await decisions(clientId, true)).toMatchObject([
      { clientId, stage: 'authorize', rule: 'the-rule', version, times: 3, redirect: 'agent.example' },
    ])
    expect(await decisions(clientId)).toMatchObject([
      {},
      { stage: 'registration', rule: 'open', version: version - 1 },
    ])
    expect((await decisions('agent.example', true))[0]).toMatchObject({ clientId })
    expect(await decisions('%')).toEqual([])
  })

  it('D9 strangers’ made-up names share the rows of their address', async () => {
    await save(startingPolicy('closed'))
    for (let n = 0; n < 20; n++) {
      const redirect_uris = ['https://mallory.example/cb']
      expect((await t.register({ client_name: `Made up ${n}`, redirect_uris })).status).toBe(403)
    }
    const kept = await decisions('mallory.example')
    expect(kept).toMatchObject([{ clientId: null, times: 20 }])
  })
})

it('an app’s own scheme can be switched off for everybody', async () => {
  const cursor = 'cursor://anysphere.cursor-mcp/oauth/callback'
  const clientId = await register({ redirect_uris: [cursor, redirectUri] })
  await save({ appSchemes: false })
  expect(await (await ask(clientId, { redirect_uri: cursor })).text()).toContain('own scheme')
  expect((await ask(clientId)).status).toBe(303)
  expect(await t.register({ redirect_uris: [cursor] })).toMatchObject({
    body: { error: 'invalid_redirect_uri' },
  })
})

it('manual clients are under the rules like everybody', async () => {
  const { clientId } = t.clients.notebook
  await save({ rules: [rule({ when: { registration: ['manual'] }, ceilings: { scopes: ['crm:read'] } })] })
  const { answer } = await codeFor(t, { clientId, redirectUri: notebookRedirect })
  expect(answer.searchParams.get('code')).toBeTruthy()
  expect((await tokensFor(t)).scope).toBe('crm:read')
})

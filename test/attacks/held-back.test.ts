import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isId } from '#foundation'
import type { GrantId, MemberId } from '#foundation'
import { allowExchange, exchange, exchanger } from '../support/exchange.ts'
import { assertionFor, jwtBearer, openIdp, present } from '../support/id-jag.ts'
import type { Idp } from '../support/id-jag.ts'
import { basic, otherResource, resource, startTestOAuth, tokensFor } from '../support/oauth.ts'
import type { TestOAuth, Tokens } from '../support/oauth.ts'

let t: TestOAuth
let idp: Idp
beforeAll(async () => {
  idp = await openIdp()
  t = await startTestOAuth({ enterpriseProviders: [idp.provider] })
})
afterAll(() => t.close())

type Ask = (form?: Record<string, string>) => Promise<Response>
type Way = { ask: Ask; others: Record<string, string>[] }
const confidential = (more: object) =>
  t.oauth.clients.create({ name: 'Nightly', redirectUris: [], confidential: true, ...more })
const otherScope = { scope: 'crm:write' }

/** Every way to a grant that nobody consents to, and what else could be asked for by it. */
const ways: Record<string, () => Promise<Way>> = {
  client_credentials: async () => {
    const owner = t.people.grace.member
    const client = await confidential({ grantTypes: ['client_credentials'], owner })
    const ask: Ask = (form = {}) =>
      t.post('/oauth/token', { grant_type: 'client_credentials', ...form }, basic(client))
    return { ask, others: [otherScope, { resource: otherResource }] }
  },
  'an assertion': async () => {
    const client = await confidential({ grantTypes: [jwtBearer] })
    const ask: Ask = async (form = {}) =>
      present(t, client, await assertionFor(idp, client.clientId, t.clock), form)
    return { ask, others: [otherScope] }
  },
  'an exchange': async () => {
    const client = await exchanger(t, 'Planner')
    await allowExchange(t, client, resource)
    const { access_token: token } = await tokensFor(t)
    return { ask: (form) => exchange(t, client, token, form), others: [otherScope] }
  },
}

describe.each(Object.keys(ways))('what a person holds back of a grant by %s', (name) => {
  const begin = async (): Promise<Way & { id: GrantId; hers: { member: MemberId } }> => {
    const way = await ways[name]?.()
    const answer = await way?.ask()
    if (!way || answer?.status !== 200) throw new Error('nothing was given')
    const { access_token: token } = (await answer.json()) as Tokens
    const id = (await t.oauth.verify(token, resource))?.grantId
    if (!isId('grt', id)) throw new Error('no grant')
    return { ...way, id, hers: { member: t.people.grace.member } }
  }
  const refusal = async (response: Response) => [
    response.status,
    ((await response.json()) as { error?: string }).error,
  ]

  it('G7 paused, another scope or resource gets it no grant beside', async () => {
    const { ask, others, id, hers } = await begin()
    expect(await t.oauth.grants.pause(id, hers)).toBe(true)
    for (const form of [{}, ...others]) {
      expect(await refusal(await ask(form))).toEqual([503, 'temporarily_unavailable'])
    }
    expect(await t.oauth.grants.resume(id, hers)).toBe(true)
    for (const form of [{}, ...others]) expect((await ask(form)).status).toBe(200)
  })

  it.each([
    ['scopes', { scopes: ['crm:read'] }],
    ['kinds of records', { objects: ['company'] }],
    ['time', { until: '2100-01-01T00:00:00Z' }],
    ['addresses', { addresses: ['127.0.0.0/8'] }],
  ])('G7 with %s taken away, the same finds what is left and nothing else is given', async (_what, to) => {
    const { ask, others, id, hers } = await begin()
    expect(await t.oauth.grants.narrow(id, hers, to)).not.toBeNull()
    for (const form of others) expect(await refusal(await ask(form))).toEqual([400, 'invalid_scope'])
    const { access_token: token } = (await (await ask()).json()) as Tokens
    expect((await t.oauth.verify(token, resource))?.grantId).toBe(id)
    // Nor when the app ends what is left of it by itself.
    expect(await t.oauth.grants.end(id, { ...hers, administrator: false }, 'x')).toBe(true)
    for (const form of [{}, ...others]) expect((await ask(form)).status).toBe(400)
  })

  it('G7 limited to addresses, nothing is given elsewhere', async () => {
    const { ask, others, id, hers } = await begin()
    expect(await t.oauth.grants.narrow(id, hers, { addresses: ['192.0.2.0/24'] })).not.toBeNull()
    expect(await refusal(await ask())).toEqual([403, 'access_denied'])
    for (const form of others) expect((await ask(form)).status).toBe(400)
  })
})

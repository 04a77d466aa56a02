import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '#audit'
import { isId } from '#foundation'
import { oauthMigrations } from '#oauth'
import type { CreatedClient } from '../../src/oauth/clients/manual-client.ts'
import { sql } from '#storage'
import {
  basic,
  composeTestOAuth,
  disabled,
  otherResource,
  person,
  resource,
  startTestOAuth,
} from '../support/oauth.ts'
import type { TestOAuth, Tokens } from '../support/oauth.ts'
import { testClock } from '../support/clock.ts'
import { postgresAvailable } from '../support/postgres.ts'
import { openTestStorage } from '../support/storage.ts'

let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth()
})
afterAll(() => t.close())

type Form = Record<string, string>
const errorOf = async (response: Response) => ((await response.json()) as { error: string }).error
const tokensOf = async (response: Response) => (await response.json()) as Tokens
const administrator = () => ({ member: t.people.ada.member, administrator: true })

/** A program of the house, with the rights of `owner`. */
const robot = (owner = t.people.grace, scopes: string[] | null = null) =>
  t.oauth.clients.create({
    name: 'Nightly report',
    redirectUris: [],
    confidential: true,
    grantTypes: ['client_credentials'],
    owner: owner.member,
    scopes,
  })
const ask = (client: CreatedClient, form: Form = {}) =>
  t.post('/oauth/token', { grant_type: 'client_credentials', ...form }, basic(client))
const grantOf = async ({ access_token: token }: Tokens, audience = resource) => {
  const content = await t.oauth.verify(token, audience)
  if (!content || !isId('grt', content.grantId)) throw new Error('the token is not good')
  return { ...content, grantId: content.grantId }
}

describe('client_credentials', () => {
  it('A152, A154 gives a token that names the client and carries its owner’s rights, and no refresh token (OAuth 2.1 §4.2.3)', async () => {
    const client = await robot()
    const answer = await ask(client, { scope: 'crm:read' })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const tokens = await tokensOf(answer)
    expect(tokens).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'crm:read',
    })
    expect(await t.oauth.verify(tokens.access_token, resource)).toMatchObject({
      subject: client.clientId,
      resourceOwner: t.people.grace.member,
      clientId: client.clientId,
      scopes: ['crm:read'],
    })
  })

  it('A152 resource and scope are kept to, under the ceiling the administrator gave (RFC 8707 §2)', async () => {
    const client = await robot(t.people.grace, ['crm:read'])
    const tokens = await tokensOf(
      await ask(client, { resource: otherResource, scope: 'crm:read crm:delete' }),
    )
    expect(tokens.scope).toBe('crm:read')
    expect(await t.oauth.verify(tokens.access_token, otherResource)).toBeDefined()
    expect(await t.oauth.verify(tokens.access_token, resource)).toBeUndefined()
    expect(await errorOf(await ask(client, { resource: 'https://elsewhere.example/mcp' }))).toBe(
      'invalid_target',
    )
  })

  it('the same request again finds the same grant, 64 times at once too, and another scope another', async () => {
    const client = await robot()
    const answers = await Promise.all(Array.from({ length: 64 }, () => ask(client)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const grants = new Set<string>()
    for (const answer of answers) grants.add((await grantOf(await tokensOf(answer))).grantId)
    expect(grants.size).toBe(1)
    const other = await grantOf(await tokensOf(await ask(client, { scope: 'crm:read' })))
    expect(grants).not.toContain(other.grantId)
    const { rows } =
      await sql`select kind, member, status from oauth_grant where client_id = ${client.clientId}`.execute(
        t.storage.db<never>(),
      )
    expect(rows).toEqual(
      ['crm:read crm:write', 'crm:read'].map(() => ({
        kind: 'client_credentials',
        member: t.people.grace.member,
        status: 'active',
      })),
    )
  })
})

describe('who may have it', () => {
  it('A149 D8 nobody registers for it from outside (OAuth 2.1 §4.2)', async () => {
    const { body } = await t.register({
      redirect_uris: ['https://robot.example/cb'],
      grant_types: ['authorization_code', 'client_credentials'],
    })
    const { client_id: id, client_secret: secret } = body as { client_id: string; client_secret?: string }
    const sent = { client_id: id, client_secret: secret ?? '' }
    const answer = await t.post('/oauth/token', { grant_type: 'client_credentials', ...sent })
    expect([answer.status, await errorOf(answer)]).toEqual([400, 'unauthorized_client'])
  })

  it('A149 a client that no administrator gave an owner, a public one, and one without its secret get nothing', async () => {
    for (const client of [t.clients.ledger, t.clients.mallory]) {
      expect(await errorOf(await ask(client))).toBe('unauthorized_client')
    }
    const bare = await t.post('/oauth/token', {
      grant_type: 'client_credentials',
      client_id: t.clients.notebook.clientId,
    })
    expect(await errorOf(bare)).toBe('unauthorized_client')
    const client = await robot()
    const guess = { clientId: client.clientId, clientSecret: 'tnd_cs_guess' }
    const wrong = await ask({ ...client, ...guess })
    expect([wrong.status, await errorOf(wrong)]).toEqual([401, 'invalid_client'])
    const none = await t.post('/oauth/token', {
      grant_type: 'client_credentials',
      client_id: client.clientId,
    })
    expect([none.status, await errorOf(none)]).toEqual([401, 'invalid_client'])
  })

  it('a client whose owner may not sign in any more gets nothing', async () => {
    const owner = person('Linus', false, t.clock)
    const client = await robot(owner)
    disabled.add(owner.member)
    expect(await errorOf(await ask(client))).toBe('unauthorized_client')
    disabled.delete(owner.member)
    expect((await ask(client)).status).toBe(200)
  })

  it('each refusal is in the record', async () => {
    await ask(t.clients.mallory)
    expect((await t.audit.list({ limit: 1 }))[0]).toMatchObject({
      event: 'token.refused',
      outcome: 'refused',
      actor: { kind: 'client', id: t.clients.mallory.clientId },
      detail: { error: 'unauthorized_client' },
    })
  })
})

describe('its end', () => {
  it('ended by an administrator, its token is refused and it gets no other until she allows it again', async () => {
    const client = await robot()
    const tokens = await tokensOf(await ask(client))
    const { grantId } = await grantOf(tokens)
    expect(await t.oauth.unattended.view(client.clientId)).toMatchObject({ closedSince: null })
    await t.oauth.grants.end(grantId, administrator(), 'not needed')
    expect(await t.oauth.verify(tokens.access_token, resource)).toBeUndefined()
    // Whatever it asks for: another scope would be a way around.
    for (const form of [{}, { scope: 'crm:read' }, { resource: otherResource }]) {
      expect(await errorOf(await ask(client, form))).toBe('unauthorized_client')
    }
    expect(await t.oauth.unattended.view(client.clientId)).toMatchObject({
      closedSince: t.clock.now().toISOString(),
    })
    expect(await t.oauth.unattended.open(client.clientId, { member: t.people.ada.member, name: 'Ada' })).toBe(
      true,
    )
    // Refusals are written a moment after what was done.
    expect(await t.audit.list({ limit: 20 })).toContainEqual(
      expect.objectContaining({
        event: 'client.allowed_again',
        actor: expect.objectContaining({ id: t.people.ada.member }),
        subject: expect.objectContaining({ id: client.clientId }),
      }),
    )
    const again = await grantOf(await tokensOf(await ask(client)))
    expect(again.grantId).not.toBe(grantId)
    expect(await t.oauth.verify(tokens.access_token, resource)).toBeUndefined()
    expect(await t.oauth.unattended.open(client.clientId, { member: t.people.ada.member })).toBe(false)
  })

  it('its owner sees it among her connected apps and ends it; another member can’t', async () => {
    const owner = person('Hedy', false, t.clock)
    const client = await robot(owner)
    const tokens = await tokensOf(await ask(client))
    const { grantId } = await grantOf(tokens)
    expect(await t.oauth.grants.list(owner.member)).toMatchObject([
      { id: grantId, kind: 'client_credentials', client: { name: 'Nightly report' } },
    ])
    const other = { member: t.people.grace.member, administrator: false }
    expect(await t.oauth.grants.end(grantId, other, 'not mine')).toBe(false)
    expect(await t.oauth.verify(tokens.access_token, resource)).toBeDefined()
    const hers = { member: owner.member, administrator: false }
    expect(await t.oauth.grants.end(grantId, hers, 'no longer')).toBe(true)
    expect(await errorOf(await ask(client))).toBe('unauthorized_client')
  })

  it('its owner pauses it, and it may come again when she resumes it: a pause is no ending', async () => {
    const client = await robot()
    const tokens = await tokensOf(await ask(client))
    const { grantId } = await grantOf(tokens)
    const hers = { member: t.people.grace.member }
    expect(await t.oauth.grants.pause(grantId, hers)).toBe(true)
    const paused = await ask(client)
    expect([paused.status, await errorOf(paused)]).toEqual([503, 'temporarily_unavailable'])
    expect(await t.oauth.unattended.view(client.clientId)).toMatchObject({ closedSince: null })
    expect(await t.oauth.grants.resume(grantId, hers)).toBe(true)
    expect((await grantOf(await tokensOf(await ask(client)))).grantId).toBe(grantId)
  })

  it('a day that the policy sets is its end too: an administrator looks at it again', async () => {
    const own = await startTestOAuth()
    const { member } = own.people.ada
    const by = { member, actor: { kind: 'member', id: member, name: 'Ada' } } as const
    const { policy, version } = await own.oauth.policy.view()
    const rules = policy.rules.map((rule) => ({ ...rule, ceilings: { ...rule.ceilings, grantDays: 1 } }))
    await own.oauth.policy.save({ policy: { ...policy, rules }, basedOn: version }, by)
    const client = await own.oauth.clients.create({
      name: 'Daily',
      redirectUris: [],
      confidential: true,
      grantTypes: ['client_credentials'],
      owner: own.people.grace.member,
    })
    const get = () => own.post('/oauth/token', { grant_type: 'client_credentials' }, basic(client))
    expect((await get()).status).toBe(200)
    own.clock.advance(24 * 60 * 60 * 1000)
    expect(await errorOf(await get())).toBe('unauthorized_client')
    expect(await own.oauth.unattended.open(client.clientId, by)).toBe(true)
    expect((await get()).status).toBe(200)
    await own.close()
  })
})

describe.each(['embedded', 'server'] as const)('ending while asking, %s', (driver) => {
  it.skipIf(driver === 'server' && !postgresAvailable())(
    'leaves no live grant behind, and nothing for the next request',
    async () => {
      const clock = testClock()
      const storage = await openTestStorage([...auditMigrations, ...oauthMigrations], { clock, driver })
      const own = await composeTestOAuth(storage, clock)
      const get = (client: CreatedClient, form: Form = {}) =>
        own.post('/oauth/token', { grant_type: 'client_credentials', ...form }, basic(client))
      for (let round = 0; round < 10; round++) {
        const client = await own.oauth.clients.create({
          name: 'Robot',
          redirectUris: [],
          confidential: true,
          grantTypes: ['client_credentials'],
          owner: own.people.grace.member,
        })
        const { access_token: token } = await tokensOf(await get(client))
        const id = (await own.oauth.verify(token, resource))?.grantId
        if (!isId('grt', id)) throw new Error('the token is not good')
        const by = { member: own.people.ada.member, administrator: true }
        const [ended] = await Promise.all([
          own.oauth.grants.end(id, by, 'now'),
          ...Array.from({ length: 8 }, () => get(client)),
        ])
        expect(ended).toBe(true)
        const { rows } = await sql`select id from oauth_grant
          where client_id = ${client.clientId} and status <> 'ended'`.execute(storage.db<never>())
        expect(rows).toEqual([])
        expect(await errorOf(await get(client))).toBe('unauthorized_client')
      }
      await own.close()
    },
    60_000,
  )
})

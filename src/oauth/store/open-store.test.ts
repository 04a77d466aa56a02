import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashSecret } from '#foundation'
import { sql } from '#storage'
import {
  codeFor,
  interactionOf,
  notebookRedirect,
  pkce,
  startTestOAuth,
} from '../../../test/support/oauth.ts'
import type { TestOAuth } from '../../../test/support/oauth.ts'
import { openOAuthStore } from './open-store.ts'

let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth()
})
afterAll(() => t.close())

const count = async (table: string): Promise<number> => {
  const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(
    t.storage.db(),
  )
  return rows[0]?.n ?? 0
}
const begin = async (clientId: string, redirect_uri: string) => {
  const browser = t.browser(t.people.grace)
  const response = await browser.open({
    response_type: 'code',
    client_id: clientId,
    redirect_uri,
    code_challenge: pkce().challenge,
    code_challenge_method: 'S256',
  })
  return { browser, id: interactionOf(response) }
}

describe('the store', () => {
  it('forgets what nobody can use any more, and only that', async () => {
    const store = openOAuthStore(t.storage, t.audit)
    const code = await codeFor(t)
    await begin(t.clients.notebook.clientId, notebookRedirect)
    await store.sweep(t.clock.now())
    expect([await count('interaction'), await count('authorization_code')]).toEqual([1, 1])
    t.clock.advance(11 * 60_000)
    await store.sweep(t.clock.now())
    expect([await count('interaction'), await count('authorization_code')]).toEqual([0, 1])
    t.clock.advance(25 * 60 * 60_000)
    await store.sweep(t.clock.now())
    expect([await count('interaction'), await count('authorization_code')]).toEqual([0, 0])
    expect(code.code).toMatch(/^tnd_ac_/)
    store.close()
  })

  it('an interaction begun on another replica is read from the database', async () => {
    const { id } = await begin(t.clients.notebook.clientId, notebookRedirect)
    const elsewhere = openOAuthStore(t.storage, t.audit)
    expect(await elsewhere.interactions.findInteraction(id)).toEqual(
      await openOAuthStore(t.storage, t.audit).interactions.findInteraction(id),
    )
    expect((await elsewhere.interactions.findInteraction(id))?.request).toMatchObject({
      redirectUri: notebookRedirect,
    })
    elsewhere.close()
  })

  it('a client that changed between page and decision gets nothing, and the interaction stays as it was', async () => {
    const url = 'https://agent.example/client.json'
    const redirectUri = 'https://agent.example/cb'
    t.publish(url, { client_name: 'Agent', redirect_uris: [redirectUri] })
    const { browser, id } = await begin(url, redirectUri)
    const { csrf } = await browser.view(id)
    await sql`update client set fingerprint = 'changed' where id = ${url}`.execute(t.storage.db())
    const before = await count('authorization_code')
    await expect(browser.decide(id, { csrf, decision: 'allow' })).rejects.toMatchObject({ code: 'not_found' })
    expect(await count('authorization_code')).toBe(before)
    expect(await count('interaction')).toBeGreaterThan(0)
  })

  it('two first consents to one client at once: the interaction counts once', async () => {
    const { body } = await t.register({
      redirect_uris: ['https://new.example/cb'],
      token_endpoint_auth_method: 'none',
    })
    const { browser, id } = await begin(body.client_id, 'https://new.example/cb')
    const { csrf } = await browser.view(id)
    const posts = [1, 2, 3, 4].map(() => browser.decide(id, { csrf, decision: 'allow' }))
    const settled = await Promise.allSettled(posts)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('a decision that fails on the way leaves nothing behind, neither code nor claim', async () => {
    const { body } = await t.register({
      redirect_uris: ['https://fails.example/cb'],
      token_endpoint_auth_method: 'none',
    })
    const { id } = await begin(body.client_id, 'https://fails.example/cb')
    const store = openOAuthStore(t.storage, t.audit)
    const interaction = await store.interactions.findInteraction(id)
    const client = await store.clients.find(body.client_id)
    const { code } = await codeFor(t)
    if (!interaction || interaction.request.device || !client) throw new Error('not begun')
    const allowed = store.grants.allow(
      {
        interaction: id,
        browserHash: interaction.browserHash,
        at: t.clock.now(),
        entry: { event: 'x', outcome: 'ok', actor: { kind: 'system' } },
      },
      {
        // A code that is there already.
        hash: hashSecret(code),
        redirectUri: interaction.request.redirectUri,
        codeChallenge: interaction.request.codeChallenge,
        dpopJkt: null,
        terms: {
          kind: 'authorization_code',
          parent: null,
          member: t.people.grace.member,
          clientId: client.id,
          client: { ...client, verifiedDomain: null, redirectHost: 'fails.example' },
          resource: interaction.request.resource,
          scopes: [],
          details: {},
          expiresAt: null,
        },
        provisional: false,
        expiresAt: t.clock.now(),
      },
      { id: client.id, fingerprint: client.fingerprint, approvedBy: null },
    )
    await expect(allowed).rejects.toThrow(/duplicate key/)
    const after = openOAuthStore(t.storage, t.audit)
    expect(await after.interactions.findInteraction(id)).toBeDefined()
    expect((await after.clients.find(client.id))?.claimedAt).toBeNull()
    for (const each of [store, after]) each.close()
  })

  it('an interaction whose client is gone can’t be decided', async () => {
    const { body } = await t.register({
      redirect_uris: ['https://gone.example/cb'],
      token_endpoint_auth_method: 'none',
    })
    const { browser, id } = await begin(body.client_id, 'https://gone.example/cb')
    await sql`delete from client where id = ${body.client_id}`.execute(t.storage.db())
    await t.storage.publish(t.storage.db(), 'oauth.client', { id: body.client_id })
    await expect(browser.view(id)).rejects.toMatchObject({ code: 'not_found' })
  })
})

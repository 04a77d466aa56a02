import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { codeFor, interactionOf, pkce, resource, startTestOAuth, tokensFor } from '../support/oauth.ts'
import type { TestOAuth } from '../support/oauth.ts'

const redirectUri = 'https://agent.example/callback'
/** A document's address of this test's own. */
let url = ''
let n = 0
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
const by = () => {
  const { member } = t.people.ada
  return { actor: { kind: 'member' as const, id: member }, member }
}
const waiting = async (id: string) => {
  const found = (await t.oauth.approvals.list()).find(({ client }) => client.id === id)
  if (!found) throw new Error(`${id} isn't in the queue`)
  return found
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
const isWaiting = async (id: string) =>
  (await t.oauth.approvals.list()).some(({ client }) => client.id === id)

describe('S10 a client that changes after it was approved', () => {
  const approved = async (more: Record<string, unknown> = {}) => {
    publish(more)
    const tokens = await tokensFor(t, { clientId: url, redirectUri })
    await decide(url, 'approve')
    return tokens
  }
  const change = async (more: Record<string, unknown>) => {
    publish(more)
    t.clock.advance(10 * 60_000)
    // Documents are read when somebody asks (A138).
    const browser = t.browser(t.people.ada)
    await browser.open({
      response_type: 'code',
      client_id: url,
      redirect_uri: redirectUri,
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
    })
  }

  it('S10 other redirect URIs are shown to the administrator beside what she approved', async () => {
    await approved()
    await change({ redirect_uris: [redirectUri, 'https://mallory.example/cb'] })
    expect(await waiting(url)).toMatchObject({
      state: 'changed',
      changes: [
        {
          what: 'Answers go to',
          before: [redirectUri],
          after: [redirectUri, 'https://mallory.example/cb'],
        },
      ],
    })
  })

  it('S10 other keys are, too', async () => {
    const key = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
    const keyed = (kid: string) => ({
      jwks: { keys: [{ ...key(), kid }] },
      token_endpoint_auth_method: 'private_key_jwt',
    })
    publish(keyed('one'))
    await codeFor(t, { clientId: url, redirectUri })
    await decide(url, 'approve')
    await change(keyed('two'))
    expect((await waiting(url)).changes).toEqual([
      { what: 'Keys', before: ['EC P-256 one'], after: ['EC P-256 two'] },
    ])
  })

  it('S10 the person is asked again: her refresh token takes her back to consent', async () => {
    const tokens = await approved()
    const next = await refresh(url, tokens.refresh_token)
    expect(next['error']).toBeUndefined()
    await change({ redirect_uris: [redirectUri, 'https://mallory.example/cb'] })
    const refused = await refresh(url, next['refresh_token'] ?? '')
    expect(refused).toMatchObject({
      error: 'invalid_grant',
      error_description: expect.stringContaining('changed'),
    })
    const { access_token: token } = await tokensFor(t, { clientId: url, redirectUri })
    // And what she allows now waits for an administrator again.
    expect(await scopesOf(token)).toBeNull()
    await decide(url, 'approve')
    expect(await scopesOf(token)).not.toBeNull()
    expect(await isWaiting(url)).toBe(false)
  })

  it('S10 the consent page tells her that it is not what she allowed', async () => {
    await approved()
    const view = async () => {
      const browser = t.browser(t.people.grace)
      const opened = await browser.open({
        response_type: 'code',
        client_id: url,
        redirect_uri: redirectUri,
        code_challenge: pkce().challenge,
        code_challenge_method: 'S256',
      })
      return (await browser.view(interactionOf(opened))).warnings.join(' ')
    }
    expect(await view()).not.toContain('changed since you allowed it')
    await change({ client_name: 'Agent 2' })
    expect(await view()).toContain('changed since you allowed it')
  })

  it('S10 a page that shows what the app was decides nothing about what it is, and approves nothing', async () => {
    for (const who of [t.people.grace, t.people.ada]) {
      url = `https://agent.example/${++n}/client.json`
      publish()
      const browser = t.browser(who)
      const opened = await browser.open({
        response_type: 'code',
        client_id: url,
        redirect_uri: redirectUri,
        code_challenge: pkce().challenge,
        code_challenge_method: 'S256',
      })
      const id = interactionOf(opened)
      const { csrf } = await browser.view(id)
      // Documents are read when somebody asks: whoever runs the app sends a browser of its own, later.
      t.clock.advance(5 * 60_000 + 1)
      publish({ redirect_uris: [redirectUri, 'https://mallory.example/cb'] })
      await t.browser(null).open({
        response_type: 'code',
        client_id: url,
        redirect_uri: redirectUri,
        code_challenge: pkce().challenge,
        code_challenge_method: 'S256',
      })
      await expect(browser.decide(id, { csrf, decision: 'allow' })).rejects.toMatchObject({
        code: 'access_denied',
      })
      expect((await t.oauth.clients.view(url))?.state).toBe('unapproved')
      // Loaded again it shows what the app is now, and can be decided.
      const again = await browser.view(id)
      await browser.decide(id, { csrf: again.csrf, decision: 'allow' })
    }
  })

  it('S10 a document that stays the same asks nobody', async () => {
    const tokens = await approved()
    await change({})
    expect(await isWaiting(url)).toBe(false)
    expect((await refresh(url, tokens.refresh_token))['error']).toBeUndefined()
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeFor, resource, startTestOAuth, tokensFor } from '../../test/support/oauth.ts'
import type { TestOAuth, Tokens } from '../../test/support/oauth.ts'

describe('the authorization server', () => {
  let t: TestOAuth
  beforeAll(async () => {
    t = await startTestOAuth()
  })
  afterAll(() => t.close())

  it('takes an agent from consent to a token that verifies', async () => {
    const tokens = await tokensFor(t)
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'crm:read crm:write' })
    const content = await t.oauth.verify(tokens.access_token, resource)
    expect(content).toMatchObject({
      subject: t.people.grace.member,
      clientId: t.clients.notebook.clientId,
      clientName: 'Notebook',
      scopes: ['crm:read', 'crm:write'],
      audience: resource,
      details: {},
    })
  })

  it('refreshes', async () => {
    const tokens = await tokensFor(t)
    const response = await t.post('/oauth/token', {
      grant_type: 'refresh_token',
      client_id: t.clients.notebook.clientId,
      refresh_token: tokens.refresh_token,
    })
    expect(response.status).toBe(200)
    const refreshed = (await response.json()) as Tokens
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token)
    expect(await t.oauth.verify(refreshed.access_token, resource)).toBeDefined()
  })

  it('sends the issuer and the state with the code', async () => {
    const { answer } = await codeFor(t)
    expect(answer.searchParams.get('iss')).toBe('http://localhost:3000')
    expect(answer.searchParams.get('state')).toBe('the client’s own')
  })
})

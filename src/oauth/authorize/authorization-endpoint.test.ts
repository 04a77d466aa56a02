import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  codeFor,
  formRequest,
  interactionOf,
  issuer,
  ledgerRedirect,
  notebookRedirect,
  pkce,
  resource,
  startTestOAuth,
  tokensFor,
} from '../../../test/support/oauth.ts'
import type { TestOAuth } from '../../../test/support/oauth.ts'

let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth()
})
afterAll(() => t.close())

const ledger = (more: Record<string, string> = {}) => ({
  response_type: 'code',
  client_id: t.clients.ledger.clientId,
  redirect_uri: ledgerRedirect,
  code_challenge: pkce().challenge,
  code_challenge_method: 'S256',
  ...more,
})
async function errorOf(more: Record<string, string>): Promise<string | null> {
  const response = await t.browser(t.people.grace).open(ledger(more))
  return new URL(response.headers.get('location') ?? issuer, issuer).searchParams.get('error')
}
const viewOf = async (request: Record<string, string>) => {
  const browser = t.browser(t.people.grace)
  return browser.view(interactionOf(await browser.open(request)))
}

describe('the authorization endpoint', () => {
  it('knows code alone, in the query, without request objects', async () => {
    expect(await errorOf({ response_type: '' })).toBe('invalid_request')
    expect(await errorOf({ response_type: 'code id_token' })).toBe('unsupported_response_type')
    expect(await errorOf({ response_mode: 'fragment' })).toBe('invalid_request')
    expect(await errorOf({ request: 'x.y.z' })).toBe('invalid_request')
    expect(await errorOf({ request_uri: 'https://mallory.example/r' })).toBe('invalid_request')
    expect(await errorOf({ max_age: 'soon' })).toBe('invalid_request')
    expect(
      await errorOf({ response_mode: 'query', prompt: 'consent', login_hint: 'grace', ui_locales: 'de' }),
    ).toBeNull()
  })

  it('echoes a state of 2 KB whatever it holds, refuses a longer one, and does without', async () => {
    const state = '☃ %&=+"\\'.padEnd(2000, 'x')
    expect((await codeFor(t, { more: { state } })).answer.searchParams.get('state')).toBe(state)
    expect((await codeFor(t, { more: { state: '' } })).answer.searchParams.has('state')).toBe(false)
    expect(await errorOf({ state: 'x'.repeat(2049) })).toBe('invalid_request')
  })

  it('understands the camelCase names of older clients', async () => {
    const view = await viewOf({
      responseType: 'code',
      clientId: t.clients.notebook.clientId,
      redirectUrl: notebookRedirect,
      codeChallenge: pkce().challenge,
      codeChallengeMethod: 'S256',
    })
    expect(view.client.name).toBe('Notebook')
  })

  it('takes the request as a form too', async () => {
    const response = await t.oauth.handle(formRequest(`${issuer}/oauth/authorize`, ledger()), {
      ip: '127.0.0.1',
    })
    expect(response?.status).toBe(303)
    expect(response?.headers.get('location')).toContain('/sign-in')
  })

  it('needs no redirect URI when just one is registered', async () => {
    const { redirect_uri: _, ...request } = ledger()
    expect((await viewOf(request)).redirect?.host).toBe('ledger.example')
    const { clientId } = await t.oauth.clients.create({
      name: 'Two',
      redirectUris: ['https://two.example/a', 'https://two.example/b'],
      confidential: false,
    })
    const response = await t.browser(t.people.grace).open({ ...request, client_id: clientId })
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
    expect(await response.text()).toContain('redirect_uri')
  })

  it('needs a client', async () => {
    const response = await t.browser(null).open({ response_type: 'code' })
    expect(await response.text()).toContain('client_id')
  })

  it('tells the person when a metadata document can’t be had, and when it is refused', async () => {
    const open = (client_id: string) => t.browser(t.people.grace).open({ ...ledger(), client_id })
    expect((await open('https://gone.example/client.json')).status).toBe(503)
    t.publish('https://odd.example/client.json', { client_name: 'Odd', redirect_uris: [] })
    expect((await open('https://odd.example/client.json')).status).toBe(400)
  })

  it('a client known by its metadata document gets in, under the name of its host', async () => {
    const client_id = 'https://agent.example/client.json'
    t.publish(client_id, { client_name: 'Agent', redirect_uris: ['https://agent.example/cb'] })
    const request = { ...ledger(), client_id, redirect_uri: 'https://agent.example/cb' }
    expect((await viewOf(request)).client).toMatchObject({ verifiedDomain: 'agent.example' })
    const tokens = await tokensFor(t, { clientId: client_id, redirectUri: 'https://agent.example/cb' })
    expect(tokens.token_type).toBe('Bearer')
  })

  it('an app’s own scheme is shown as such', async () => {
    const { body } = await t.register({
      client_name: 'Cursor',
      redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'],
    })
    const view = await viewOf({
      ...ledger(),
      client_id: body.client_id,
      redirect_uri: 'cursor://anysphere.cursor-mcp/oauth/callback',
    })
    expect(view.redirect).toEqual({ host: 'cursor://anysphere.cursor-mcp', loopback: false, appScheme: true })
    expect(view.warnings.join(' ')).toContain('cursor: links')
  })

  it('narrows scopes instead of failing, and has a default', async () => {
    const scopesOf = async (scope: string) => (await viewOf(ledger({ scope }))).scopes.map((one) => one.scope)
    expect(await scopesOf('')).toEqual(['crm:read', 'crm:write'])
    // A51: mcp-remote, when it can't discover. It names the resource, so it wants that too.
    const identity = { scope: 'openid email profile', resource }
    const seen = (await viewOf(ledger(identity))).scopes.map(({ scope }) => scope)
    expect(seen).toEqual(['openid', 'email', 'profile', 'crm:read', 'crm:write'])
    expect(await scopesOf('openid email profile')).toEqual(['openid', 'email', 'profile'])
    expect(await scopesOf('openid crm:read')).toEqual(['openid', 'crm:read'])
    expect(await scopesOf('email profile')).toEqual(['crm:read', 'crm:write'])
    expect(await scopesOf('crm:read nonsense offline_access crm:read')).toEqual(['crm:read'])
  })

  it('never offers more than the client’s ceiling', async () => {
    const { clientId } = await t.oauth.clients.create({
      name: 'Reader',
      redirectUris: [notebookRedirect],
      confidential: false,
      scopes: ['crm:read'],
    })
    const view = await viewOf({
      ...ledger({ scope: 'crm:write crm:read' }),
      client_id: clientId,
      redirect_uri: notebookRedirect,
    })
    expect(view.scopes.map(({ scope }) => scope)).toEqual(['crm:read'])
  })

  it.each([
    ['', 'Tandem'],
    [`${issuer}/mcp/`, 'Tandem'],
    ['HTTP://LOCALHOST:3000/mcp', 'Tandem'],
    [issuer, 'Tandem'],
    [`${issuer}/`, 'Tandem'],
    [`${issuer}/api`, 'Tandem API'],
  ])('takes resource “%s” for %s', async (resource, name) => {
    expect((await viewOf(ledger({ resource }))).resource).toBe(name)
  })

  it.each([
    `${issuer}/mcp-other`,
    `${issuer}/mcp/sub`,
    'https://localhost:3000/mcp',
    'mcp',
    `${issuer}/mcp#x`,
    `${issuer}/mcp?x`,
  ])('refuses resource “%s”', async (resource) => {
    expect(await errorOf({ resource })).toBe('invalid_target')
  })

  it('asks the client policy each time', async () => {
    const local = await startTestOAuth({ clientPolicy: 'local' })
    local.publish('https://agent.example/c.json', {
      client_name: 'Agent',
      redirect_uris: ['https://agent.example/cb'],
    })
    const response = await local.browser(local.people.grace).open({
      ...ledger(),
      client_id: 'https://agent.example/c.json',
      redirect_uri: 'https://agent.example/cb',
    })
    expect(await response.text()).toContain('unauthorized_client')
    await local.close()
  })
})

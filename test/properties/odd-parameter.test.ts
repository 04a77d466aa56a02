import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assertionFor, jwtBearer, openIdp } from '../support/id-jag.ts'
import type { Idp } from '../support/id-jag.ts'
import { askDevice, deviceGrant, registerDevice } from '../support/device.ts'
import { accessTokenType, connected, exchangeGrant, exchanger } from '../support/exchange.ts'
import { basic, issuer, ledgerRedirect, pkce, startTestOAuth, tokensFor } from '../support/oauth.ts'
import type { TestOAuth } from '../support/oauth.ts'
import { odd } from './fuzz-values.ts'

let t: TestOAuth
let idp: Idp
beforeAll(async () => {
  idp = await openIdp()
  t = await startTestOAuth({ enterpriseProviders: [idp.provider] })
})
afterAll(() => t.close())

type Form = Record<string, string>
/** A request as good as can be repeated, and the parameters that it does without. */
type Good = { path: string; form: Form; more?: readonly string[]; headers?: Record<string, string> }

const detailed = ['scope', 'resource', 'authorization_details']
const verifier = 'v'.repeat(43)
const authorization = async (): Promise<Good> => ({
  path: '/oauth/authorize',
  form: {
    client_id: t.clients.ledger.clientId,
    response_type: 'code',
    redirect_uri: ledgerRedirect,
    code_challenge: pkce().challenge,
    code_challenge_method: 'S256',
    scope: 'openid crm:read',
  },
  more: [
    'state',
    'nonce',
    'prompt',
    'max_age',
    'login_hint',
    'id_token_hint',
    'ui_locales',
    'acr_values',
    'claims',
    'dpop_jkt',
    'request',
    'request_uri',
    'response_mode',
    ...detailed,
  ],
})

const requests: Record<string, () => Promise<Good>> = {
  'an authorization request': authorization,
  'a pushed one': async () => ({
    ...(await authorization()),
    path: '/oauth/par',
    headers: basic(t.clients.ledger),
  }),
  'a code': async () => ({
    path: '/oauth/token',
    form: {
      grant_type: 'authorization_code',
      client_id: t.clients.notebook.clientId,
      code: 'x',
      code_verifier: verifier,
    },
    more: ['redirect_uri', 'client_secret', 'client_assertion', 'client_assertion_type', ...detailed],
  }),
  'a refresh token': async () => ({
    path: '/oauth/token',
    form: {
      grant_type: 'refresh_token',
      client_id: t.clients.notebook.clientId,
      refresh_token: (await tokensFor(t)).refresh_token,
    },
    more: detailed,
  }),
  'a device’s request': async () => ({
    path: '/oauth/device_authorization',
    form: { client_id: await registerDevice(t) },
    more: ['code_challenge', 'code_challenge_method', ...detailed],
  }),
  'a device’s code': async () => {
    const client_id = await registerDevice(t)
    const { device_code } = await askDevice(t, client_id)
    return {
      path: '/oauth/token',
      form: { grant_type: deviceGrant, client_id, device_code },
      more: ['code_verifier', ...detailed],
    }
  },
  'an exchange': async () => {
    const client = await exchanger(t, 'Planner')
    const { access_token } = await connected(t, client)
    return {
      path: '/oauth/token',
      form: { grant_type: exchangeGrant, subject_token: access_token, subject_token_type: accessTokenType },
      more: ['audience', 'requested_token_type', 'actor_token', 'actor_token_type', ...detailed],
      headers: basic(client),
    }
  },
  'an assertion': async () => {
    const grantTypes = [jwtBearer] as const
    const input = { name: 'Assistant', redirectUris: [], confidential: true, grantTypes: [...grantTypes] }
    const client = await t.oauth.clients.create(input)
    const assertion = await assertionFor(idp, client.clientId, t.clock)
    return {
      path: '/oauth/token',
      form: { grant_type: jwtBearer, assertion },
      more: detailed,
      headers: basic(client),
    }
  },
  introspection: async () => ({
    path: '/oauth/introspect',
    form: { token: (await tokensFor(t)).access_token },
    more: ['token_type_hint'],
    headers: basic(t.clients.ledger),
  }),
  revocation: async () => ({
    path: '/oauth/revoke',
    form: { token: 'x' },
    more: ['token_type_hint'],
    headers: basic(t.clients.ledger),
  }),
  'signing out': async () => ({
    path: '/oauth/logout',
    form: { client_id: t.clients.ledger.clientId },
    more: ['id_token_hint', 'post_logout_redirect_uri', 'state', 'csrf', 'logout_hint'],
    headers: { 'x-test-person': t.people.grace.session },
  }),
}

describe('one odd parameter in a good request', () => {
  it.each(Object.keys(requests))('%s: is answered, never with a fault of ours', async (name) => {
    const good = await requests[name]?.()
    if (!good) throw new Error('no such request')
    const { path, form, more = [], headers = {} } = good
    const failed: string[] = []
    for (const parameter of [...Object.keys(form), ...more, '__proto__', 'a\0b']) {
      for (const value of odd) {
        const sent = Object.entries(form).filter(([known]) => known !== parameter)
        const body = new URLSearchParams([...sent, [parameter, value]])
        const request = new Request(issuer + path, { method: 'POST', body, headers })
        const answer = await t.oauth.handle(request, { ip: '127.0.0.1' })
        if (!answer || answer.status >= 500) failed.push(`${parameter}=${value.slice(0, 40)}`)
      }
    }
    expect(failed).toEqual([])
  })
})

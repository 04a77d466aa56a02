import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { epochSeconds } from '#foundation'
import { askDevice, decideDevice, poll, registerDevice } from '../support/device.ts'
import { allowExchange, exchange, exchanger } from '../support/exchange.ts'
import {
  basic,
  codeFor,
  issuer,
  notebookRedirect,
  resource,
  startTestOAuth,
  tokensFor,
} from '../support/oauth.ts'
import type { TestOAuth, Tokens } from '../support/oauth.ts'
import { proofKey } from '../support/proofs.ts'

let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth()
})
afterAll(() => t.close())

type Who = { form: Record<string, string>; headers?: Record<string, string> }
/** Tokens, and how the client that holds them says who it is. */
type Held = { tokens: Tokens; by: Who }

const publicly = (clientId: string): Who => ({ form: { client_id: clientId } })
const tokensOf = async (response: Response) => {
  expect(response.status).toBe(200)
  return (await response.json()) as Tokens
}
const revoke = (token: string, by: Who, form: Record<string, string> = {}) =>
  t.post('/oauth/revoke', { token, ...by.form, ...form }, by.headers)
const isGood = async (token: string) => (await t.oauth.verify(token, resource)) !== undefined

/** Every way to tokens there is. */
const ways: Record<string, () => Promise<Held>> = {
  'a person’s consent': async () => ({
    tokens: await tokensFor(t),
    by: publicly(t.clients.notebook.clientId),
  }),
  'a device': async () => {
    const clientId = await registerDevice(t)
    const asked = await askDevice(t, clientId)
    await decideDevice(t, asked.user_code)
    return { tokens: await tokensOf(await poll(t, clientId, asked.device_code)), by: publicly(clientId) }
  },
  'client credentials': async () => {
    const own = await t.oauth.clients.create({
      name: 'Nightly',
      redirectUris: [],
      confidential: true,
      grantTypes: ['client_credentials'],
      owner: t.people.ada.member,
    })
    const answer = await t.post('/oauth/token', { grant_type: 'client_credentials' }, basic(own))
    return { tokens: await tokensOf(answer), by: { form: {}, headers: basic(own) } }
  },
  'an exchange': async () => {
    const planner = await exchanger(t, 'Planner')
    await allowExchange(t, planner, resource)
    const { access_token } = await tokensFor(t)
    const tokens = await tokensOf(await exchange(t, planner, access_token))
    return { tokens, by: { form: {}, headers: basic(planner) } }
  },
  'a consent bound to a key': async () => {
    const key = await proofKey()
    const { code, verifier } = await codeFor(t)
    const clientId = t.clients.notebook.clientId
    const form = { grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier }
    const dpop = await key.prove({ url: `${issuer}/oauth/token`, now: epochSeconds(t.clock.now()) })
    return { tokens: await tokensOf(await t.post('/oauth/token', form, { dpop })), by: publicly(clientId) }
  },
}

describe.each(Object.keys(ways))('revoking tokens from %s (RFC 7009)', (way) => {
  const get = async (): Promise<Held> => {
    const held = await ways[way]?.()
    if (!held) throw new Error('no such way')
    return held
  }

  it('A90 its own client ends all of it with the access token, whatever the hint (A87)', async () => {
    for (const token_type_hint of ['access_token', 'refresh_token', 'nonsense']) {
      const { tokens, by } = await get()
      expect(await isGood(tokens.access_token)).toBe(true)
      const answer = await revoke(tokens.access_token, by, { token_type_hint })
      expect([answer.status, await answer.text(), answer.headers.get('cache-control')]).toEqual([
        200,
        '',
        'no-store',
      ])
      expect(await isGood(tokens.access_token)).toBe(false)
      // A89: again, and for good measure.
      expect((await revoke(tokens.access_token, by)).status).toBe(200)
    }
  })

  it('A90 and with the refresh token, where there is one', async () => {
    const { tokens, by } = await get()
    if (tokens.refresh_token === undefined) return expect(way).toMatch(/credentials|exchange/)
    expect((await revoke(tokens.refresh_token, by)).status).toBe(200)
    expect(await isGood(tokens.access_token)).toBe(false)
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, ...by.form }
    expect((await t.post('/oauth/token', form, by.headers)).status).toBe(400)
  })

  it('T7, A88 another client changes nothing, public or confidential, and hears nothing', async () => {
    const { tokens } = await get()
    const { body } = await t.register({ client_name: 'Other', redirect_uris: [notebookRedirect] })
    const others: Who[] = [
      { form: {}, headers: basic(t.clients.mallory) },
      { form: {}, headers: basic(t.clients.ledger) },
      ...('client_secret' in body ? [] : [publicly(body.client_id)]),
    ]
    for (const other of others) {
      for (const token of [tokens.access_token, tokens.refresh_token]) {
        if (token === undefined) continue
        const [foreign, unknown] = [await revoke(token, other), await revoke('unknown', other)]
        expect([foreign.status, await foreign.text()]).toEqual([unknown.status, await unknown.text()])
      }
    }
    expect(await isGood(tokens.access_token)).toBe(true)
  })
})

describe('revocation and time', () => {
  it('an access token that has expired ends nothing, for its own client either: it may come from a log', async () => {
    const tokens = await tokensFor(t)
    t.clock.advance(600_000)
    const by = publicly(t.clients.notebook.clientId)
    expect((await revoke(tokens.access_token, by)).status).toBe(200)
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, ...by.form }
    const next = await tokensOf(await t.post('/oauth/token', form))
    expect((await revoke(next.access_token, by)).status).toBe(200)
    expect(await isGood(next.access_token)).toBe(false)
  })
})

describe('revocation and what was exchanged', () => {
  it('ending the person’s grant ends what was exchanged from it, and not the other way round', async () => {
    const [planner, clerk] = [await exchanger(t, 'Planner'), await exchanger(t, 'Clerk')]
    for (const one of [planner, clerk]) await allowExchange(t, one, resource)
    const given = await tokensFor(t)
    const exchanged = await tokensOf(await exchange(t, planner, given.access_token))
    await revoke(exchanged.access_token, { form: {}, headers: basic(planner) })
    expect([await isGood(exchanged.access_token), await isGood(given.access_token)]).toEqual([false, true])
    const clerks = await tokensOf(await exchange(t, clerk, given.access_token))
    await revoke(given.access_token, publicly(t.clients.notebook.clientId))
    expect([await isGood(clerks.access_token), await isGood(given.access_token)]).toEqual([false, false])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isId } from '#foundation'
import { sql } from '#storage'
import { askDevice, decideDevice, deviceGrant, poll, registerDevice, typeCode } from '../support/device.ts'
import { disabled, otherResource, person, pkce, resource, startTestOAuth } from '../support/oauth.ts'
import type { TestOAuth, Tokens } from '../support/oauth.ts'

let t: TestOAuth
let tv: string
beforeAll(async () => {
  t = await startTestOAuth()
  tv = await registerDevice(t)
})
afterAll(() => t.close())

const errorOf = async (response: Response) => ((await response.json()) as { error: string }).error
const tokensOf = async (response: Response) => (await response.json()) as Tokens

describe('V4 what the person sees before she answers', () => {
  it('V4 the client, the scopes, the code again, and where it asked from (RFC 8628 §3.3.1, §5.4)', async () => {
    const asked = await askDevice(t, tv, { scope: 'crm:read crm:delete', resource: otherResource })
    const { browser, id } = await typeCode(t, t.people.grace, asked.user_code.toLowerCase())
    const view = await browser.view(id)
    expect(view).toMatchObject({
      client: { name: 'Television', registration: 'dynamic', verifiedDomain: null },
      redirect: null,
      device: { code: asked.user_code, ip: '127.0.0.1', askedAt: t.clock.now().toISOString() },
      scopes: [{ scope: 'crm:read' }, { scope: 'crm:delete' }],
      resource: 'Tandem API',
    })
    expect(view.warnings).toContain(
      'Continue only if you started this yourself, just now, and your device shows this code.',
    )
  })

  it('V4 the address with the code in it allows nothing by itself', async () => {
    const asked = await askDevice(t, tv)
    expect(asked.verification_uri_complete).toBe(`${asked.verification_uri}?user_code=${asked.user_code}`)
    await typeCode(t, t.people.grace, asked.user_code)
    expect(await errorOf(await poll(t, tv, asked.device_code))).toBe('authorization_pending')
  })

  it('a yes gives what she left of what was asked, in a grant of its kind', async () => {
    const asked = await askDevice(t, tv, { scope: 'crm:read crm:write' })
    const narrowed = { scopes: ['crm:read'], objects: ['company'], days: 3 }
    expect(await decideDevice(t, asked.user_code, narrowed)).toBe('/device?done=allowed')
    const tokens = await tokensOf(await poll(t, tv, asked.device_code))
    expect(tokens).toMatchObject({ token_type: 'Bearer', scope: 'crm:read', expires_in: 600 })
    const content = await t.oauth.verify(tokens.access_token, resource)
    expect(content).toMatchObject({
      subject: t.people.grace.member,
      clientId: tv,
      scopes: ['crm:read'],
      details: { objects: ['company'] },
    })
    const { rows } =
      await sql`select kind, member, parent from oauth_grant where id = ${content?.grantId}`.execute(
        t.storage.db<never>(),
      )
    expect(rows).toEqual([{ kind: 'device_code', member: t.people.grace.member, parent: null }])
    const entries = await t.audit.list({ limit: 10 })
    expect(entries).toContainEqual(
      expect.objectContaining({
        event: 'grant.given',
        detail: expect.objectContaining({ grant_type: 'device_code' }),
      }),
    )
    const refreshed = await t.post('/oauth/token', {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
      client_id: tv,
    })
    expect(refreshed.status).toBe(200)
  })

  it('ending the grant ends the device, its refresh token too', async () => {
    const asked = await askDevice(t, tv)
    await decideDevice(t, asked.user_code)
    const tokens = await tokensOf(await poll(t, tv, asked.device_code))
    const id = (await t.oauth.verify(tokens.access_token, resource))?.grantId
    if (!isId('grt', id)) throw new Error('no grant')
    const by = { member: t.people.grace.member, administrator: false }
    expect(await t.oauth.grants.end(id, by, 'lost the remote')).toBe(true)
    expect(await t.oauth.verify(tokens.access_token, resource)).toBeUndefined()
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: tv }
    expect(await errorOf(await t.post('/oauth/token', refresh))).toBe('invalid_grant')
  })

  it('who was disabled after her yes gives the device nothing', async () => {
    const linus = person('Linus', false, t.clock)
    const asked = await askDevice(t, tv)
    await decideDevice(t, asked.user_code, { who: linus })
    disabled.add(linus.member)
    expect(await errorOf(await poll(t, tv, asked.device_code))).toBe('invalid_grant')
    expect(await t.oauth.grants.list(linus.member)).toMatchObject([{ status: 'ended' }])
  })

  it('people can only narrow, for a device too', async () => {
    const asked = await askDevice(t, tv, { scope: 'crm:read' })
    await expect(decideDevice(t, asked.user_code, { scopes: ['crm:write'] })).rejects.toMatchObject({
      code: 'invalid_scope',
    })
    expect(await errorOf(await poll(t, tv, asked.device_code))).toBe('authorization_pending')
  })
})

describe('V5 the device and the person', () => {
  it('V5 two people who type one code: the first to answer decides, the other hears that it is over', async () => {
    const asked = await askDevice(t, tv)
    const grace = await typeCode(t, t.people.grace, asked.user_code)
    const ada = await typeCode(t, t.people.ada, asked.user_code)
    const [hers, others] = [await grace.browser.view(grace.id), await ada.browser.view(ada.id)]
    await grace.browser.decide(grace.id, { decision: 'allow', csrf: hers.csrf })
    for (const decision of ['deny', 'allow'] as const) {
      await expect(ada.browser.decide(ada.id, { decision, csrf: others.csrf })).rejects.toMatchObject({
        code: 'not_found',
      })
    }
    const { access_token } = await tokensOf(await poll(t, tv, asked.device_code))
    expect((await t.oauth.verify(access_token, resource))?.subject).toBe(t.people.grace.member)
  })

  it('V5 of many answers at once by both, one counts', async () => {
    const asked = await askDevice(t, tv)
    const both = await Promise.all(
      [t.people.grace, t.people.ada].map((who) => typeCode(t, who, asked.user_code)),
    )
    const before = (await t.oauth.grants.list(null)).length
    const answers = await Promise.allSettled(
      both.flatMap(({ browser, id }) =>
        [1, 2, 3].map(async () => {
          const { csrf } = await browser.view(id)
          return browser.decide(id, { decision: 'allow', csrf })
        }),
      ),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await poll(t, tv, asked.device_code)).status).toBe(200)
    expect(await t.oauth.grants.list(null)).toHaveLength(before + 1)
  })

  it('V5 C1 nobody answers in a browser that didn’t type the code, nor without its page’s token', async () => {
    const asked = await askDevice(t, tv)
    const { browser, id } = await typeCode(t, t.people.grace, asked.user_code)
    const elsewhere = t.browser(t.people.grace)
    await expect(elsewhere.view(id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(browser.decide(id, { decision: 'allow', csrf: 'made up' })).rejects.toMatchObject({
      code: 'access_denied',
    })
    expect(await errorOf(await poll(t, tv, asked.device_code))).toBe('authorization_pending')
  })
})

describe('V6 PKCE where a device sends it', () => {
  it('V6 the verifier is asked for and must fit; a wrong one uses nothing up (CVE-2026-123542)', async () => {
    const { verifier, challenge } = pkce()
    const sent = { code_challenge: challenge, code_challenge_method: 'S256' }
    const asked = await askDevice(t, tv, sent)
    await decideDevice(t, asked.user_code)
    expect(await errorOf(await poll(t, tv, asked.device_code))).toBe('invalid_grant')
    const wrong = { code_verifier: pkce().verifier }
    expect(await errorOf(await poll(t, tv, asked.device_code, wrong))).toBe('invalid_grant')
    expect((await poll(t, tv, asked.device_code, { code_verifier: verifier })).status).toBe(200)
  })

  it('V6 no plain method, no empty challenge, and no verifier where none was promised (RFC 9700 §4.8.2)', async () => {
    const { challenge } = pkce()
    for (const form of [
      { code_challenge: challenge },
      { code_challenge: challenge, code_challenge_method: 'plain' },
      { code_challenge: 'short', code_challenge_method: 'S256' },
      { code_challenge_method: 'S256' },
    ]) {
      const answer = await t.post('/oauth/device_authorization', { client_id: tv, ...form })
      expect([answer.status, await errorOf(answer)]).toEqual([400, 'invalid_request'])
    }
    const asked = await askDevice(t, tv)
    await decideDevice(t, asked.user_code)
    const made = { code_verifier: pkce().verifier }
    expect(await errorOf(await poll(t, tv, asked.device_code, made))).toBe('invalid_grant')
    expect((await poll(t, tv, asked.device_code)).status).toBe(200)
  })
})

describe('V7 no way around the policy', () => {
  it('V7 a client that didn’t register for devices gets no code (CVE-2024-38371)', async () => {
    const answer = await t.post('/oauth/device_authorization', { client_id: t.clients.notebook.clientId })
    expect([answer.status, await errorOf(answer)]).toEqual([400, 'unauthorized_client'])
    const unknown = await t.post('/oauth/device_authorization', { client_id: 'cli_nobody' })
    expect([unknown.status, await errorOf(unknown)]).toEqual([401, 'invalid_client'])
  })

  it('V7 under “ask”, a device that a member allowed can do nothing until an administrator says yes', async () => {
    const own = await startTestOAuth({ clientPolicy: 'ask' })
    const client = await registerDevice(own)
    const hers = await askDevice(own, client)
    const { browser, id } = await typeCode(own, own.people.grace, hers.user_code)
    const view = await browser.view(id)
    expect(view.needsAdministrator).toBe(true)
    const { location } = await browser.decide(id, { decision: 'allow', csrf: view.csrf })
    expect(location).toBe('/device?done=waiting')
    const { access_token } = await tokensOf(await poll(own, client, hers.device_code))
    expect(await own.oauth.verify(access_token, resource)).toBeUndefined()
    // An administrator's own consent is an approval (design §4).
    const admins = await askDevice(own, client)
    await decideDevice(own, admins.user_code, { who: own.people.ada })
    expect(await own.oauth.verify(access_token, resource)).toBeDefined()
    await own.close()
  })

  it('V7 a request is asked about again each time: a yes to one device is none to the next', async () => {
    const first = await askDevice(t, tv)
    await decideDevice(t, first.user_code)
    const second = await askDevice(t, tv)
    expect(await errorOf(await poll(t, tv, second.device_code))).toBe('authorization_pending')
    expect((await poll(t, tv, first.device_code)).status).toBe(200)
  })
})

describe('the request', () => {
  it('A140 takes a resource, which the tokens are for, and no other later (RFC 8707 §2.2)', async () => {
    const wrong = await t.post('/oauth/device_authorization', {
      client_id: tv,
      resource: 'https://elsewhere.example/mcp',
    })
    expect(await errorOf(wrong)).toBe('invalid_target')
    const asked = await askDevice(t, tv, { resource: otherResource })
    await decideDevice(t, asked.user_code)
    expect(await errorOf(await poll(t, tv, asked.device_code, { resource }))).toBe('invalid_target')
    const { access_token } = await tokensOf(await poll(t, tv, asked.device_code, { resource: otherResource }))
    expect(await t.oauth.verify(access_token, otherResource)).toBeDefined()
    expect(await t.oauth.verify(access_token, resource)).toBeUndefined()
  })

  it('A141 the answer has what RFC 8628 §3.2 wants', async () => {
    const answer = await t.post('/oauth/device_authorization', { client_id: tv })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toEqual({
      device_code: expect.any(String),
      user_code: expect.any(String),
      verification_uri: 'http://localhost:3000/device',
      verification_uri_complete: expect.stringContaining('http://localhost:3000/device?user_code='),
      expires_in: 600,
      interval: 5,
    })
  })

  it('A16, A19 discovery names the endpoint and the grant (RFC 8628 §4)', async () => {
    const answer = await t.get('/.well-known/oauth-authorization-server')
    expect(await answer.json()).toMatchObject({
      device_authorization_endpoint: 'http://localhost:3000/oauth/device_authorization',
      grant_types_supported: expect.arrayContaining([deviceGrant]),
    })
  })
})

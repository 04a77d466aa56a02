import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isId } from '#foundation'
import { sql } from '#storage'
import { createRefreshTokens } from '../../src/oauth/token/refresh-token.ts'
import {
  basic,
  codeFor,
  interactionOf,
  ledgerRedirect,
  notebookRedirect,
  otherResource,
  pkce,
  resource,
  startTestOAuth,
  tokensFor,
} from '../support/oauth.ts'
import type { TestOAuth, Tokens } from '../support/oauth.ts'

let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth()
})
afterAll(() => t.close())

type Form = Record<string, string | undefined>
const refresh = (refresh_token: string, form: Form = {}, headers?: Record<string, string>) =>
  t.post(
    '/oauth/token',
    {
      grant_type: 'refresh_token',
      refresh_token,
      ...(headers ? {} : { client_id: t.clients.notebook.clientId }),
      ...form,
    },
    headers,
  )
const revoke = (token: string, form: Form = {}, headers?: Record<string, string>) =>
  t.post(
    '/oauth/revoke',
    { token, ...(headers ? {} : { client_id: t.clients.notebook.clientId }), ...form },
    headers,
  )
const errorOf = async (response: Response) => ((await response.json()) as { error: string }).error
const tokensOf = async (response: Response) => (await response.json()) as Tokens
const ledgerTokens = async () => {
  const { code, verifier } = await codeFor(t, {
    clientId: t.clients.ledger.clientId,
    redirectUri: ledgerRedirect,
  })
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
  return tokensOf(await t.post('/oauth/token', form, basic(t.clients.ledger)))
}
async function grantOf(token: string) {
  const content = await t.oauth.verify(token, resource)
  return (await t.oauth.grants.list(null)).find(({ id }) => id === content?.grantId)
}

describe('refresh and revocation', () => {
  it('T1 a confidential client refreshes with its secret and not without or with a wrong one', async () => {
    const { refresh_token } = await ledgerTokens()
    const { clientId } = t.clients.ledger
    const without = await refresh(refresh_token, { client_id: clientId })
    expect([without.status, await errorOf(without)]).toEqual([401, 'invalid_client'])
    const wrong = await refresh(refresh_token, {}, basic({ clientId, clientSecret: 'tnd_cs_guess' }))
    expect([wrong.status, await errorOf(wrong)]).toEqual([401, 'invalid_client'])
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic /)
    expect(without.headers.get('www-authenticate')).toBeNull()
    expect((await refresh(refresh_token, {}, basic(t.clients.ledger))).status).toBe(200)
  })

  it('T2 another client can’t refresh it, and trying ends nothing', async () => {
    const tokens = await tokensFor(t)
    expect(await errorOf(await refresh(tokens.refresh_token, {}, basic(t.clients.mallory)))).toBe(
      'invalid_grant',
    )
    expect((await refresh(tokens.refresh_token)).status).toBe(200)
  })

  it('T3 no kind of token passes for another', async () => {
    const tokens = await tokensFor(t)
    const { code } = await codeFor(t)
    const browser = t.browser(t.people.grace)
    const itx = interactionOf(
      await browser.open({
        response_type: 'code',
        client_id: t.clients.notebook.clientId,
        redirect_uri: notebookRedirect,
        code_challenge: pkce().challenge,
        code_challenge_method: 'S256',
        state: 'a state',
      }),
    )
    const { csrf } = await browser.view(itx)
    const cookie = browser.jar.get('tandem_itx') ?? ''
    const kinds = {
      ...tokens,
      code,
      itx,
      csrf,
      cookie,
      state: 'a state',
      secret: t.clients.ledger.clientSecret ?? '',
    }
    const { refresh_token, access_token, code: _code, ...others } = kinds
    for (const foreign of [access_token, code, ...Object.values(others).map(String)]) {
      expect(await errorOf(await refresh(foreign))).toMatch(/^invalid_(grant|request)$/)
    }
    for (const foreign of [access_token, refresh_token, itx, csrf, cookie]) {
      const form = { grant_type: 'authorization_code', code: foreign, code_verifier: pkce().verifier }
      const answer = await t.post('/oauth/token', { ...form, client_id: t.clients.notebook.clientId })
      expect(await errorOf(answer)).toMatch(/^invalid_(grant|request)$/)
    }
    for (const foreign of [refresh_token, code, itx, csrf, cookie, '']) {
      expect(await t.oauth.verify(foreign, resource)).toBeUndefined()
    }
    for (const foreign of [access_token, refresh_token, code, csrf, cookie]) {
      await expect(browser.view(foreign)).rejects.toMatchObject({ code: 'not_found' })
    }
    expect(await t.oauth.verify(access_token, resource)).toBeDefined()
    expect((await refresh(refresh_token)).status).toBe(200)
  })

  it.each([2, 8, 64])(
    'T4 %i refreshes of one token at once get one answer, one successor and one row',
    async (count) => {
      const tokens = await tokensFor(t)
      const before = (await t.oauth.grants.list(null)).length
      const answers = await Promise.all(Array.from({ length: count }, () => refresh(tokens.refresh_token)))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      const bodies = await Promise.all(answers.map((answer) => answer.text()))
      expect(new Set(bodies).size).toBe(1)
      expect(await t.oauth.grants.list(null)).toHaveLength(before)
      const successor = JSON.parse(bodies[0] ?? '') as Tokens
      expect((await refresh(successor.refresh_token)).status).toBe(200)
    },
  )

  it('T4 after the grace the same token ends the family', async () => {
    const tokens = await tokensFor(t)
    const successor = await tokensOf(await refresh(tokens.refresh_token))
    t.clock.advance(60_001)
    expect(await errorOf(await refresh(tokens.refresh_token))).toBe('invalid_grant')
    expect(await errorOf(await refresh(successor.refresh_token))).toBe('invalid_grant')
    expect(await t.oauth.verify(successor.access_token, resource)).toBeUndefined()
    expect((await t.audit.list({ limit: 10 })).map(({ event }) => event)).toContain('refresh_token.reused')
  })

  it('T4 a token from many rotations ago ends the family too', async () => {
    const first = await tokensFor(t)
    let latest = first
    for (let turn = 0; turn < 5; turn++) {
      t.clock.advance(120_000)
      latest = await tokensOf(await refresh(latest.refresh_token))
    }
    expect(await errorOf(await refresh(first.refresh_token))).toBe('invalid_grant')
    expect(await errorOf(await refresh(latest.refresh_token))).toBe('invalid_grant')
  })

  it('T4 a made-up token of the family ends nothing', async () => {
    const tokens = await tokensFor(t)
    const grant = (await t.oauth.verify(tokens.access_token, resource))?.grantId
    if (!isId('grt', grant)) throw new Error('no grant')
    const guess = `tnd_rt_${grant.slice(4)}${'A'.repeat(64)}`
    expect(guess).toHaveLength(tokens.refresh_token.length)
    expect(await errorOf(await refresh(guess))).toBe('invalid_grant')
    const otherInstall = createRefreshTokens('another secret of another install').issue(grant)
    expect(await errorOf(await refresh(otherInstall))).toBe('invalid_grant')
    expect((await refresh(tokens.refresh_token)).status).toBe(200)
  })

  it('T5 a lost answer is had again, until its successor was used', async () => {
    const tokens = await tokensFor(t)
    const lost = await tokensOf(await refresh(tokens.refresh_token))
    t.clock.advance(30_000)
    expect(await tokensOf(await refresh(tokens.refresh_token))).toEqual(lost)
    const next = await tokensOf(await refresh(lost.refresh_token))
    expect(await errorOf(await refresh(tokens.refresh_token))).toBe('invalid_grant')
    expect(await errorOf(await refresh(next.refresh_token))).toBe('invalid_grant')
  })

  it('T5 what lies in the database opens nothing without the token that was presented', async () => {
    const tokens = await tokensFor(t)
    const answer = await tokensOf(await refresh(tokens.refresh_token))
    const dump = await sql<Record<string, unknown>>`select * from oauth_grant`.execute(t.storage.db())
    const text = JSON.stringify(dump.rows)
    for (const secret of [tokens.refresh_token, answer.refresh_token, answer.access_token]) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(secret.slice(-40))
    }
  })

  it('T6 a refresh can narrow but not widen or move, and trying ends nothing', async () => {
    const tokens = await tokensFor(t, { decision: { scopes: ['crm:read'] } })
    expect(tokens.scope).toBe('crm:read')
    expect(await errorOf(await refresh(tokens.refresh_token, { scope: 'crm:read crm:write' }))).toBe(
      'invalid_scope',
    )
    expect(await errorOf(await refresh(tokens.refresh_token, { resource: otherResource }))).toBe(
      'invalid_target',
    )
    expect((await refresh(tokens.refresh_token, { scope: 'crm:read', resource })).status).toBe(200)
  })

  it('T6 narrowing holds for one access token, also inside the grace', async () => {
    const tokens = await tokensFor(t)
    const narrow = await tokensOf(await refresh(tokens.refresh_token, { scope: 'crm:read' }))
    expect(narrow.scope).toBe('crm:read')
    const whole = await tokensOf(await refresh(tokens.refresh_token))
    expect([whole.scope, whole.refresh_token]).toEqual([tokens.scope, narrow.refresh_token])
    expect((await t.oauth.verify(narrow.access_token, resource))?.scopes).toEqual(['crm:read'])
    expect(await errorOf(await refresh(tokens.refresh_token, { scope: 'crm:delete' }))).toBe('invalid_scope')
    expect((await tokensOf(await refresh(narrow.refresh_token))).scope).toBe(tokens.scope)
  })

  it('T7 a client revokes its own tokens, of either kind and whatever the hint, and not another’s', async () => {
    const tokens = await tokensFor(t)
    for (const token of [
      tokens.refresh_token,
      tokens.access_token,
      'unknown',
      tokens.access_token.slice(0, -3),
    ]) {
      expect((await revoke(token, {}, basic(t.clients.mallory))).status).toBe(200)
    }
    expect(await t.oauth.verify(tokens.access_token, resource)).toBeDefined()
    expect((await revoke(tokens.refresh_token, { token_type_hint: 'access_token' })).status).toBe(200)
    expect(await t.oauth.verify(tokens.access_token, resource)).toBeUndefined()
    expect(await errorOf(await refresh(tokens.refresh_token))).toBe('invalid_grant')

    const others = await tokensFor(t)
    expect((await revoke(others.access_token, { token_type_hint: 'refresh_token' })).status).toBe(200)
    expect(await t.oauth.verify(others.access_token, resource)).toBeUndefined()
    expect((await revoke(others.access_token)).status).toBe(200)
  })

  it('T7 revoking needs the client’s authentication', async () => {
    const tokens = await ledgerTokens()
    const answer = await revoke(tokens.refresh_token, { client_id: t.clients.ledger.clientId })
    expect([answer.status, await errorOf(answer)]).toEqual([401, 'invalid_client'])
    expect(await t.oauth.verify(tokens.access_token, resource)).toBeDefined()
  })

  it('a refresh token idle for thirty days is over, one in use is not', async () => {
    const idle = await tokensFor(t)
    let used = await tokensFor(t)
    for (let turn = 0; turn < 3; turn++) {
      t.clock.advance(11 * 24 * 60 * 60 * 1000)
      used = await tokensOf(await refresh(used.refresh_token))
    }
    expect(used.access_token).toBeDefined()
    expect(await errorOf(await refresh(idle.refresh_token))).toBe('invalid_grant')
  })

  it('nothing outlives the days the person gave', async () => {
    const tokens = await tokensFor(t, { decision: { days: 1 } })
    t.clock.advance(24 * 60 * 60 * 1000 - 60_000)
    const last = await tokensOf(await refresh(tokens.refresh_token))
    expect(last.expires_in).toBe(60)
    t.clock.advance(60_000)
    expect(await errorOf(await refresh(last.refresh_token))).toBe('invalid_grant')
    expect(await t.oauth.verify(last.access_token, resource)).toBeUndefined()
  })

  it('a grant that ended takes its tokens along, and not those of another grant', async () => {
    const [one, two] = [await tokensFor(t), await tokensFor(t)]
    const grant = await grantOf(one.access_token)
    const { ada, grace } = t.people
    const id = grant?.id
    if (!isId('grt', id)) throw new Error('no grant')
    expect(await t.oauth.grants.end(id, { member: ada.member, administrator: false }, 'not hers')).toBe(false)
    expect(await t.oauth.verify(one.access_token, resource)).toBeDefined()
    expect(await t.oauth.grants.end(id, { member: grace.member, administrator: false }, 'hers')).toBe(true)
    expect(await t.oauth.verify(one.access_token, resource)).toBeUndefined()
    expect(await errorOf(await refresh(one.refresh_token))).toBe('invalid_grant')
    expect(await t.oauth.verify(two.access_token, resource)).toBeDefined()
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { boundNotebook, invalidProof, refusalOf, tokensOf } from '../support/bound-notebook.ts'
import {
  basic,
  codeFor,
  formRequest,
  issuer,
  ledgerRedirect,
  notebookRedirect,
  startTestOAuth,
  tokensFor,
} from '../support/oauth.ts'
import type { TestOAuth, Tokens } from '../support/oauth.ts'
import { proofKey } from '../support/proofs.ts'
import type { ProofKey } from '../support/proofs.ts'

let t: TestOAuth
let key: ProofKey
let other: ProofKey
const { prove, ask, refresh, boundTokens, boundTo } = boundNotebook(() => t)

beforeAll(async () => {
  t = await startTestOAuth()
})
afterAll(() => t.close())
beforeEach(async () => {
  key = await proofKey()
  other = await proofKey()
})

describe('T6: a public client’s refresh token is bound to its key', () => {
  it('A167, T6 with another key or none it is refused, and nothing ends', async () => {
    const tokens = await boundTokens(key)
    for (const by of [other, null]) {
      expect(await refusalOf(await refresh(tokens.refresh_token, by))).toEqual(invalidProof)
    }
    const next = await tokensOf(await refresh(tokens.refresh_token, key))
    expect([next.token_type, await boundTo(next)]).toEqual(['DPoP', key.jkt])
  })

  it('T6 within the grace another key is refused without revoking; the own one gets the same answer (A79)', async () => {
    const tokens = await boundTokens(key)
    const next = await tokensOf(await refresh(tokens.refresh_token, key))
    for (const by of [other, null]) {
      expect(await refusalOf(await refresh(tokens.refresh_token, by))).toEqual(invalidProof)
    }
    expect(await tokensOf(await refresh(tokens.refresh_token, key))).toEqual(next)
    expect(await boundTo(next)).toBe(key.jkt)
    expect((await refresh(next.refresh_token, key)).status).toBe(200)
  })

  it('T6 after the grace a thief without the key can’t end the family; the key’s owner reusing it does', async () => {
    const tokens = await boundTokens(key)
    const next = await tokensOf(await refresh(tokens.refresh_token, key))
    t.clock.advance(61_000)
    for (const by of [other, null]) {
      expect(await refusalOf(await refresh(tokens.refresh_token, by))).toEqual(invalidProof)
    }
    expect(await boundTo(next)).toBe(key.jkt)
    expect(await refusalOf(await refresh(tokens.refresh_token, key))).toEqual([400, 'invalid_grant'])
    expect(await boundTo(next)).toBeUndefined()
  })

  it('T6 a thief without the key can’t use up the family’s share of refreshes', async () => {
    const { refresh_token } = await boundTokens(key)
    const body = { grant_type: 'refresh_token', client_id: t.clients.notebook.clientId, refresh_token }
    const from = async (ip: string, by: ProofKey) => {
      const headers = { dpop: await prove(by) }
      const answer = await t.oauth.handle(formRequest(`${issuer}/oauth/token`, body, headers), { ip })
      return answer?.status
    }
    // Elsewhere: on this computer nobody is counted.
    for (let n = 0; n < 60; n++) expect(await from('203.0.113.6', other)).toBe(400)
    expect(await from('203.0.113.6', other)).toBe(429)
    expect(await from('198.51.100.6', key)).toBe(200)
  })

  it('A79 64 at once, each with a fresh proof of the key, get one answer and one successor', async () => {
    const tokens = await boundTokens(key)
    const answers = await Promise.all(Array.from({ length: 64 }, () => refresh(tokens.refresh_token, key)))
    const bodies = new Set(await Promise.all(answers.map((answer) => answer.text())))
    expect(bodies.size).toBe(1)
    const [body = ''] = bodies
    expect((await refresh((JSON.parse(body) as Tokens).refresh_token, key)).status).toBe(200)
  })

  it('an unbound family becomes bound with the first proof, and stays so (§5)', async () => {
    const first = await tokensFor(t)
    const next = await tokensOf(await refresh(first.refresh_token, key))
    expect(await boundTo(next)).toBe(key.jkt)
    expect(await refusalOf(await refresh(next.refresh_token, null))).toEqual(invalidProof)
    expect(await refusalOf(await refresh(first.refresh_token, null))).toEqual(invalidProof)
    expect((await refresh(next.refresh_token, key)).status).toBe(200)
  })

  it('A167 a confidential client may change its key, also within the grace, and never gets a token of the old one', async () => {
    const { clientId } = t.clients.ledger
    const { code, verifier } = await codeFor(t, { clientId, redirectUri: ledgerRedirect })
    const send = async (form: Record<string, string>, by: ProofKey | null) =>
      tokensOf(
        await t.post('/oauth/token', form, {
          ...basic(t.clients.ledger),
          ...(by && { dpop: await prove(by) }),
        }),
      )
    const first = await send({ grant_type: 'authorization_code', code, code_verifier: verifier }, key)
    const again = { grant_type: 'refresh_token', refresh_token: first.refresh_token }
    const one = await send(again, key)
    const two = await send(again, other)
    const three = await send(again, null)
    expect(two.refresh_token).toBe(one.refresh_token)
    expect(three.refresh_token).toBe(one.refresh_token)
    expect([await boundTo(one), await boundTo(two), await boundTo(three)]).toEqual([key.jkt, other.jkt, null])
  })
})

describe('A168: a code bound to a key (§10)', () => {
  it('A168 it is exchanged with a proof of that key alone; others leave it unused', async () => {
    const { code, verifier } = await codeFor(t, { more: { dpop_jkt: key.jkt } })
    const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
    for (const by of [other, null]) {
      expect(await refusalOf(await ask(form, by))).toEqual([400, 'invalid_grant'])
    }
    const tokens = await tokensOf(await ask(form, key))
    // A replay without the key ends nothing (attacks P6); one with it does.
    expect(await refusalOf(await ask(form, other))).toEqual([400, 'invalid_grant'])
    expect(await boundTo(tokens)).toBe(key.jkt)
    expect(await refusalOf(await ask(form, key))).toEqual([400, 'invalid_grant'])
    expect(await boundTo(tokens)).toBeUndefined()
  })

  it.each(['', 'x', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}=`])(
    'A168 dpop_jkt=%s isn’t a thumbprint',
    async (dpop_jkt) => {
      const answer = await t.browser(t.people.grace).open({
        response_type: 'code',
        client_id: t.clients.notebook.clientId,
        redirect_uri: notebookRedirect,
        code_challenge: 'A'.repeat(43),
        code_challenge_method: 'S256',
        dpop_jkt,
      })
      const location = answer.headers.get('location') ?? ''
      // An empty parameter counts as none.
      if (dpop_jkt === '') expect(location).toContain('/consent/')
      else expect(new URL(location).searchParams.get('error')).toBe('invalid_request')
    },
  )
})

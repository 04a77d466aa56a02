import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '#storage'
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
} from '../support/oauth.ts'
import type { TestOAuth, Tokens } from '../support/oauth.ts'

let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth()
})
afterAll(() => t.close())

const request = (more: Record<string, string> = {}) => ({
  response_type: 'code',
  client_id: t.clients.notebook.clientId,
  redirect_uri: notebookRedirect,
  ...more,
})
const exchange = (form: Record<string, string | undefined>, headers?: Record<string, string>) =>
  t.post(
    '/oauth/token',
    {
      grant_type: 'authorization_code',
      ...(headers ? {} : { client_id: t.clients.notebook.clientId }),
      ...form,
    },
    headers,
  )
const errorOf = async (response: Response) => ((await response.json()) as { error: string }).error
async function refusalOf(response: Response): Promise<string | null> {
  return new URL(response.headers.get('location') ?? '').searchParams.get('error')
}

describe('PKCE and codes', () => {
  it('P1 without a challenge nobody gets a code, public or confidential', async () => {
    const browser = t.browser(t.people.grace)
    expect(await refusalOf(await browser.open(request()))).toBe('invalid_request')
    const ledger = { client_id: t.clients.ledger.clientId, redirect_uri: ledgerRedirect }
    expect(await refusalOf(await browser.open(request(ledger)))).toBe('invalid_request')
    expect(await refusalOf(await browser.open(request({ code_challenge_method: 'S256' })))).toBe(
      'invalid_request',
    )
  })

  it.each([
    ['plain', 'plain', pkce().challenge],
    ['unknown', 'S512', pkce().challenge],
    ['of another case', 's256', pkce().challenge],
    ['missing', '', pkce().challenge],
    ['S256 with an empty challenge', 'S256', ''],
    ['S256 with a short challenge', 'S256', 'a'.repeat(42)],
    ['S256 with a long challenge', 'S256', 'a'.repeat(44)],
    ['S256 with padding', 'S256', `${'a'.repeat(42)}=`],
    ['S256 in plain base64', 'S256', `${'a'.repeat(42)}+`],
  ])('P2 a challenge method that is %s is refused', async (_name, code_challenge_method, code_challenge) => {
    const response = await t.browser(t.people.grace).open(request({ code_challenge, code_challenge_method }))
    expect(await refusalOf(response)).toBe('invalid_request')
  })

  it('P3 every code has a challenge, so no exchange goes without its verifier', async () => {
    const { code } = await codeFor(t)
    expect(await errorOf(await exchange({ code }))).toBe('invalid_request')
    expect(await errorOf(await exchange({ code, code_verifier: '' }))).toBe('invalid_request')
    expect(await errorOf(await exchange({ code, code_verifier: pkce().verifier }))).toBe('invalid_grant')
    await expect(
      sql`update authorization_code set code_challenge = null`.execute(t.storage.db()),
    ).rejects.toThrow(/null/)
  })

  it('P4 the challenge of the first request is the one that counts, whatever comes with the decision', async () => {
    const first = pkce()
    const swapped = pkce()
    const browser = t.browser(t.people.grace)
    const id = interactionOf(
      await browser.open(request({ code_challenge: first.challenge, code_challenge_method: 'S256' })),
    )
    const { csrf } = await browser.view(id)
    const page = browser.pageRequest()
    const posted = new Request(`${page.url}?code_challenge=${swapped.challenge}`, page)
    const decision = { csrf, decision: 'allow', code_challenge: swapped.challenge } as const
    const { location } = await t.oauth.consent.decide(posted, id, decision, { ip: '127.0.0.1' })
    const code = new URL(location).searchParams.get('code') ?? ''
    expect(await errorOf(await exchange({ code, code_verifier: swapped.verifier }))).toBe('invalid_grant')
    expect((await exchange({ code, code_verifier: first.verifier })).status).toBe(200)
  })

  it('P5 a code is bound to its client, redirect URI and resource', async () => {
    const { code, verifier } = await codeFor(t, { more: { resource } })
    const mallory = basic(t.clients.mallory)
    expect(await errorOf(await exchange({ code, code_verifier: verifier }, mallory))).toBe('invalid_grant')
    const sent = { code, code_verifier: verifier }
    expect(await errorOf(await exchange({ ...sent, redirect_uri: 'https://notebook.example/other' }))).toBe(
      'invalid_grant',
    )
    expect(await errorOf(await exchange({ ...sent, resource: otherResource }))).toBe('invalid_target')
    expect((await exchange({ ...sent, redirect_uri: notebookRedirect, resource })).status).toBe(200)
  })

  it('P6 a replayed code ends what it produced', async () => {
    const { code, verifier } = await codeFor(t)
    const tokens = (await (await exchange({ code, code_verifier: verifier })).json()) as Tokens
    expect(await t.oauth.verify(tokens.access_token, resource)).toBeDefined()
    expect(await errorOf(await exchange({ code, code_verifier: verifier }))).toBe('invalid_grant')
    expect(await t.oauth.verify(tokens.access_token, resource)).toBeUndefined()
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
    expect(await errorOf(await exchange(refresh))).toBe('invalid_grant')
    expect((await t.audit.list({ limit: 20 })).map(({ event }) => event)).toContain('code.replayed')
  })

  it('P6 who could not have used the code ends nothing by sending it again', async () => {
    const { code, verifier } = await codeFor(t)
    const tokens = (await (await exchange({ code, code_verifier: verifier })).json()) as Tokens
    await exchange({ code, code_verifier: verifier }, basic(t.clients.mallory))
    await exchange({ code, code_verifier: pkce().verifier })
    await exchange({ code: code.slice(0, -4) + 'AAAA', code_verifier: verifier })
    expect(await t.oauth.verify(tokens.access_token, resource)).toBeDefined()
  })

  it.each([8, 64])('P7 of %i exchanges of one code at once exactly one succeeds', async (count) => {
    const { code, verifier } = await codeFor(t)
    const before = await t.oauth.grants.list(null)
    const answers = await Promise.all(
      Array.from({ length: count }, () => exchange({ code, code_verifier: verifier })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(count - 1)
    expect(await t.oauth.grants.list(null)).toHaveLength(before.length + 1)
  })

  it('P8 invalid_target leaves the code unused', async () => {
    const { code, verifier } = await codeFor(t)
    const sent = { code, code_verifier: verifier }
    for (const wrong of [otherResource, 'https://elsewhere.example/mcp', 'not a uri', `${resource}#x`]) {
      expect(await errorOf(await exchange({ ...sent, resource: wrong }))).toBe('invalid_target')
    }
    expect((await exchange(sent)).status).toBe(200)
  })

  it('P9 unknown, foreign, spent and expired codes get one and the same answer', async () => {
    const spent = await codeFor(t)
    const expired = await codeFor(t)
    const foreign = await codeFor(t, { clientId: t.clients.ledger.clientId, redirectUri: ledgerRedirect })
    await exchange({ code: spent.code, code_verifier: spent.verifier })
    const fresh = await exchange({ code: foreign.code, code_verifier: foreign.verifier })
    t.clock.advance(60_001)
    const answers = [
      fresh,
      await exchange({ code: `tnd_ac_${'A'.repeat(43)}`, code_verifier: pkce().verifier }),
      await exchange({ code: spent.code, code_verifier: spent.verifier }),
      await exchange({ code: expired.code, code_verifier: expired.verifier }),
      await exchange({ code: expired.code, code_verifier: pkce().verifier }),
      await exchange({
        code: expired.code,
        code_verifier: expired.verifier,
        redirect_uri: 'https://x.example/',
      }),
      await exchange({ code: expired.code, code_verifier: expired.verifier, resource: otherResource }),
    ]
    const bodies = await Promise.all(
      answers.map(async (answer) => [answer.status, await answer.text()].join(' ')),
    )
    expect(new Set(bodies).size).toBe(1)
    expect(bodies[0]).toContain('400 {"error":"invalid_grant"')
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jwksVerifier } from '#guard'
import {
  basic,
  codeFor,
  interactionOf,
  issuer,
  ledgerRedirect,
  notebookRedirect,
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

type Detailed = Tokens & { authorization_details?: unknown; error?: string }
const report = (...quarters: string[]) => ({ type: 'report', quarters })
const asking = (details: unknown) => ({
  scope: 'crm:read',
  authorization_details: typeof details === 'string' ? details : JSON.stringify(details),
})
const client_id = () => t.clients.notebook.clientId
async function tokensFor(more: Record<string, string>, details?: string[][]): Promise<Detailed> {
  const decision = details ? { details } : {}
  const { code, verifier } = await codeFor(t, { more, decision })
  const form = { grant_type: 'authorization_code', client_id: client_id(), code, code_verifier: verifier }
  return (await (await t.post('/oauth/token', form)).json()) as Detailed
}
const refresh = async (refresh_token: string, details?: unknown): Promise<Detailed> => {
  const more = details === undefined ? {} : { authorization_details: JSON.stringify(details) }
  const form = { grant_type: 'refresh_token', client_id: client_id(), refresh_token, ...more }
  return (await (await t.post('/oauth/token', form)).json()) as Detailed
}

describe('rich authorization requests (RFC 9396)', () => {
  it('§7, §9 what the person allowed is in the answer, in the token, and told to whoever checks it', async () => {
    const tokens = await tokensFor(asking([report('q1', 'q2', 'q3')]), [['q1', 'q2']])
    const granted = [report('q1', 'q2')]
    expect(tokens.authorization_details).toEqual(granted)
    const content = await t.oauth.verify(tokens.access_token, resource)
    expect([content?.details].flat()).toEqual(expect.arrayContaining(granted))
    const jwksUri = `${issuer}/oauth/jwks.json`
    const elsewhere = jwksVerifier({
      issuer,
      jwksUri,
      clock: t.clock,
      fetch: () => t.get('/oauth/jwks.json'),
    })
    expect((await elsewhere.verify(tokens.access_token, resource))?.details).toEqual(granted)

    const { code, verifier } = await codeFor(t, {
      clientId: t.clients.ledger.clientId,
      redirectUri: ledgerRedirect,
      more: asking([report('q4')]),
    })
    const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
    const headers = basic(t.clients.ledger)
    const ledgers = (await (await t.post('/oauth/token', form, headers)).json()) as Detailed
    const told = await t.post('/oauth/introspect', { token: ledgers.access_token }, headers)
    expect(await told.json()).toMatchObject({ active: true, authorization_details: [report('q4')] })
  })

  it('§3 the consent page shows them in the words of their type', async () => {
    const browser = t.browser(t.people.grace)
    const response = await browser.open({
      response_type: 'code',
      client_id: client_id(),
      redirect_uri: notebookRedirect,
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
      ...asking([report('q1'), report('q3')]),
    })
    const id = interactionOf(response)
    expect((await browser.view(id)).details).toEqual([
      { title: 'Read the reports of', parts: [{ id: 'q1', words: 'Quarter 1' }] },
      { title: 'Read the reports of', parts: [{ id: 'q3', words: 'Quarter 3' }] },
    ])
    // People can only narrow.
    for (const details of [[['q1', 'q2'], []], [['q1']], [['q1'], ['q3'], ['q4']]]) {
      await expect(browser.answer(id, { details })).rejects.toMatchObject({
        code: 'invalid_authorization_details',
      })
    }
    await browser.answer(id, { details: [[], ['q3']] })
  })

  it('a detail of which nothing is left is not granted; without a narrowing all of it is', async () => {
    expect(
      (await tokensFor(asking([report('q1'), report('q2')]), [[], ['q2']])).authorization_details,
    ).toEqual([report('q2')])
    expect((await tokensFor(asking([report('q1')]))).authorization_details).toEqual([report('q1')])
    expect(await tokensFor({ scope: 'crm:read' })).not.toHaveProperty('authorization_details')
  })

  it('T6 a refresh keeps or narrows them, and never widens', async () => {
    const first = await tokensFor(asking([report('q1', 'q2')]))
    const narrow = await refresh(first.refresh_token, [report('q2')])
    expect(narrow.authorization_details).toEqual([report('q2')])
    // Within the grace, asked otherwise: not the stored answer of who asked for less.
    const again = await refresh(first.refresh_token)
    expect(again.authorization_details).toEqual([report('q1', 'q2')])
    expect(again.refresh_token).toBe(narrow.refresh_token)
    for (const more of [[report('q3')], [report('q1', 'q3')], [{ type: 'payment' }]]) {
      expect((await refresh(narrow.refresh_token, more)).error).toBe('invalid_authorization_details')
    }
    expect((await refresh(narrow.refresh_token)).authorization_details).toEqual([report('q1', 'q2')])
    const plain = await tokensFor({ scope: 'crm:read' })
    expect((await refresh(plain.refresh_token, [report('q1')])).error).toBe('invalid_authorization_details')
  })

  it.each([
    ['an unknown type', [{ type: 'payment_initiation' }]],
    ['one of two unknown', [report('q1'), { type: 'x' }]],
    ['another shape of a known type', [{ type: 'report', quarters: ['q9'] }]],
    ['members nobody knows', [{ ...report('q1'), admin: true }]],
    ['no type', [{ quarters: ['q1'] }]],
    ['no array', report('q1')],
    ['nothing in it', []],
    ['eleven', Array.from({ length: 11 }, () => report('q1'))],
    ['no JSON', '[{'],
    ['more than 2 KB', JSON.stringify([{ type: 'report', quarters: ['q1'], note: 'x'.repeat(2048) }])],
    ['a prototype', '[{"type":"report","quarters":["q1"],"__proto__":{"type":"x"}}]'],
    ['NUL', '[{"type":"re\\u0000port"}]'],
  ])('§5 %s refuses the request', async (_what, details) => {
    const response = await t.browser(t.people.grace).open({
      response_type: 'code',
      client_id: client_id(),
      redirect_uri: notebookRedirect,
      code_challenge: pkce().challenge,
      code_challenge_method: 'S256',
      ...asking(details),
    })
    const { searchParams } = new URL(response.headers.get('location') ?? '')
    expect(searchParams.get('error')).toBe('invalid_authorization_details')
    expect(searchParams.get('iss')).toBe(issuer)
  })

  it('where nobody could be shown them they are refused, not left out', async () => {
    const authorization_details = JSON.stringify([report('q1')])
    const headers = basic(t.clients.ledger)
    for (const [path, grant_type] of [
      ['/oauth/token', 'client_credentials'],
      ['/oauth/token', 'urn:ietf:params:oauth:grant-type:token-exchange'],
      ['/oauth/device_authorization', undefined],
    ] as const) {
      const answer = await t.post(path, { grant_type, authorization_details }, headers)
      expect(await answer.json()).toMatchObject({ error: 'invalid_authorization_details' })
    }
  })

  it('§10 discovery and the resource name the types', async () => {
    for (const path of [
      'oauth-authorization-server',
      'openid-configuration',
      'oauth-protected-resource/mcp',
    ]) {
      const document = (await (await t.get(`/.well-known/${path}`)).json()) as Record<string, unknown>
      expect(document['authorization_details_types_supported']).toEqual(['report'])
    }
  })
})

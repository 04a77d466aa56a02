import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '#audit'
import { oauthMigrations } from '#oauth'
import { testClock } from '../support/clock.ts'
import { codeFor, composeTestOAuth, resource, tokensFor } from '../support/oauth.ts'
import type { ComposedOAuth, Tokens } from '../support/oauth.ts'
import { openTestStorage } from '../support/storage.ts'

const second = 1000
const ahead = 45 * second

describe.each([
  ['the one that issues', 'fast', 'slow'],
  ['the other', 'slow', 'fast'],
] as const)('T9 two replicas whose clocks differ, %s being ahead', (_which, issuing, other) => {
  const slow = testClock()
  const fast = testClock(new Date(slow.now().getTime() + ahead))
  const advance = (ms: number) => [slow, fast].forEach((clock) => clock.advance(ms))
  let one: ComposedOAuth
  let two: ComposedOAuth
  beforeAll(async () => {
    const storage = await openTestStorage([...auditMigrations, ...oauthMigrations], { clock: slow })
    const clocks = { slow, fast }
    one = await composeTestOAuth(storage, clocks[issuing])
    two = await composeTestOAuth(storage, clocks[other])
  })
  afterAll(async () => {
    await two.oauth.close()
    await two.audit.close()
    await one.close()
  })
  const client_id = () => one.clients.notebook.clientId
  const at = (t: ComposedOAuth, form: Record<string, string>) =>
    t.post('/oauth/token', { client_id: client_id(), ...form })
  const refresh = (t: ComposedOAuth, { refresh_token }: Pick<Tokens, 'refresh_token'>) =>
    at(t, { grant_type: 'refresh_token', refresh_token })

  it('T9 a token is good at both at once, and at neither after its ten minutes by either clock', async () => {
    const { access_token } = await tokensFor(one)
    expect(await one.oauth.verify(access_token, resource)).toBeDefined()
    expect(await two.oauth.verify(access_token, resource)).toBeDefined()
    advance(600 * second + ahead + 6 * second)
    expect(await one.oauth.verify(access_token, resource)).toBeUndefined()
    expect(await two.oauth.verify(access_token, resource)).toBeUndefined()
  })

  it('T9 a code is exchanged at the other, once', async () => {
    const { code, verifier } = await codeFor(one)
    const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
    expect((await at(two, form)).status).toBe(200)
    expect((await at(one, form)).status).toBe(400)
  })

  it('T9 the same refresh at both gets one answer, and the family lives on', async () => {
    const first = await tokensFor(one)
    const [here, there] = await Promise.all([refresh(one, first), refresh(two, first)])
    expect([here.status, there.status]).toEqual([200, 200])
    const text = await here.text()
    expect(await there.text()).toBe(text)
    const next = JSON.parse(text) as Tokens
    expect(await two.oauth.verify(next.access_token, resource)).toBeDefined()
    expect((await refresh(two, next)).status).toBe(200)
  })

  it('T9 an answer that was lost is had again at the other; reuse after the grace still ends the family', async () => {
    const first = await tokensFor(one)
    const text = await (await refresh(one, first)).text()
    advance(10 * second)
    expect(await (await refresh(two, first)).text()).toBe(text)
    advance(60 * second + ahead)
    expect((await refresh(two, first)).status).toBe(400)
    expect((await refresh(one, JSON.parse(text) as Tokens)).status).toBe(400)
  })
})

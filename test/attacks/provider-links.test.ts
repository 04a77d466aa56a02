import { TOTP } from 'otpauth'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SecurityView } from '#contract'
import type { Browser } from '../support/browser.ts'
import { startWithProvider } from '../support/sign-in-with.ts'
import type { WithProvider } from '../support/sign-in-with.ts'
import { people } from '../support/tandem.ts'

let t: WithProvider
beforeAll(async () => {
  t = await startWithProvider()
})
// The rate limits of the test before are over.
beforeEach(() => t.clock.advance(16 * minute))
afterAll(() => t.close())

const minute = 60_000
const graces = { sub: 'graces-own', email: people.grace.email, email_verified: true, name: 'Grace H.' }
const login = ({ email, password }: { email: string; password: string }, link?: string) => ({
  email,
  password,
  ...(link === undefined ? {} : { link }),
})
const linkOf = async (browser: Browser): Promise<string> => {
  const { path, fragment } = await t.through(browser)
  expect(path).toBe('/sign-in')
  return fragment.get('link') ?? ''
}
/** Takes Grace's accounts elsewhere away again. */
const unlinkGrace = async () => {
  const browser = await t.signIn('grace')
  await browser.json('DELETE', '/api/account/providers/acme-id')
}

describe('an address that a member has already (CVE-2026-53516, takeover by linking)', () => {
  it('signs nobody in: she signs in once with what she had, and from then on the account is hers', async () => {
    t.provider.signInAs(graces)
    const browser = t.tandem.browser()
    const link = await linkOf(browser)
    expect(link).not.toBe('')
    expect(await t.who(browser)).toBeNull()
    expect((await browser.json('POST', '/api/session', login(people.grace, link))).status).toBe(200)
    const other = t.tandem.browser()
    expect((await t.through(other)).path).toBe('/o/company')
    expect(await t.who(other)).toMatchObject({ name: 'Grace' })
    const sessions = await other.json('GET', '/api/sessions')
    expect(JSON.stringify(sessions.body)).toContain('"signedInWith":"Acme ID"')
    await unlinkGrace()
  })

  it('stays unconnected when somebody else signs in, in another browser, or after ten minutes', async () => {
    t.provider.signInAs(graces)
    const browser = t.tandem.browser()
    const link = await linkOf(browser)
    const asAda = await browser.json('POST', '/api/session', login(people.ada, link))
    expect(asAda).toMatchObject({ status: 403, body: { error: 'provider_refused' } })
    const elsewhere = await t.tandem.browser().json('POST', '/api/session', login(people.grace, link))
    expect(elsewhere).toMatchObject({ status: 410, body: { error: 'step_over' } })
    t.clock.advance(10 * minute)
    const late = await browser.json('POST', '/api/session', login(people.grace, link))
    expect(late).toMatchObject({ status: 410, body: { error: 'step_over' } })
    expect((await t.through(t.tandem.browser())).path).toBe('/sign-in')
  })

  it('is connected once, also from two tabs that both wait', async () => {
    t.provider.signInAs(graces)
    const browser = t.tandem.browser()
    const links = [await linkOf(browser), await linkOf(browser)]
    for (const link of links) {
      expect((await browser.json('POST', '/api/session', login(people.grace, link))).status).toBe(200)
    }
    await unlinkGrace()
  })

  it('is connected only after the second step, when she has one', async () => {
    const grace = await t.signIn('grace')
    const { secret } = (await grace.json('POST', '/api/account/totp')).body as { secret: string }
    const code = () => new TOTP({ secret }).generate({ timestamp: t.clock.now().getTime() })
    expect((await grace.json('POST', '/api/account/totp/confirm', { code: code() })).status).toBe(200)
    t.clock.advance(minute)
    t.provider.signInAs(graces)
    const browser = t.tandem.browser()
    const link = await linkOf(browser)
    const first = await browser.json('POST', '/api/session', login(people.grace, link))
    expect(first.body).toMatchObject({ due: 'second-step' })
    expect((await t.through(t.tandem.browser())).fragment.get('link'), 'not yet').not.toBeNull()
    const { handle } = first.body as { handle: string }
    const proof = { kind: 'totp', code: code() }
    const second = await browser.json('POST', '/api/session/second-step', { handle, proof })
    expect(second.status).toBe(200)
    // From now on the provider is the first step, and the app still the second.
    t.clock.advance(minute)
    const other = t.tandem.browser()
    const landed = await t.through(other)
    expect(landed.path).toBe('/sign-in')
    expect(landed.fragment.get('due')).toBe('second-step')
    expect(await t.who(other)).toBeNull()
    const answer = { handle: landed.fragment.get('handle') ?? '', proof: { kind: 'totp', code: code() } }
    expect((await other.json('POST', '/api/session/second-step', answer)).status).toBe(200)
    expect((await other.json('DELETE', '/api/account/totp')).status).toBe(204)
    await unlinkGrace()
  })

  it('is recognised at once where the administrators trust the provider for the domain', async () => {
    await t.trust('acme.example', { links: true })
    t.provider.signInAs(graces)
    const browser = t.tandem.browser()
    expect((await t.through(browser)).path).toBe('/o/company')
    expect(await t.who(browser)).toMatchObject({ name: 'Grace' })
    // A second account with her address isn't hers, whoever trusts whom.
    t.provider.signInAs({ ...graces, sub: 'mallorys' })
    const mallory = t.tandem.browser()
    expect((await t.through(mallory)).search.get('problem')).toBe('linked')
    expect(await t.who(mallory)).toBeNull()
    await t.trust('acme.example', {})
    await unlinkGrace()
  })

  it('trust for one domain doesn’t recognise members of another', async () => {
    await t.trust('else.example', { links: true })
    t.provider.signInAs(graces)
    expect((await t.through(t.tandem.browser())).fragment.get('link')).not.toBeNull()
  })
})

describe('connecting from the account page', () => {
  const connect = { path: '/api/account/providers', next: '/settings/account' }
  const linkedOf = async (browser: Browser) =>
    ((await browser.json('GET', '/api/account/security')).body as SecurityView).providers[0]?.linked ?? null

  it('connects the account with who asked, whatever its address', async () => {
    const grace = await t.signIn('grace')
    t.provider.signInAs({ ...graces, sub: 'private', email: 'grace@home.example' })
    const landed = await t.land(grace, await t.comeBack(grace, await t.begin(grace, connect)))
    expect([landed.path, landed.search.get('problem')]).toEqual(['/settings/account', null])
    expect(await linkedOf(grace)).toMatchObject({ email: 'grace@home.example' })
    const other = t.tandem.browser()
    await t.through(other)
    expect(await t.who(other)).toMatchObject({ name: 'Grace' })
    await unlinkGrace()
  })

  it('C1, C9 Mallory can’t connect his account with the session of somebody who opens his link', async () => {
    const grace = await t.signIn('grace')
    const ada = await t.signIn('ada')
    t.provider.signInAs({ ...graces, sub: 'mallorys', email: 'mallory@else.example' })
    // His answer in her browser; and in the same browser after somebody else signed in there.
    const his = await t.comeBack(ada, await t.begin(ada, connect))
    expect((await t.land(grace, his)).search.get('problem')).toBe('over')
    const hers = await t.comeBack(grace, await t.begin(grace, connect))
    await grace.json('POST', '/api/session', login(people.ada))
    expect((await t.land(grace, hers)).search.get('problem')).toBe('over')
    expect(await linkedOf(grace)).toBeNull()
  })

  it('an account that is somebody else’s stays hers', async () => {
    const grace = await t.signIn('grace')
    t.provider.signInAs({ ...graces, sub: 'one-for-grace' })
    await t.land(grace, await t.comeBack(grace, await t.begin(grace, connect)))
    const ada = await t.signIn('ada')
    const landed = await t.land(ada, await t.comeBack(ada, await t.begin(ada, connect)))
    expect(landed.search.get('problem')).toBe('linked')
    expect(await linkedOf(ada)).toBeNull()
    await unlinkGrace()
  })

  it('is asked for with a fresh sign-in, and so is disconnecting', async () => {
    const grace = await t.signIn('grace')
    t.clock.advance(10 * minute)
    const begun = await grace.json('POST', '/api/account/providers', { provider: 'acme-id', next: '/' })
    expect(begun).toMatchObject({ status: 403, body: { error: 'confirm_needed' } })
    const left = await grace.json('DELETE', '/api/account/providers/acme-id')
    expect(left).toMatchObject({ status: 403, body: { error: 'confirm_needed' } })
    expect((await t.tandem.browser().json('DELETE', '/api/account/providers/acme-id')).status).toBe(401)
  })

  it('the only way in isn’t disconnected; with a password it is', async () => {
    await t.trust('newcomers.example', { joins: true })
    t.provider.signInAs({ sub: 'lin', email: 'lin@newcomers.example', email_verified: true, name: 'Lin' })
    const lin = t.tandem.browser()
    await t.through(lin)
    const leave = () => lin.json('DELETE', '/api/account/providers/acme-id')
    expect((await leave()).status).toBe(403)
    const next = 'a phrase of her own'
    expect((await lin.json('POST', '/api/password', { next })).status).toBe(200)
    expect((await leave()).status).toBe(204)
    const again = t.tandem.browser()
    const signedIn = await again.json('POST', '/api/session', {
      email: 'lin@newcomers.example',
      password: next,
    })
    expect(signedIn.status).toBe(200)
  })

  it('a first password is chosen only by who just signed in', async () => {
    t.provider.signInAs({ sub: 'kim', email: 'kim@newcomers.example', email_verified: true, name: 'Kim' })
    const kim = t.tandem.browser()
    await t.through(kim)
    const nothing = { email: 'kim@newcomers.example', password: 'any password at all' }
    expect((await t.tandem.browser().json('POST', '/api/session', nothing)).status).toBe(401)
    t.clock.advance(10 * minute)
    const chosen = await kim.json('POST', '/api/password', { next: 'a phrase of her own' })
    expect(chosen).toMatchObject({ status: 403, body: { error: 'confirm_needed' } })
  })
})

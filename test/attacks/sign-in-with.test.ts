import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWithProvider } from '../support/sign-in-with.ts'
import type { WithProvider } from '../support/sign-in-with.ts'

let t: WithProvider
beforeAll(async () => {
  t = await startWithProvider()
  await t.trust('newcomers.example', { joins: true })
})
afterAll(() => t.close())

const minute = 60_000
let count = 0
/** Somebody at a domain that joins by itself. */
const newcomer = (name = 'Somebody new') => ({
  sub: `new-${++count}`,
  email: `new${count}@newcomers.example`,
  email_verified: true,
  name,
})

describe('the way out and back', () => {
  it('A206, C1, C9 an answer counts only in the browser that asked: nobody is signed in as Mallory', async () => {
    const mallory = t.tandem.browser()
    t.provider.signInAs(newcomer('Mallory'))
    const his = await t.comeBack(mallory, await t.begin(mallory))
    const [fresh, grace] = [t.tandem.browser(), await t.signIn('grace')]
    // Grace began a sign-in of her own, so her browser does hold a cookie.
    await t.begin(grace)
    for (const victim of [fresh, grace]) {
      const { path, search } = await t.land(victim, his)
      expect([path, search.get('problem')]).toEqual(['/sign-in', 'over'])
    }
    expect(await t.who(fresh)).toBeNull()
    expect(await t.who(grace)).toMatchObject({ name: 'Grace' })
  })

  it('A206, C2 an answer counts once, also when it comes twice at the same moment', async () => {
    const browser = t.tandem.browser()
    t.provider.signInAs(newcomer())
    const address = await t.comeBack(browser, await t.begin(browser))
    const landings = await Promise.all([t.land(browser, address), t.land(browser, address)])
    expect(landings.map(({ path }) => path).sort()).toEqual(['/o/company', '/sign-in'])
    expect((await t.land(browser, address)).search.get('problem')).toBe('over')
  })

  it('A206, C2 after ten minutes there is nothing to come back to', async () => {
    const browser = t.tandem.browser()
    t.provider.signInAs(newcomer())
    const address = await t.comeBack(browser, await t.begin(browser))
    t.clock.advance(10 * minute)
    expect((await t.land(browser, address)).search.get('problem')).toBe('over')
    expect(await t.who(browser)).toBeNull()
  })

  it.each([
    ['a state that nobody gave out', (url: URL) => url.searchParams.set('state', 'guess')],
    ['no state', (url: URL) => url.searchParams.delete('state')],
    ['another provider’s address', (url: URL) => (url.pathname = '/api/sign-in/other-id/callback')],
  ])('A206 %s is refused', async (_what, change) => {
    const browser = t.tandem.browser()
    t.provider.signInAs(newcomer())
    const url = new URL(await t.comeBack(browser, await t.begin(browser)))
    change(url)
    expect((await t.land(browser, url.href)).search.get('problem')).toBe('over')
    expect(await t.who(browser)).toBeNull()
  })

  it.each([
    [
      'A207, G12, RFC 9207 §2.4 another issuer’s answer',
      (url: URL) => url.searchParams.set('iss', 'https://mallory.example'),
    ],
    ['A207, RFC 9207 §2.4 an answer without its issuer', (url: URL) => url.searchParams.delete('iss')],
    ['a code that was never issued', (url: URL) => url.searchParams.set('code', 'guess')],
  ])('%s is refused', async (_what, change) => {
    const browser = t.tandem.browser()
    t.provider.signInAs(newcomer())
    const url = new URL(await t.comeBack(browser, await t.begin(browser)))
    change(url)
    expect((await t.land(browser, url.href)).search.get('problem')).toBe('failed')
    expect(await t.who(browser)).toBeNull()
  })

  it('A207, OIDC Core §3.1.3.7 item 11: an ID token for another nonce is refused', async () => {
    const browser = t.tandem.browser()
    t.provider.signInAs(newcomer())
    const out = new URL(await t.begin(browser))
    out.searchParams.set('nonce', 'another one, which Mallory had seen')
    const landing = await t.land(browser, await t.comeBack(browser, out.href))
    expect(landing.search.get('problem')).toBe('failed')
    expect(await t.who(browser)).toBeNull()
  })

  it('A207, RFC 7636 §4.6 a code of another sign-in doesn’t fit the verifier of this one', async () => {
    const [mallory, grace] = [t.tandem.browser(), t.tandem.browser()]
    t.provider.signInAs(newcomer('Mallory'))
    const his = new URL(await t.comeBack(mallory, await t.begin(mallory)))
    t.provider.signInAs(newcomer())
    const hers = new URL(await t.comeBack(grace, await t.begin(grace)))
    hers.searchParams.set('code', his.searchParams.get('code') ?? '')
    expect((await t.land(grace, hers.href)).search.get('problem')).toBe('failed')
    expect(await t.who(grace)).toBeNull()
  })

  it('the request carries S256, a state and a nonce, each new, and no secret', async () => {
    const outs = [new URL(await t.begin(t.tandem.browser())), new URL(await t.begin(t.tandem.browser()))]
    for (const { searchParams } of outs) {
      expect(searchParams.get('code_challenge_method')).toBe('S256')
      expect(searchParams.get('response_type')).toBe('code')
      expect([...searchParams.keys()]).not.toContain('client_secret')
    }
    for (const name of ['state', 'nonce', 'code_challenge']) {
      const [one, two] = outs.map(({ searchParams }) => searchParams.get(name))
      expect(one?.length, name).toBeGreaterThanOrEqual(43)
      expect(one, name).not.toBe(two)
    }
  })

  it('R8 leads nowhere outside, whatever next says', async () => {
    for (const next of [
      'https://mallory.example/',
      '//mallory.example',
      '/\\mallory.example',
      '/.//mallory.example',
      '/%2e//mallory.example',
      '/a/..//mallory.example',
      'javascript:alert(1)',
    ]) {
      const browser = t.tandem.browser()
      t.provider.signInAs(newcomer())
      expect((await t.through(browser, next)).path, next).toBe('/')
    }
  })

  it('C9 another site can’t begin it, and a session that the browser brought ends', async () => {
    const begun = await t.tandem.browser().fetch('/api/session/provider', {
      method: 'POST',
      body: JSON.stringify({ provider: 'acme-id', next: '/' }),
      headers: { 'Content-Type': 'application/json', Origin: 'https://mallory.example' },
    })
    expect(begun.status).toBe(403)
    const browser = await t.signIn('grace')
    const planted = browser.cookies()
    t.provider.signInAs(newcomer('Lin'))
    await t.through(browser)
    expect(await t.who(browser)).toMatchObject({ name: 'Lin' })
    const old = await fetch(`${t.tandem.url}/api/session`, { headers: { cookie: planted } })
    expect(old.status).toBe(401)
  })

  it('somebody who says no at the provider is told so, and is where she was', async () => {
    const browser = t.tandem.browser()
    t.provider.signInAs(null)
    expect((await t.through(browser)).search.get('problem')).toBe('denied')
    expect(await t.who(browser)).toBeNull()
  })
})

describe('who comes in', () => {
  it('an address that the provider didn’t verify is nobody’s', async () => {
    for (const email_verified of [false, undefined]) {
      const browser = t.tandem.browser()
      const { email_verified: _, ...somebody } = newcomer()
      t.provider.signInAs(email_verified === undefined ? somebody : { ...somebody, email_verified })
      expect((await t.through(browser)).search.get('problem')).toBe('email_unverified')
      expect(await t.who(browser)).toBeNull()
    }
  })

  it('a person of a domain that joins becomes a member, never more, and comes back as the same one', async () => {
    const somebody = newcomer('Lin')
    t.provider.signInAs(somebody)
    const browser = t.tandem.browser()
    expect((await t.through(browser)).path).toBe('/o/company')
    expect(await t.who(browser)).toMatchObject({ name: 'Lin', email: somebody.email, role: 'member' })
    // The account is issuer and subject: at the provider her address may change.
    t.provider.signInAs({ ...somebody, email: 'lin.chen@elsewhere.example' })
    const again = t.tandem.browser()
    await t.through(again)
    expect(await t.who(again)).toMatchObject({ name: 'Lin', email: somebody.email })
  })

  it('an invitation for administrator makes a member of who joins by herself, and is void', async () => {
    const somebody = newcomer()
    const ada = await t.signIn('ada')
    const made = await ada.json('POST', '/api/invitations', { email: somebody.email, role: 'administrator' })
    const { link } = made.body as { link: string }
    t.provider.signInAs(somebody)
    const browser = t.tandem.browser()
    await t.through(browser)
    expect(await t.who(browser)).toMatchObject({ role: 'member' })
    const token = new URLSearchParams(new URL(link).hash.slice(1)).get('token')
    const looked = await t.tandem.browser().json('POST', '/api/invitations/look-up', { token })
    expect(looked.status).toBe(410)
  })

  it.each([
    'sub.newcomers.example',
    'newcomers.example.evil.example',
    'evil-newcomers.example',
    'else.example',
  ])('nobody joins from %s', async (domain) => {
    const browser = t.tandem.browser()
    t.provider.signInAs({ ...newcomer(), email: `m@${domain}` })
    expect((await t.through(browser)).search.get('problem')).toBe('nobody')
    expect(await t.who(browser)).toBeNull()
  })

  it('a domain’s line for one provider isn’t one for another', async () => {
    await t.trust('others.example', { joins: true, provider: 'other-id' })
    t.provider.signInAs({ ...newcomer(), email: 'm@others.example' })
    expect((await t.through(t.tandem.browser())).search.get('problem')).toBe('nobody')
  })

  it('a disabled member stays out', async () => {
    const somebody = newcomer()
    t.provider.signInAs(somebody)
    await t.through(t.tandem.browser())
    const ada = await t.signIn('ada')
    const { body } = await ada.json('GET', '/api/members')
    const { members } = body as { members: { id: string; email: string }[] }
    const id = members.find(({ email }) => email === somebody.email)?.id
    await ada.json('PATCH', `/api/members/${id}`, { active: false })
    const browser = t.tandem.browser()
    expect((await t.through(browser)).search.get('problem')).toBe('disabled')
    expect(await t.who(browser)).toBeNull()
  })
})

describe('domains of the settings', () => {
  it('other domains’ people don’t come in, whatever the administrators’ page says', async () => {
    const strict = await startWithProvider({ domains: ['acme.example'] })
    try {
      await strict.trust('newcomers.example', { joins: true })
      await strict.trust('acme.example', { joins: true })
      const browser = strict.tandem.browser()
      strict.provider.signInAs(newcomer())
      expect((await strict.through(browser)).search.get('problem')).toBe('domain')
      strict.provider.signInAs({ ...newcomer('Lin'), email: 'lin@acme.example' })
      const other = strict.tandem.browser()
      await strict.through(other)
      expect(await strict.who(other)).toMatchObject({ name: 'Lin', role: 'member' })
    } finally {
      await strict.close()
    }
  })

  it('only administrators make rules, and not for domains where anybody has an address', async () => {
    const grace = await t.signIn('grace')
    const line = { domain: 'else.example', provider: 'acme-id', joins: true, links: true }
    expect((await grace.json('POST', '/api/sign-in-rules/domains', line)).status).toBe(403)
    const ada = await t.signIn('ada')
    const gmail = await ada.json('POST', '/api/sign-in-rules/domains', { ...line, domain: 'gmail.com' })
    expect(gmail.status).toBe(403)
  })
})

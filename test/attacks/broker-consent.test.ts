import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectAgent } from '../support/connect-agent.ts'
import { startWithProvider } from '../support/sign-in-with.ts'
import type { WithProvider } from '../support/sign-in-with.ts'

// MCP security best practices, "Confused deputy": a broker whose provider remembers its one client must ask for each of its own.
let t: WithProvider
beforeAll(async () => {
  t = await startWithProvider()
  await t.trust('newcomers.example', { joins: true })
})
afterAll(() => t.close())

it('signed in elsewhere, a person still decides about each app, and only in her own browser', async () => {
  const browser = t.tandem.browser()
  t.provider.signInAs({ sub: 'one', email: 'one@newcomers.example', email_verified: true, name: 'One' })
  await t.through(browser)
  const first = await connectAgent({ browser, name: 'First' })
  expect(first.consent.client.name).toBe('First')
  const second = await connectAgent({
    browser,
    name: 'Second',
    redirectUri: 'http://127.0.0.1:7778/callback',
  })
  expect(second.consent.client.name).toBe('Second')
  expect(second.clientId).not.toBe(first.clientId)

  // Mallory's app, with his link, in her browser: she sees a page, and nothing goes back to him by itself.
  const link = new URL('/oauth/authorize', t.tandem.url)
  for (const [name, value] of Object.entries({
    response_type: 'code',
    client_id: second.clientId,
    redirect_uri: second.redirectUri,
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    prompt: 'consent',
    state: 'of-mallory',
  }))
    link.searchParams.set(name, value)
  const asked = await browser.fetch(link.href)
  const page = new URL(asked.headers.get('location') ?? '', t.tandem.url)
  expect(page.origin).toBe(t.tandem.url)
  expect(page.pathname).toMatch(/^\/consent\//)
  // Signed in at the same provider, in another browser, he can't answer in her place.
  const his = t.tandem.browser()
  t.provider.signInAs({ sub: 'two', email: 'two@newcomers.example', email_verified: true, name: 'Two' })
  await t.through(his)
  const id = page.pathname.split('/').at(-1)
  expect((await his.json('GET', `/api/interactions/${id}`)).status).toBeGreaterThanOrEqual(400)
})

import { createHash } from 'node:crypto'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConsentView, GrantView } from '#contract'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { people, startTandem } from '../support/tandem.ts'
import { objections } from './axe.ts'
import { eventually } from './records.ts'
import type { RunningTandem } from '../support/tandem.ts'

const redirectUri = 'http://127.0.0.1:9/callback'
const challenge = createHash('sha256')
  .update('a verifier of the length that RFC 7636 wants')
  .digest('base64url')

describe('the consent page', { timeout: 90_000 }, () => {
  let tandem: RunningTandem
  let browser: Browser
  beforeAll(async () => {
    ;[tandem, browser] = await Promise.all([startTandem(), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
  })

  async function authorizeUrl(name = 'Notebook', scope = 'crm:read crm:write crm:delete'): Promise<string> {
    const response = await fetch(new URL('/oauth/register', tandem.url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        client_name: name,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'none',
      }),
    })
    const { client_id } = (await response.json()) as { client_id: string }
    const query = new URLSearchParams({
      response_type: 'code',
      client_id,
      redirect_uri: redirectUri,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      state: 'kept',
      scope,
      resource: `${tandem.url}/mcp`,
    })
    return `/oauth/authorize?${query}`
  }

  /** The client's own page, which isn't there: what arrives is in its address. */
  async function answerAt(page: Page): Promise<URLSearchParams> {
    await page.waitForURL((url) => url.href.startsWith(redirectUri), { waitUntil: 'commit' })
    return new URL(page.url()).searchParams
  }
  const catchAnswers = (page: Page) =>
    page.route(`${redirectUri}**`, (route) => route.fulfill({ body: 'back at the app' }))
  const grants = async () => {
    const { body } = await (await signedIn(tandem, 'ada')).json('GET', '/api/grants')
    return (body as { grants: GrantView[] }).grants
  }

  it('says who asks and where the answer goes, and changes its lists as she narrows', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await catchAnswers(page)
    await page.goto(await authorizeUrl())
    await page.getByRole('heading', { name: 'Notebook wants to work in your Tandem' }).waitFor()
    await page.getByText('Unverified app.').waitFor()
    await page.getByText('an app on this computer').first().waitFor()
    const can = page.getByRole('region', { name: 'It can', exact: true })
    const cannot = page.getByRole('region', { name: 'It can’t' })
    await can.getByText('Delete records').waitFor()

    await page.getByRole('radio', { name: 'Everything it asks' }).focus()
    await page.keyboard.press('ArrowRight')
    await eventually(() => page.getByRole('radio', { name: 'Read only' }).isChecked()).toBe(true)
    await cannot.getByText('Add or change anything').waitFor()
    await cannot.getByText('Delete anything').waitFor()

    await page.getByRole('button', { name: /^Fine-tune/ }).click()
    for (const name of ['People', 'Opportunities', 'Tasks', 'Notes']) {
      await page.getByRole('switch', { name }).click()
    }
    expect(await objections(page)).toEqual([])
    await can.getByText('See companies, and their history').waitFor()
    await cannot.getByText(/See people, opportunities, tasks,? or notes/).waitFor()

    await page.getByRole('button', { name: 'Allow' }).click()
    const answer = await answerAt(page)
    expect(answer.get('code')).toBeTruthy()
    expect(answer.get('state')).toBe('kept')
    expect(complaints).toEqual([])
  })

  it('goes back with a refusal when she cancels, and nothing is granted', async () => {
    const before = (await grants()).length
    const { page } = await openPage(browser, tandem, 'ada')
    await catchAnswers(page)
    await page.goto(await authorizeUrl())
    await page.getByRole('button', { name: 'Cancel' }).click()
    const answer = await answerAt(page)
    expect(answer.get('error')).toBe('access_denied')
    expect(answer.get('code')).toBeNull()
    expect(await grants()).toHaveLength(before)
  })

  it('never allows on Enter, wherever the keyboard is', async () => {
    const { page } = await openPage(browser, tandem, 'ada')
    await catchAnswers(page)
    const decisions: string[] = []
    page.on('request', (request) => request.url().endsWith('/decision') && decisions.push(request.url()))
    await page.goto(await authorizeUrl())
    const allow = page.getByRole('button', { name: 'Allow' })
    await eventually(() => allow.isEnabled()).toBe(true)
    expect(await allow.and(page.locator(':focus')).count()).toBe(0)
    await page.keyboard.press('Enter')
    await allow.focus()
    await page.keyboard.press('Enter')
    await page.getByText('Enter doesn’t allow').waitFor()
    expect(decisions).toEqual([])
    await page.keyboard.press('Space')
    expect((await answerAt(page)).get('code')).toBeTruthy()
    expect(decisions).toHaveLength(1)
  })

  it('sends one answer however often she clicks (C3)', async () => {
    const { page } = await openPage(browser, tandem, 'ada')
    await catchAnswers(page)
    const decisions: string[] = []
    page.on('request', (request) => request.url().endsWith('/decision') && decisions.push(request.url()))
    await page.goto(await authorizeUrl())
    const allow = page.getByRole('button', { name: 'Allow' })
    await eventually(() => allow.isEnabled()).toBe(true)
    await page.evaluate(`{
      const allow = [...document.querySelectorAll('button')].find((one) => one.textContent === 'Allow')
      allow.click()
      allow.click()
      allow.click()
    }`)
    await answerAt(page)
    expect(decisions).toHaveLength(1)
  })

  it('asks for the way in first, and comes back to the question', async () => {
    const { page } = await openPage(browser, tandem)
    await page.goto(await authorizeUrl())
    await page.waitForURL('**/sign-in?**')
    await page.getByLabel('Email').fill(people.ada.email)
    await page.getByLabel('Password').fill(people.ada.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: /Notebook wants/ }).waitFor()
  })

  it('opens in no other browser than the one that began (C1)', async () => {
    const { page } = await openPage(browser, tandem, 'ada')
    await page.goto(await authorizeUrl())
    await page.getByRole('heading', { name: /Notebook wants/ }).waitFor()
    const { page: other } = await openPage(browser, tandem, 'grace')
    await other.goto(new URL(page.url()).pathname)
    await other.getByRole('heading', { name: 'This request can’t be answered' }).waitFor()
    expect(await other.getByRole('button', { name: 'Allow' }).count()).toBe(0)
  })

  it('keeps the switch of a detail on the screen, however long its words are', async () => {
    const { page } = await openPage(browser, tandem, 'ada', { viewport: { width: 380, height: 800 } })
    const long = 'x'.repeat(90)
    await page.route('**/api/interactions/*', async (route) => {
      const response = await route.fetch()
      const view = (await response.json()) as ConsentView
      const details = [{ title: `Read ${long}`, parts: [{ id: 'one', words: `All of ${long}` }] }]
      await route.fulfill({ response, json: { ...view, details } })
    })
    await page.goto(await authorizeUrl())
    const box = await page.getByRole('switch', { name: /^All of/ }).boundingBox()
    expect((box?.x ?? 1000) + (box?.width ?? 0)).toBeLessThanOrEqual(380)
  })

  it('shows markup in an app’s name as text (C7)', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto(await authorizeUrl('<b>Trusted</b><script>document.title="hacked"</script>'))
    await page.getByRole('heading', { name: /<b>Trusted<\/b>/ }).waitFor()
    expect(await page.title()).not.toBe('hacked')
    expect(complaints).toEqual([])
  })
})

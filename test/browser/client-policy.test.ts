import { mkdir } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { callTool, startTandem } from '../support/tandem.ts'
import type { ConnectedAgent, RunningTandem } from '../support/tandem.ts'
import { objections } from './axe.ts'
import { eventually } from './records.ts'

/** Pictures for whoever looks: `SHOTS=folder vitest run test/browser/client-policy.test.ts`. */
const shots = process.env['SHOTS']
const shoot = async (page: Page, name: string) => {
  if (!shots) return
  await mkdir(shots, { recursive: true })
  await page.screenshot({ path: `${shots}/${name}.png` })
}

describe('the policy and the apps that wait', { timeout: 120_000 }, () => {
  let tandem: RunningTandem
  let browser: Browser
  let agent: ConnectedAgent
  beforeAll(async () => {
    ;[tandem, browser] = await Promise.all([
      startTandem({ config: { TANDEM_CLIENT_POLICY: 'ask' } }),
      launchBrowser(),
    ])
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
  })
  const status = async () => (await agent.call('whoami')).status
  const whoami = (token: string) => callTool(`${tandem.url}/mcp`, token, 'whoami', {})

  it('an app that somebody connects shows up in the navigation by itself, and counts once approved', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/approvals')
    await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor()
    await shoot(page, 'approvals-empty-light')
    agent = await tandem.connectAgent({
      browser: await signedIn(tandem, 'grace'),
      name: 'Diary',
      redirectUri: 'https://diary.example/callback',
    })
    expect(await status()).toBe(401)
    await page
      .getByRole('link', { name: /Approvals 1 app waits/ })
      .first()
      .waitFor()
    const card = page.getByRole('listitem', { name: 'Diary' })
    await card.getByText('Grace').waitFor()
    await card.getByText('back to diary.example').waitFor()
    await card.getByText('https://diary.example/callback').waitFor()
    await shoot(page, 'approvals-light')
    const { page: hers } = await openPage(browser, tandem, 'grace')
    await hers.goto('/connected-apps')
    await hers.getByText('Waits for an administrator').waitFor()

    await card.getByRole('button', { name: 'Approve' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('Diary is approved').waitFor()
    await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor()
    // The card took the focus with it: the page has it now, not nobody.
    await eventually(() => page.evaluate('document.activeElement.textContent')).toBe('Approvals')
    expect(await status()).toBe(200)
    expect(complaints).toEqual([])
  })

  it('who allows a new app reads that she waits for an administrator, and goes back to it', async () => {
    const redirectUri = 'http://127.0.0.1:9/callback'
    const registered = await fetch(new URL('/oauth/register', tandem.url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ client_name: 'Planner', redirect_uris: [redirectUri] }),
    })
    const { client_id } = (await registered.json()) as { client_id: string }
    const query = new URLSearchParams({
      response_type: 'code',
      client_id,
      redirect_uri: redirectUri,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })
    const { page, complaints } = await openPage(browser, tandem, 'grace')
    await page.route(`${redirectUri}**`, (route) => route.fulfill({ body: 'back at the app' }))
    await page.goto(`/oauth/authorize?${query}`)
    await page.getByText('An administrator has to approve this app').waitFor()
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByRole('heading', { name: 'Planner waits for an administrator' }).waitFor()
    await shoot(page, 'consent-waiting-light')
    await page.getByRole('link', { name: 'Back to the app' }).click()
    await page.waitForURL((url) => url.searchParams.has('code'), { waitUntil: 'commit' })
    expect(complaints).toEqual([])
    const ada = await signedIn(tandem, 'ada')
    const { body } = await ada.json('GET', '/api/approvals')
    const { approvals } = body as { approvals: { client: { id: string; fingerprint: string } }[] }
    const seen = approvals.find(({ client }) => client.id === client_id)?.client
    const decision = { client: client_id, fingerprint: seen?.fingerprint, decision: 'approve' }
    expect((await ada.json('POST', '/api/approvals/decision', decision)).status).toBe(204)
  })

  it('can be approved with less, refused after a question, and blocked', async () => {
    const grace = await signedIn(tandem, 'grace')
    const connect = (name: string) => tandem.connectAgent({ browser: grace, name })
    const reader = await connect('Reader')
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/approvals')
    const card = (name: string) => page.getByRole('listitem', { name })
    await page.getByRole('button', { name: 'More about Reader' }).click()
    await page.getByRole('menuitem', { name: 'Approve with less…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Add and change records').click()
    await dialog.getByText('Delete records').click()
    await shoot(page, 'approvals-narrow-light')
    await dialog.getByRole('button', { name: 'Approve with this' }).click()
    await page.getByText('Reader is approved').waitFor()
    expect(JSON.stringify((await whoami(reader.accessToken)).body)).not.toContain('crm:write')

    const spy = await connect('Spy')
    await card('Spy').getByRole('button', { name: 'Refuse' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Keep' }).click()
    await page.getByRole('button', { name: 'More about Spy' }).click()
    await page.getByRole('menuitem', { name: 'Block…' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Block' }).click()
    await page.getByText('Spy is blocked').waitFor()
    await card('Spy').getByRole('button', { name: 'Let it ask again' }).waitFor()
    expect((await whoami(spy.accessToken)).status).toBe(401)
    expect(complaints).toEqual([])
  })

  it('rules are added, moved by keyboard, tried out and saved; refusals say why', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/policy')
    const rules = page.getByRole('list', { name: 'Rules' }).getByRole('listitem')
    await rules.first().waitFor()
    expect(await rules.count()).toBe(3)
    await shoot(page, 'policy-light')

    const add = page.getByRole('button', { name: 'Add a rule' })
    await add.click()
    const dialog = page.getByRole('dialog')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    await eventually(() => add.and(page.locator(':focus')).count()).toBe(1)
    await add.click()
    await dialog.getByRole('button', { name: 'Add to the draft' }).click()
    await dialog.getByText('People read this when the rule decides').waitFor()
    await eventually(() =>
      dialog.getByLabel('Name', { exact: true }).and(page.locator(':focus')).count(),
    ).toBe(1)
    await dialog.getByLabel('Name', { exact: true }).fill('no-diaries')
    await dialog.getByLabel('Why, in a sentence').fill('Diaries stay at home.')
    await dialog.getByLabel('Hosts answers go to').fill('diary.example')
    await shoot(page, 'policy-rule-light')
    await dialog.getByRole('button', { name: 'Add to the draft' }).click()
    await dialog.waitFor({ state: 'hidden' })
    expect(await rules.first().textContent()).toContain('diary.example')

    await page.getByRole('button', { name: 'Move no-diaries down' }).focus()
    await page.keyboard.press('Alt+ArrowDown')
    await page.getByText('no-diaries is now rule 2 of 4').waitFor({ state: 'attached' })
    await page.keyboard.press('Alt+ArrowUp')
    await page.getByText('no-diaries is now rule 1 of 4').waitFor({ state: 'attached' })

    const pasted = { client_name: 'Other diary', redirect_uris: ['https://diary.example/other'] }
    await page.getByLabel('A registration or metadata document (optional)').fill(JSON.stringify(pasted))
    await page.getByRole('button', { name: 'Try it out' }).click()
    await page.getByText(/Changes for 1 of \d+ apps/).waitFor()
    await page.getByText('What you pasted').scrollIntoViewIfNeeded()
    await shoot(page, 'policy-dry-run-light')
    expect(await status()).toBe(200)

    await page.getByRole('button', { name: 'Save the policy' }).click()
    const question = page.getByRole('alertdialog')
    await question.getByText('Turn away 1 app people use?').waitFor()
    await question.getByRole('button', { name: 'Save and turn away' }).click()
    await page.getByText('Version 1 of the policy holds now').waitFor()
    const refused = await fetch(new URL('/oauth/register', tandem.url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(pasted),
    })
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { error_description: 'Diaries stay at home.' },
    ])
    await page.getByLabel('Search decisions').fill('other diary')
    const decision = page.getByRole('list', { name: 'Decisions' }).getByRole('listitem').first()
    await decision.getByText('Diaries stay at home.').waitFor()
    await decision.getByText(/rule no-diaries of version 1/).waitFor()
    await decision.scrollIntoViewIfNeeded()
    await shoot(page, 'policy-decisions-light')
    expect(complaints).toEqual([])
  })

  it('a draft that somebody overtook is not saved over her', async () => {
    const { page } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/policy')
    await page.getByRole('button', { name: 'Remove no-diaries' }).click()
    const ada = await signedIn(tandem, 'ada')
    const { body } = await ada.json('GET', '/api/policy')
    const { policy, version } = body as { policy: unknown; version: number }
    expect((await ada.json('POST', '/api/policy', { policy, basedOn: version })).status).toBe(200)
    await page.getByRole('button', { name: 'Save the policy' }).click()
    await page.getByText('Somebody saved the policy meanwhile').waitFor()

    // Nor is it lost by a click beside it.
    await page.getByRole('link', { name: 'Signing keys' }).click()
    const question = page.getByRole('alertdialog', { name: 'Leave without saving the policy?' })
    await question.getByRole('button', { name: 'Keep' }).click()
    expect(await page.getByRole('button', { name: 'Save the policy' }).isVisible()).toBe(true)
    await page.getByRole('link', { name: 'Signing keys' }).click()
    await question.getByRole('button', { name: 'Leave and lose the draft' }).click()
    await page.waitForURL('**/settings/signing-keys')
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`axe finds nothing, nor does anything overflow 380 pixels, in ${colorScheme} colours`, async () => {
      const grace = await signedIn(tandem, 'grace')
      await tandem.connectAgent({ browser: grace, name: `Notebook ${colorScheme}` })
      for (const viewport of [
        { width: 1440, height: 900 },
        { width: 380, height: 800 },
      ]) {
        const { page } = await openPage(browser, tandem, 'ada', { colorScheme, viewport })
        for (const [path, label] of [
          ['/settings/approvals', 'approvals'],
          ['/settings/policy', 'policy'],
        ] as const) {
          await page.goto(path)
          await page.getByRole('main').getByRole('listitem').first().waitFor()
          // The narrow screen's own header is the shell's to test.
          if (viewport.width > 380) expect(await objections(page, colorScheme === 'dark'), path).toEqual([])
          const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
          expect(over, path).toBeLessThanOrEqual(0)
          await shoot(page, `${label}-${colorScheme}-${viewport.width}`)
        }
      }
    })
  }

  it('nobody but an administrator gets in', async () => {
    const grace = await signedIn(tandem, 'grace')
    for (const path of ['/api/policy', '/api/policy/decisions', '/api/approvals', '/api/approvals/count']) {
      expect((await grace.json('GET', path)).status, path).toBe(403)
    }
    const { page } = await openPage(browser, tandem, 'grace')
    await page.goto('/connected-apps')
    expect(await page.getByRole('link', { name: /Approvals/ }).count()).toBe(0)
  })
})

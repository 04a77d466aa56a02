import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'

describe('connected apps', { timeout: 90_000 }, () => {
  let tandem: RunningTandem
  let browser: Browser
  beforeAll(async () => {
    ;[tandem, browser] = await Promise.all([startTandem(), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
  })

  it('ends an app’s access, and its very next call is refused', async () => {
    const agent = await tandem.connectAgent({ browser: await signedIn(tandem, 'ada'), name: 'Notebook' })
    const created = await agent.call('apply_changes', {
      changes: [{ do: 'create', object: 'company', values: { name: 'Northwind' } }],
    })
    expect(created.status).toBe(200)

    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/my/connected_apps')
    await page.waitForURL('**/connected-apps')
    const card = page.getByRole('listitem', { name: 'Notebook' })
    await card.getByText('Add and change records').waitFor()
    await card.getByText('127.0.0.1').waitFor()
    await card.getByRole('button', { name: 'What it changed' }).click()
    await card.getByText('Northwind').first().waitFor()

    await card.getByRole('button', { name: 'End access' }).click()
    const question = page.getByRole('alertdialog')
    await question.getByText('Its next request is refused').waitFor()
    await question.getByRole('button', { name: 'Keep' }).click()
    expect((await agent.call('whoami')).status).toBe(200)

    await card.getByRole('button', { name: 'End access' }).click()
    await question.getByRole('button', { name: 'End access' }).click()
    await page.getByText('Notebook has no access any more').waitFor()
    expect((await agent.call('whoami')).status).toBe(401)
    expect(complaints).toEqual([])
  })

  it('shows nobody else’s apps', async () => {
    await tandem.connectAgent({ browser: await signedIn(tandem, 'ada'), name: 'Diary' })
    const { page } = await openPage(browser, tandem, 'grace')
    await page.goto('/connected-apps')
    await page.getByRole('heading', { name: 'No app is connected' }).waitFor()
    expect(await page.getByText('Diary').count()).toBe(0)
  })
})

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'

let tandem: RunningTandem
let browser: Browser
beforeAll(async () => {
  ;[tandem, browser] = await Promise.all([startTandem(), launchBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await tandem?.close()
})

it('a person limits an app to addresses, an administrator another’s, and both see it', async () => {
  const agent = await tandem.connectAgent({ browser: await signedIn(tandem, 'grace'), name: 'Notebook' })
  const { page, complaints } = await openPage(browser, tandem, 'grace')
  await page.goto('/connected-apps')
  const card = page.getByRole('listitem', { name: 'Notebook' })
  await card.getByRole('button', { name: 'Narrow' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Only from these addresses').fill('127.0.0.0/8\n192.0.2.7')
  await dialog.getByRole('button', { name: 'Take away' }).click()
  await card.getByText('Only from 127.0.0.0/8, 192.0.2.7').waitFor()
  expect((await agent.call('whoami')).status).toBe(200)

  const { page: admin, complaints: hers } = await openPage(browser, tandem, 'ada')
  await admin.goto('/settings/grants')
  await admin.getByRole('button', { name: /where Notebook of Grace may be used from$/ }).click()
  await admin.getByLabel('Only from these addresses').fill('192.0.2.7')
  await admin.getByRole('button', { name: 'Limit' }).click()
  await admin.getByRole('button', { name: 'Where Notebook of Grace' }).getByText('1 address').waitFor()
  expect((await agent.call('whoami')).status).toBe(403)
  expect([...complaints, ...hers]).toEqual([])
}, 90_000)

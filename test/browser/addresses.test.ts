import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { startForeignIssuer } from '../support/foreign-issuer.ts'
import { modernClient } from '../support/mcp-clients.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { objections } from './axe.ts'
import { eventually } from './records.ts'

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
  const opener = admin.getByRole('button', { name: /where Notebook of Grace may be used from$/ })
  await opener.press('Enter')
  const field = admin.getByLabel('Only from these addresses')
  await field.press('Escape')
  await eventually(() => opener.and(admin.locator(':focus')).count()).toBe(1)
  await opener.press('Enter')
  await field.fill('everywhere')
  await admin.getByRole('button', { name: 'Limit' }).click()
  await admin.getByRole('dialog').getByText('Nothing was changed: everywhere is neither').waitFor()
  expect(await objections(admin)).toEqual([])
  await field.fill('192.0.2.7')
  await admin.getByRole('button', { name: 'Limit' }).click()
  await admin.getByRole('button', { name: 'Where Notebook of Grace' }).getByText('1 address').waitFor()
  expect((await agent.call('whoami')).status).toBe(403)
  expect([...complaints, ...hers]).toEqual([])
}, 90_000)

it('an app of another authorization server says where it was connected, and is limited to addresses too', async () => {
  const issuer = await startForeignIssuer()
  const theirs = {
    issuer: issuer.issuer,
    type: 'at+jwt' as const,
    email_domains: ['acme.example'],
    scopes: { 'twenty:read': ['crm:read'] },
  }
  const resource = await startTandem({ config: { TANDEM_AUTHORIZATION_SERVER: theirs } })
  try {
    const planner = await modernClient(
      `${resource.url}/mcp`,
      await issuer.sign(issuer.claims(`${resource.url}/mcp`)),
    )
    await planner.callTool({ name: 'whoami', arguments: {} })
    await planner.close()
    const { page, complaints } = await openPage(browser, resource, 'grace')
    await page.goto('/connected-apps')
    const card = page.getByRole('listitem', { name: 'planner' })
    await card.getByText('Connected at another authorization server').waitFor()
    expect(await objections(page)).toEqual([])
    const { page: admin, complaints: hers } = await openPage(browser, resource, 'ada')
    await admin.goto('/settings/grants')
    await admin.getByRole('button', { name: /where planner of Grace may be used from$/ }).click()
    await admin.getByLabel('Only from these addresses').fill('192.0.2.7')
    await admin.getByRole('button', { name: 'Limit' }).click()
    await admin.getByRole('button', { name: '1 address: where planner' }).waitFor()
    expect(await objections(admin)).toEqual([])
    expect([...complaints, ...hers]).toEqual([])
  } finally {
    await resource.close()
    await issuer.close()
  }
}, 90_000)

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage } from '../support/chromium.ts'
import { startEmptyTandem } from '../support/empty-tandem.ts'
import type { Tandem } from '#server'

describe('the first run in a browser', { timeout: 90_000 }, () => {
  let tandem: Tandem
  let browser: Browser
  beforeAll(async () => {
    ;[tandem, browser] = await Promise.all([startEmptyTandem(), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
  })

  it('leads from the printed address to a table of companies', async () => {
    const { page, complaints } = await openPage(browser, tandem)
    await page.goto('/')
    await page.waitForURL('**/setup')

    await page.goto((await tandem.setupUrl()) ?? '')
    await page.waitForURL((url) => url.hash === '')
    await page.getByLabel('Your name').fill('Ada')
    expect(await page.getByLabel('Setup token').count()).toBe(0)
    await page.getByLabel('Email').fill('ada@acme.example')
    await page.getByLabel('Password').fill('short')
    await page.getByRole('button', { name: 'Create account' }).click()
    // Too short: the browser holds it back, nothing was created.
    expect(new URL(page.url()).pathname).toBe('/setup')

    await page.getByLabel('Password').fill('correct horse battery')
    await page.getByRole('switch').click()
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.waitForURL('**/o/company')
    await page.getByRole('grid', { name: 'Companies' }).waitFor()
    await page.getByRole('row').nth(3).waitFor()
    expect(complaints).toEqual([])
  })

  it('refuses a token that was not printed, and says so', async () => {
    const other = await startEmptyTandem()
    try {
      const { page } = await openPage(browser, other)
      await page.goto('/setup#token=setup_wrong')
      await page.getByLabel('Your name').fill('Mallory')
      await page.getByLabel('Email').fill('mallory@else.example')
      await page.getByLabel('Password').fill('correct horse battery')
      await page.getByRole('button', { name: 'Create account' }).click()
      await page.getByRole('alert').waitFor()
      expect(await other.setupUrl()).not.toBeNull()
    } finally {
      await other.close()
    }
  })
})

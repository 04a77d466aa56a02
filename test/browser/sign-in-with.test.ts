import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage } from '../support/chromium.ts'
import { startWithProvider } from '../support/sign-in-with.ts'
import type { WithProvider } from '../support/sign-in-with.ts'
import { people } from '../support/tandem.ts'

describe('signing in with an account elsewhere', { timeout: 120_000 }, () => {
  let t: WithProvider
  let browser: Browser
  beforeAll(async () => {
    ;[t, browser] = await Promise.all([startWithProvider(), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await t?.close()
  })
  const provider = 'Continue with Acme ID'

  it('a member signs in once with her password, then the provider is enough', async () => {
    t.provider.signInAs({ sub: 'grace', email: people.grace.email, email_verified: true, name: 'Grace' })
    const { page, complaints } = await openPage(browser, t.tandem)
    await page.goto('/sign-in?next=/settings/account')
    await page.getByRole('button', { name: provider }).first().click()
    await page.getByText('You have an account here already').waitFor()
    expect(page.url()).not.toContain('#')
    expect(await page.getByLabel('Email').inputValue()).toBe(people.grace.email)
    await page.getByLabel('Password').fill(people.grace.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page
      .getByRole('list', { name: 'Accounts elsewhere' })
      .getByText(people.grace.email)
      .first()
      .waitFor()

    const { page: other } = await openPage(browser, t.tandem)
    await other.goto('/sign-in?next=/settings/account')
    await other.getByRole('button', { name: provider }).first().click()
    await other.waitForURL('**/settings/account')
    await other.getByText('Acme ID ·').first().waitFor()
    expect(complaints).toEqual([])
  })

  it('an administrator lets a domain join, and a stranger of another one is told what to do', async () => {
    const { page, complaints } = await openPage(browser, t.tandem, 'ada')
    await page.goto('/settings/sign-in')
    await page.getByLabel('Domain', { exact: true }).fill('newcomers.example')
    await page.getByRole('button', { name: 'Add the domain' }).click()
    await page.getByText('people join by themselves').waitFor()

    t.provider.signInAs({ sub: 'lin', email: 'lin@newcomers.example', email_verified: true, name: 'Lin' })
    const { page: lins } = await openPage(browser, t.tandem)
    await lins.goto('/sign-in')
    await lins.getByRole('button', { name: provider }).first().click()
    await lins.waitForURL('**/o/company')
    await lins.goto('/settings/account')
    await lins.getByText('You have none yet').waitFor()

    t.provider.signInAs({ sub: 'mal', email: 'mal@else.example', email_verified: true, name: 'Mallory' })
    const { page: stranger } = await openPage(browser, t.tandem)
    await stranger.goto('/sign-in')
    await stranger.getByRole('button', { name: provider }).first().click()
    await stranger.getByText('Ask an administrator for an invitation').first().waitFor()
    expect(complaints).toEqual([])
  })
})

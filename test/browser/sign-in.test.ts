import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { people, startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'

describe('the doors', { timeout: 90_000 }, () => {
  let tandem: RunningTandem
  let browser: Browser
  beforeAll(async () => {
    ;[tandem, browser] = await Promise.all([startTandem(), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
  })

  it('R8 signing in leads nowhere outside, whatever next says', async () => {
    const hostile = [
      'https://mallory.example/',
      '//mallory.example',
      '/\\mallory.example',
      '/%09/mallory.example',
      '/.//mallory.example',
      'javascript:alert(1)',
      '\thttps://mallory.example',
    ]
    const { page, complaints } = await openPage(browser, tandem)
    const outside: string[] = []
    page.on('request', (request) => !request.url().startsWith(tandem.url) && outside.push(request.url()))
    for (const next of hostile) {
      await page.goto('about:blank')
      await page.context().clearCookies()
      await page.goto(`/sign-in?next=${encodeURIComponent(next)}`)
      await page.getByLabel('Email').fill(people.ada.email)
      await page.getByLabel('Password').fill(people.ada.password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
      expect(new URL(page.url()).origin, next).toBe(tandem.url)
    }
    expect(outside).toEqual([])
    expect(complaints).toEqual([])
  })

  it('who an app expects is filled in already', async () => {
    const { page } = await openPage(browser, tandem)
    await page.goto(`/sign-in?email=${people.grace.email}`)
    expect(await page.getByLabel('Email').inputValue()).toBe(people.grace.email)
  })

  it('a wrong password keeps what was typed and says what is wrong', async () => {
    const { page } = await openPage(browser, tandem)
    await page.goto('/o/person?q=x')
    await page.waitForURL('**/sign-in?next=**')
    await page.getByLabel('Email').fill(people.grace.email)
    await page.getByLabel('Password').fill('not her password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').waitFor()
    expect(await page.getByLabel('Email').inputValue()).toBe(people.grace.email)
    await page.getByLabel('Password').fill(people.grace.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/o/person?q=x')
  })

  it('an invitation link brings a new member in, once', async () => {
    const ada = await signedIn(tandem, 'ada')
    const { body } = await ada.json('POST', '/api/invitations', {
      email: 'linus@acme.example',
      role: 'member',
    })
    const { link } = body as { link: string }
    const { page } = await openPage(browser, tandem)
    await page.goto(link)
    await page.getByText('invited linus@acme.example').waitFor()
    expect(page.url()).not.toContain('token')
    await page.getByLabel('Your name').fill('Linus')
    await page.getByLabel('Choose a password').fill('kernel panic at noon')
    await page.getByRole('button', { name: 'Join' }).click()
    await page.waitForURL('**/o/company')
    const { page: again } = await openPage(browser, tandem)
    await again.goto(link)
    await again.getByRole('heading', { name: 'This invitation doesn’t work' }).waitFor()
  })
})

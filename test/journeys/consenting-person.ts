import type { Page } from 'playwright-core'
import { vi } from 'vitest'
import { launchBrowser, openPage } from '../support/chromium.ts'
import { people } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'

// A browser, a server and a client on one busy machine take their time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

/** Somebody at a browser who does what agents ask her for. */
export type ConsentingPerson = Awaited<ReturnType<typeof consentingPerson>>

/** Ada at a headless Chromium. She signs in at the first question and allows every one. */
export async function consentingPerson(tandem: RunningTandem) {
  const browser = await launchBrowser()
  const { page } = await openPage(browser, tandem)

  /** Opens the address an agent sent her to, signs in if asked, presses Allow. */
  async function allow(authorizeUrl: string | URL): Promise<void> {
    await page.goto(String(authorizeUrl))
    const allowButton = page.getByRole('button', { name: 'Allow', exact: true })
    const signInButton = page.getByRole('button', { name: 'Sign in', exact: true })
    await allowButton.or(signInButton).waitFor()
    if (await signInButton.isVisible()) await signIn(page)
    await allowButton.click()
  }

  return {
    page,
    /** Allows, and lets the browser go where the answer goes: to a client that listens. */
    async allowAndFollow(authorizeUrl: string | URL): Promise<string> {
      await allow(authorizeUrl)
      await page.waitForURL((url) => !url.href.startsWith(tandem.url))
      return page.content()
    },
    /** Allows, and catches the answer for a client that doesn't listen. */
    async allow(authorizeUrl: string | URL): Promise<URL> {
      const redirectUri = new URL(authorizeUrl).searchParams.get('redirect_uri') ?? ''
      const answered = page.waitForRequest((request) => request.url().startsWith(redirectUri))
      await page.route(`${redirectUri}**`, (route) => route.fulfill({ body: 'Back to your app.' }))
      await allow(authorizeUrl)
      return new URL((await answered).url())
    },
    close: () => browser.close(),
  }
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('Email').fill(people.ada.email)
  await page.getByLabel('Password').fill(people.ada.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

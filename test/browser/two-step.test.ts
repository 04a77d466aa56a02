import { TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { objections } from './axe.ts'
import { testClock } from '../support/clock.ts'
import { launchBrowser, openPage, signedIn, typePassword } from '../support/chromium.ts'
import { people, startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'

const minute = 60_000

describe('two steps in a browser', { timeout: 120_000 }, () => {
  const clock = testClock(new Date())
  let tandem: RunningTandem
  let browser: Browser
  beforeAll(async () => {
    ;[tandem, browser] = await Promise.all([startTandem({ clock }), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
  })

  /** Reads the key that the page shows, as somebody who can't scan does, and types the code of it. */
  const showCode = async (page: Page): Promise<string> => {
    await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor()
    const text = (await page.locator('.font-mono.select-all').textContent()) ?? ''
    const key = text.replaceAll(' ', '')
    await page.getByLabel('Code that the app shows').fill(codeOf(key))
    // Answered before the clock goes on: the code is old by then.
    const answered = page.waitForResponse((response) => response.request().method() === 'POST')
    await page.getByRole('button', { name: 'Confirm the code' }).click()
    await answered
    clock.advance(minute)
    return key
  }
  const codeOf = (key: string) => new TOTP({ secret: key }).generate({ timestamp: clock.now().getTime() })

  it('an app is set up, asked for, and removed; nothing leaves the page on the way', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    const outside: string[] = []
    page.on('request', (request) => !request.url().startsWith(tandem.url) && outside.push(request.url()))
    await page.goto('/settings/account')
    await page.getByRole('button', { name: 'Set up' }).click()
    await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor()
    expect(await objections(page)).toEqual([])
    const key = await showCode(page)
    await page.getByText('They are shown only now').waitFor()
    expect(await objections(page)).toEqual([])
    await page.getByRole('button', { name: 'I kept them' }).click()
    await page.getByText('10 left').waitFor()

    const { page: other } = await openPage(browser, tandem)
    await other.goto('/sign-in?next=/settings/account')
    await typePassword(other, 'ada')
    await other.getByLabel('Code').fill('000000')
    expect(await objections(other)).toEqual([])
    await other.getByRole('button', { name: 'Continue' }).click()
    await other.getByRole('alert').waitFor()
    await other.getByLabel('Code').fill(codeOf(key))
    await other.getByRole('button', { name: 'Continue' }).click()
    await other.getByText('Password and authenticator app ·').first().waitFor()

    clock.advance(15 * minute)
    await page.reload()
    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
    const asking = page.getByRole('dialog', { name: 'Confirm that it is you' })
    await asking.getByLabel('Your password').fill(people.ada.password)
    await asking.getByRole('button', { name: 'Confirm' }).click()
    await page.getByRole('button', { name: 'Set up' }).waitFor()
    expect(outside).toEqual([])
    expect(complaints).toEqual([])
  })

  it('a new device is pointed out until its person says that it was her', async () => {
    // Grace joined in one browser, and now comes with another.
    const { page: stranger } = await openPage(browser, tandem)
    await stranger.goto('/sign-in?next=/settings/account')
    await typePassword(stranger, 'grace')
    await stranger.getByText('· this one').waitFor()
    const { page } = await openPage(browser, tandem, 'grace')
    await page.goto('/settings/account')
    await page.getByText('on a device that wasn’t used before').waitFor()
    await page.getByRole('button', { name: 'It was me' }).first().click()
    await page.getByText('new device').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'End all others' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: /^End/ }).click()
    await page.getByText('new device').waitFor({ state: 'detached' })
    await stranger.reload()
    await stranger.waitForURL('**/sign-in?next=**')
  })

  it('the rule leads the next one to set an app up before she is in, and an administrator can reset it', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    clock.advance(15 * minute)
    const ada = await signedIn(tandem, 'ada')
    const proof = { kind: 'password', password: people.ada.password }
    expect((await ada.json('POST', '/api/account/confirm', { proof })).status).toBe(204)
    await page.goto('/settings/sign-in')
    const rule = page.getByRole('combobox', { name: 'Second step asked of' })
    const choose = async () => {
      await rule.click()
      await page.getByRole('option', { name: 'Everybody' }).click()
    }
    await choose()
    await page.getByText('Set up a second factor for your own account first').waitFor()
    await page.goto('/settings/account')
    await page.getByRole('button', { name: 'Set up' }).click()
    await showCode(page)
    await page.getByRole('button', { name: 'I kept them' }).click()
    await page.goto('/settings/sign-in')
    await choose()
    await page.getByText('The rule holds from now on').waitFor()

    const { page: hers } = await openPage(browser, tandem)
    await hers.goto('/sign-in?next=/settings/account')
    await typePassword(hers, 'grace')
    await hers.getByRole('heading', { name: 'Set up a second step' }).waitFor()
    await showCode(hers)
    await hers.getByRole('button', { name: 'I kept them' }).click()
    await hers.waitForURL('**/settings/account')

    await page.goto('/settings/members')
    await page.getByRole('button', { name: 'What to do about Grace' }).click()
    await page.getByRole('menuitem', { name: 'Reset second step' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Reset' }).click()
    await page.getByText('Grace signs in with one step again').waitFor()
    await hers.reload()
    await hers.waitForURL('**/sign-in?next=**')

    await page.getByRole('button', { name: 'What to do about Grace' }).click()
    await page.getByRole('menuitem', { name: 'Disable' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Disable' }).click()
    await page.getByText('Disabled').waitFor()
    expect(complaints).toEqual([])
  })
})

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { startKeyedUpstream } from '../support/keyed-upstream.ts'
import type { KeyedUpstream } from '../support/keyed-upstream.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { addUpstream } from '../support/upstreams.ts'
import { objections } from './axe.ts'
import { eventually } from './records.ts'

describe('one’s own keys', { timeout: 90_000 }, () => {
  let tandem: RunningTandem
  let browser: Browser
  let notes: KeyedUpstream
  beforeAll(async () => {
    notes = await startKeyedUpstream('key-of-ada', 'key-of-grace')
    ;[tandem, browser] = await Promise.all([startTandem(), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
    await notes?.close()
  })

  it('are added, checked, replaced and removed on a page, by keyboard, and never shown again', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'grace')
    await page.goto('/settings/keys')
    await page.getByRole('heading', { name: 'No server here needs a key of yours' }).waitFor()

    await addUpstream(
      tandem,
      { kind: 'http', name: 'notes', title: 'Notes', url: notes.url, auth: { kind: 'key' } },
      { credential: 'key-of-ada', browser: await signedIn(tandem, 'ada') },
    )
    await page.reload()
    const row = page.getByRole('listitem', { name: 'Notes' })
    await row.getByText('No key yet').waitFor()
    await row.getByRole('button', { name: 'Add key' }).press('Enter')
    const field = row.getByLabel('Your key for Notes')
    expect(await field.getAttribute('type')).toBe('password')
    await row.getByRole('button', { name: 'Cancel' }).click()
    expect(await page.locator(':focus').textContent()).toBe('Add key')
    await page.keyboard.press('Enter')
    await field.press('Escape')
    expect(await page.locator(':focus').textContent()).toBe('Add key')
    await page.keyboard.press('Enter')
    await field.fill('a-wrong-key')
    await field.press('Enter')
    await row.getByText('Notes doesn’t take this key').waitFor()
    expect(await objections(page)).toEqual([])

    await field.fill('  Bearer key-of-grace ')
    await row.getByRole('button', { name: 'Check and keep' }).click()
    await row.getByText('Key kept just now').waitFor()
    expect(await page.content()).not.toContain('key-of-grace')
    expect(await objections(page)).toEqual([])

    // Notes ends it: the page says so, loudly, and whether that still holds.
    notes.keys.delete('key-of-grace')
    const grace = await signedIn(tandem, 'grace')
    await grace.json('POST', '/api/keys/notes/check', {})
    await page.reload()
    await row.getByText('Doesn’t work: it was refused there').waitFor()
    expect(await objections(page)).toEqual([])
    notes.keys.add('key-of-grace')
    await row.getByRole('button', { name: 'Check again' }).click()
    await row.getByText('Key kept').waitFor()

    await row.getByRole('button', { name: 'Remove' }).click()
    const question = page.getByRole('alertdialog', { name: 'Remove your key for Notes?' })
    await question.getByRole('button', { name: 'Keep' }).click()
    expect(await row.getByText('Key kept').isVisible()).toBe(true)
    await row.getByRole('button', { name: 'Remove' }).click()
    await question.getByRole('button', { name: 'Remove' }).click()
    await row.getByText('No key yet').waitFor()
    // What was pressed is gone: the focus goes on in its row.
    await eventually(() => page.locator(':focus').textContent()).toBe('Add key')
    expect(complaints).toEqual([])
  })

  it('fit a screen of 380 pixels', async () => {
    const viewport = { width: 380, height: 800 }
    const { page } = await openPage(browser, tandem, 'ada', { viewport, hasTouch: true, colorScheme: 'dark' })
    await page.goto('/settings/keys')
    await page.getByRole('button', { name: 'Replace' }).click()
    await page.getByLabel('Your key for Notes').waitFor()
    const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(over).toBeLessThanOrEqual(0)
    expect(await objections(page, true)).toEqual([])
  })
})

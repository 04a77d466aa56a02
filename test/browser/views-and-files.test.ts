import { readFile } from 'node:fs/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage } from '../support/chromium.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { createRecords, eventually } from './records.ts'

describe('saved views and files', { timeout: 90_000 }, () => {
  let tandem: RunningTandem
  let browser: Browser
  let ids: string[]
  beforeAll(async () => {
    ;[tandem, browser] = await Promise.all([startTandem(), launchBrowser()])
    ids = await createRecords(tandem, 'company', [
      { name: 'Northwind', employees: 40 },
      { name: 'Globex', employees: 900 },
    ])
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
  })

  it('keeps filter, order and columns as a view that others open, and brings a deleted one back', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    const filter = JSON.stringify([{ field: 'employees', op: 'gt', value: 100 }])
    await page.goto(`/o/company?filter=${encodeURIComponent(filter)}`)
    await page.getByRole('button', { name: 'View: all' }).click()
    await page.getByRole('button', { name: 'Save as a new view' }).click()
    await page.getByRole('textbox', { name: 'View name' }).fill('Large')
    await page.getByRole('switch', { name: 'Everybody sees it' }).click()
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByRole('button', { name: 'View: Large' }).waitFor()

    const { page: graces } = await openPage(browser, tandem, 'grace')
    await graces.goto('/o/company')
    await graces.getByRole('button', { name: 'View: all' }).click()
    await graces.getByRole('button', { name: 'Large', exact: true }).click()
    const names = graces.getByRole('gridcell').and(graces.locator('[data-field=name]'))
    await eventually(() => names.allTextContents()).toEqual(['Globex'])
    await graces.getByRole('button', { name: 'View: Large' }).click()
    expect(await graces.getByRole('button', { name: 'Delete Large' }).count()).toBe(0)

    await page.getByRole('button', { name: 'View: Large' }).click()
    await page.getByRole('button', { name: 'Delete Large' }).click()
    await page.getByRole('button', { name: 'View: all' }).waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('button', { name: 'View: all' }).click()
    await page.getByRole('button', { name: 'Large', exact: true }).waitFor()
    expect(complaints).toEqual([])
  })

  it('hangs a chosen file on a record and gives it back as it was, for saving only', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'grace')
    await page.goto(`/o/company/${ids[0]}?tab=files`)
    await page.getByText('No files yet').waitFor()
    const body = Buffer.from('<script>document.title = "evil"</script>')
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'offer 1.html', mimeType: 'text/html', buffer: body })
    const link = page.getByRole('link', { name: 'offer 1.html' })
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
    expect(download.suggestedFilename()).toBe('offer 1.html')
    expect((await readFile(await download.path())).equals(body)).toBe(true)
    const answer = await page.request.get((await link.getAttribute('href')) ?? '')
    expect(answer.headers()).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    })
    expect(answer.headers()['content-disposition']).toBe("attachment; filename*=UTF-8''offer%201.html")
    await page.getByRole('button', { name: /^Remove offer/ }).click()
    await page.getByText('No files yet').waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await link.waitFor()
    expect(complaints).toEqual([])
  })
})

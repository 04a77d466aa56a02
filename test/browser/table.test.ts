import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { createRecords, eventually, readRecord } from './records.ts'

describe('the table of records', { timeout: 90_000 }, () => {
  let tandem: RunningTandem
  let browser: Browser
  let ids: string[]
  beforeAll(async () => {
    ;[tandem, browser] = await Promise.all([startTandem(), launchBrowser()])
    ids = await createRecords(tandem, 'company', [
      { name: 'Northwind', employees: 40, industry: 'retail', city: 'Oslo' },
      { name: 'Globex', employees: 900, industry: 'software', city: 'Berlin' },
      { name: 'Initech', employees: 120, industry: 'software', city: 'Austin' },
    ])
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
  })

  const names = (page: Page) =>
    page.getByRole('gridcell').and(page.locator('[data-field=name]')).allTextContents()
  const cell = (page: Page, row: string, field: string) =>
    page.getByRole('row').filter({ hasText: row }).locator(`[data-field=${field}]`)

  it('sorts by a click on a column, and keeps the order in the address', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/o/company')
    await page.getByRole('columnheader', { name: 'Employees' }).getByRole('button').click()
    await page.locator('[aria-sort=ascending]').waitFor()
    await eventually(() => names(page)).toEqual(['Northwind', 'Initech', 'Globex'])
    await page.getByRole('columnheader', { name: 'Employees' }).getByRole('button').click()
    await eventually(() => names(page)).toEqual(['Globex', 'Initech', 'Northwind'])

    const { page: other } = await openPage(browser, tandem, 'grace')
    await other.goto(page.url())
    await eventually(() => names(other)).toEqual(['Globex', 'Initech', 'Northwind'])
    expect(complaints).toEqual([])
  })

  it('filters by a field’s own operators, by keyboard alone', async () => {
    const { page } = await openPage(browser, tandem, 'ada')
    await page.goto('/o/company')
    await cell(page, 'Northwind', 'name').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('Indus')
    await page.keyboard.press('Enter')
    await page.getByRole('combobox', { name: 'Industry: value' }).waitFor()
    await page.keyboard.type('softw')
    await page.keyboard.press('Enter')
    await eventually(async () => (await names(page)).toSorted()).toEqual(['Globex', 'Initech'])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Remove the filter on Industry' }).click()
    await eventually(async () => (await names(page)).length).toBe(3)
  })

  it('edits a cell like a spreadsheet: type, Enter, and it is saved', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/o/company')
    await cell(page, 'Northwind', 'employees').click()
    await page.keyboard.type('55')
    await page.keyboard.press('Enter')
    await eventually(async () => (await readRecord(tandem, 'company', ids[0] ?? ''))['employees']).toBe(55)
    expect(await cell(page, 'Northwind', 'employees').textContent()).toBe('55')

    await cell(page, 'Northwind', 'employees').click()
    await page.keyboard.press('Enter')
    await page.keyboard.type('77')
    await page.keyboard.press('Escape')
    expect(await cell(page, 'Northwind', 'employees').textContent()).toBe('55')

    await page.keyboard.press('Control+z')
    await eventually(async () => (await readRecord(tandem, 'company', ids[0] ?? ''))['employees']).toBe(40)
    expect(complaints).toEqual([])
  })

  it('goes on with Tab, and edits a choice by its first letters', async () => {
    const { page } = await openPage(browser, tandem, 'ada')
    await page.goto('/o/company')
    await cell(page, 'Initech', 'employees').click()
    await page.keyboard.type('130')
    await page.keyboard.press('Tab')
    await eventually(async () => (await readRecord(tandem, 'company', ids[2] ?? ''))['employees']).toBe(130)
    await cell(page, 'Initech', 'industry').click()
    await page.keyboard.type('fin')
    await page.keyboard.press('Enter')
    await expect
      .poll(async () => (await readRecord(tandem, 'company', ids[2] ?? ''))['industry'])
      .toBe('finance')
  })

  it('pastes a block into several records as one step that can be undone', async () => {
    const { page } = await openPage(browser, tandem, 'ada')
    await page.goto('/o/company?sort=%5B%7B%22field%22%3A%22name%22%2C%22dir%22%3A%22asc%22%7D%5D')
    await cell(page, 'Globex', 'city').click()
    // Headless Chromium has one clipboard for all windows; the event carries the text by itself.
    await page.evaluate(`{
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/plain', 'Bonn\\nDallas')
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    }`)
    await page.getByText('Pasted into 2 records').first().waitFor()
    expect((await readRecord(tandem, 'company', ids[1] ?? ''))['city']).toBe('Bonn')
    expect((await readRecord(tandem, 'company', ids[2] ?? ''))['city']).toBe('Dallas')
    await page.getByRole('button', { name: 'Undo' }).click()
    await eventually(async () => (await readRecord(tandem, 'company', ids[1] ?? ''))['city']).toBe('Berlin')
  })

  it('says who was faster when two people change one record, and keeps both values in reach', async () => {
    const { page } = await openPage(browser, tandem, 'ada')
    // Live news would tell Ada in time; here they don't reach her.
    await page.route('**/api/events', (route) => route.abort())
    await page.goto('/o/company')
    await cell(page, 'Globex', 'city').waitFor()
    const grace = await signedIn(tandem, 'grace')
    await grace.json('POST', '/api/changes', {
      intents: [{ do: 'update', object: 'company', id: ids[1], values: { city: 'Hamburg' } }],
    })
    await cell(page, 'Globex', 'city').click()
    await page.keyboard.type('Paris')
    await page.keyboard.press('Enter')
    await page.getByText('City changed while you were editing').first().waitFor()
    await eventually(() => cell(page, 'Globex', 'city').textContent()).toBe('Hamburg')
    await page.getByRole('button', { name: 'Save mine' }).click()
    await eventually(async () => (await readRecord(tandem, 'company', ids[1] ?? ''))['city']).toBe('Paris')
  })

  it('opens, creates, selects and deletes by keyboard, and takes the deletion back', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/o/company')
    await cell(page, 'Northwind', 'name').waitFor()
    await page.keyboard.press('c')
    await page.getByRole('dialog', { name: 'New company' }).waitFor()
    await page.keyboard.type('Hooli')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Create company' }).click()
    await page.waitForURL(/record=rec_/)
    await page.getByRole('complementary', { name: 'Hooli' }).waitFor()
    await page.getByRole('button', { name: 'Close the record' }).click()

    await page.getByRole('row').filter({ hasText: 'Hooli' }).getByRole('rowheader').focus()
    await page.keyboard.press('x')
    await page.getByText('1 company selected').waitFor()
    await page.keyboard.press('Delete')
    await page.getByRole('button', { name: 'Delete 1 company' }).click()
    await eventually(() => names(page)).not.toContain('Hooli')
    await page
      .getByRole('dialog', { name: /^Deleted/ })
      .getByRole('button', { name: 'Undo' })
      .click()
    await eventually(() => names(page)).toContain('Hooli')
    expect(complaints).toEqual([])
  })

  it('shows another person’s change without a reload', async () => {
    const { page } = await openPage(browser, tandem, 'ada')
    await page.goto('/o/company')
    await cell(page, 'Northwind', 'city').waitFor()
    const grace = await signedIn(tandem, 'grace')
    await grace.json('POST', '/api/changes', {
      intents: [{ do: 'update', object: 'company', id: ids[0], values: { city: 'Bergen' } }],
    })
    await eventually(() => cell(page, 'Northwind', 'city').textContent()).toBe('Bergen')
  })
})

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { createRecords, eventually, readRecord } from './records.ts'

describe('the history of a record', { timeout: 90_000 }, () => {
  let tandem: RunningTandem
  let browser: Browser
  beforeAll(async () => {
    ;[tandem, browser] = await Promise.all([startTandem(), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
  })

  const agentSets = async (id: string, values: Record<string, unknown>) => {
    const agent = await tandem.connectAgent({ browser: await signedIn(tandem, 'ada') })
    const { body } = await agent.call('apply_changes', {
      changes: [{ do: 'update', object: 'company', id, values }],
      reason: 'The annual report says so',
    })
    expect(JSON.stringify(body)).not.toContain('"isError":true')
  }

  it('shows what an agent changed, for whom and why, and takes it back with one click', async () => {
    const [id = ''] = await createRecords(tandem, 'company', [{ name: 'Northwind', employees: 40 }])
    await agentSets(id, { employees: 75 })
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto(`/o/company?record=${id}&tab=history`)
    const entry = page.getByRole('list', { name: 'History' }).getByRole('listitem').first()
    await entry.getByText(/^Notebook for Ada$/i).waitFor()
    await entry.getByText('The annual report says so').waitFor()
    await entry.getByText('40').waitFor()
    await entry.getByText('75').waitFor()

    await entry.getByRole('button', { name: 'Undo' }).click()
    await eventually(async () => (await readRecord(tandem, 'company', id))['employees']).toBe(40)
    await page.getByText('took a change back').waitFor()
    expect(complaints).toEqual([])
  })

  it('keeps what somebody changed since, and names it', async () => {
    const [id = ''] = await createRecords(tandem, 'company', [{ name: 'Globex', employees: 10 }])
    await agentSets(id, { employees: 20 })
    const grace = await signedIn(tandem, 'grace')
    await grace.json('POST', '/api/changes', {
      intents: [{ do: 'update', object: 'company', id, values: { employees: 30 } }],
    })
    const { page } = await openPage(browser, tandem, 'ada')
    await page.goto(`/o/company/${id}`)
    const entry = page.getByRole('listitem').filter({ hasText: 'Notebook for' })
    await entry.getByRole('button', { name: 'Undo' }).click()
    await page
      .getByText(/the newer value stays: Globex/)
      .first()
      .waitFor()
    expect((await readRecord(tandem, 'company', id))['employees']).toBe(30)
  })

  it('shows markup in names as the text it is (C7)', async () => {
    const name = '<img src=x onerror="document.title=\'hacked\'"><b>Bold</b>'
    const [id = ''] = await createRecords(tandem, 'company', [{ name }])
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto(`/o/company?record=${id}&tab=history`)
    await page.getByRole('heading', { name }).waitFor()
    await page.getByRole('row').filter({ hasText: '<b>Bold</b>' }).waitFor()
    expect(await page.title()).not.toBe('hacked')
    expect(await page.locator('img').count()).toBe(0)
    expect(complaints).toEqual([])
  })
})

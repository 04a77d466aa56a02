import { readFile } from 'node:fs/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { eventually } from './records.ts'
import { startTandem } from '../support/tandem.ts'
import type { ConnectedAgent, RunningTandem } from '../support/tandem.ts'

describe('an administrator', { timeout: 90_000 }, () => {
  let tandem: RunningTandem
  let browser: Browser
  let graces: ConnectedAgent
  let adas: ConnectedAgent
  beforeAll(async () => {
    ;[tandem, browser] = await Promise.all([startTandem(), launchBrowser()])
    graces = await tandem.connectAgent({ browser: await signedIn(tandem, 'grace'), name: 'Diary' })
    adas = await tandem.connectAgent({ browser: await signedIn(tandem, 'ada'), name: 'Notebook' })
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
  })

  it('stops all agents with a reason, and lets them go on', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/emergency')
    await page.getByText('Agents may work').waitFor()
    await page.getByRole('button', { name: 'Stop all agents' }).click()
    const dialog = page.getByRole('dialog', { name: 'Stop all agents?' })
    const stop = dialog.getByRole('button', { name: 'Stop all agents' })
    expect(await stop.isDisabled()).toBe(true)
    await dialog.getByRole('textbox', { name: 'Why' }).fill('A prompt went round')
    await stop.click()
    await page.getByText('By Ada').waitFor()
    expect([(await adas.call('whoami')).status, (await graces.call('whoami')).status]).toEqual([403, 403])

    // Whoever's app it is sees why it doesn't work.
    const { page: hers } = await openPage(browser, tandem, 'grace')
    await hers.goto('/connected-apps')
    await hers.getByText('Stopped by an administrator').waitFor()

    await page.getByRole('button', { name: 'Let agents go on' }).click()
    await page.getByText('Agents may work').waitFor()
    expect((await adas.call('whoami')).status).toBe(200)

    await page.getByRole('combobox', { name: 'App' }).click()
    await page.getByRole('option', { name: 'Diary' }).click()
    await page.getByRole('button', { name: 'Stop this app' }).click()
    await page.getByRole('textbox', { name: 'Why' }).fill('It is odd')
    await page.getByRole('dialog').getByRole('button', { name: 'Stop this app' }).click()
    await page.getByText('It is odd').waitFor()
    expect([(await adas.call('whoami')).status, (await graces.call('whoami')).status]).toEqual([200, 403])
    await page.getByRole('button', { name: 'Let it go on' }).click()
    await page.getByText('It is odd').waitFor({ state: 'detached' })
    expect((await graces.call('whoami')).status).toBe(200)
    expect(complaints).toEqual([])
  })

  it('finds everybody’s access, follows one app in the record, and ends all of one person', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/grants')
    const row = page.getByRole('row', { name: /Diary/ })
    await row.getByText('Grace').waitFor()
    await row.getByRole('link', { name: 'Follow' }).click()
    await page.waitForURL('**/settings/audit?grant=**')
    await page.getByRole('cell', { name: 'Grant given' }).waitFor()
    await page.getByRole('button', { name: /One permission only/ }).waitFor()
    expect(await page.getByText('Notebook').count()).toBe(0)

    await page.goBack()
    await page.getByRole('combobox', { name: 'Person' }).click()
    await page.getByRole('option', { name: 'Grace' }).click()
    await page.waitForURL('**member=mem_**')
    await page.getByRole('row', { name: /Notebook/ }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: /End all access of Grace/ }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'End access' }).click()
    await page.getByText('One permission ended').waitFor()
    expect([(await adas.call('whoami')).status, (await graces.call('whoami')).status]).toEqual([200, 401])
    expect(complaints).toEqual([])
  })

  it('searches the record, opens an entry, checks the chain and takes it along', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/audit')
    await page.getByRole('searchbox').fill('prompt went')
    await page.waitForURL('**text=prompt**')
    const row = page.getByRole('row', { name: /Agents stopped/ })
    await row.getByRole('button', { name: /Show all of entry/ }).click()
    await page.getByText('A prompt went round').waitFor()
    await page.getByRole('button', { name: 'Check the record' }).click()
    await page.getByText('The record is whole').waitFor()
    await page.getByRole('button', { name: 'Checkpoint' }).click()
    const text = await page.getByLabel('The last checkpoint', { exact: true }).textContent()
    expect(text).toMatch(/^tandem-audit\./)

    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export' }).click()
    await page.getByRole('menuitem', { name: /CSV/ }).click()
    const file = await (await download).path()
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\r\n')
    expect(lines).toHaveLength(2)
    expect(lines[1]).toContain('agents.stopped')
    expect(complaints).toEqual([])
  })

  it('reads which app called for whom, finds calls by its name, and leaves the search behind by a link', async () => {
    expect((await adas.call('whoami')).status).toBe(200)
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    const row = page.getByRole('row', { name: /Notebook for Ada.*Tool called/ }).first()
    await eventually(async () => {
      await page.goto('/settings/audit?text=notebook')
      await page.getByRole('table').waitFor()
      return row.count()
    }).toBe(1)
    await row.getByRole('button', { name: /Show all of entry/ }).click()
    await page.getByRole('link', { name: 'Follow this permission' }).click()
    await page.waitForURL('**/settings/audit?grant=grt_**')
    // Longer than a search field waits before it tells what is in it.
    await page.waitForTimeout(400)
    expect(new URL(page.url()).searchParams.get('text')).toBeNull()
    expect(await page.getByRole('searchbox').inputValue()).toBe('')
    expect(complaints).toEqual([])
  })

  it('tells apps of one name apart before she stops one', async () => {
    const again = { browser: await signedIn(tandem, 'ada'), name: 'Notebook' }
    await tandem.connectAgent({ ...again, redirectUri: 'https://notebook.example/callback' })
    const { page } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/emergency')
    await page.getByRole('combobox', { name: 'App' }).click()
    await page.getByRole('option', { name: 'Notebook (127.0.0.1:7777)' }).waitFor()
    await page.getByRole('option', { name: 'Notebook (notebook.example)' }).click()
    await page.getByRole('button', { name: 'Stop this app' }).click()
    const dialog = page.getByRole('dialog', { name: 'Stop Notebook (notebook.example)?' })
    // Typing goes where the reason goes.
    await page.keyboard.type('It is odd')
    expect(await dialog.getByRole('textbox', { name: 'Why' }).inputValue()).toBe('It is odd')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
  })

  it('finds the pages of the settings in the palette, by the words people use; a member finds hers', async () => {
    const { page } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/limits')
    await page.getByRole('table').waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: /^Find a record/ }).fill('permissions')
    await page.getByRole('option', { name: /^Access/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL('**/settings/grants')
    // Named like what was typed: before records that resemble it.
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: /^Find a record/ }).fill('acc')
    await page
      .getByRole('option')
      .first()
      .filter({ hasText: /^Access/ })
      .waitFor()
    await page.keyboard.press('Escape')
    const { page: hers } = await openPage(browser, tandem, 'grace')
    await hers.goto('/connected-apps')
    await hers.getByRole('heading', { name: 'Connected apps' }).waitFor()
    await hers.keyboard.press('Control+k')
    await hers.getByRole('combobox', { name: /^Find a record/ }).fill('a')
    await hers.getByRole('option', { name: /Your account/ }).waitFor()
    expect(await hers.getByRole('option', { name: /^Audit/ }).count()).toBe(0)
  })

  it('sees the limits; a member sees none of these pages’ content', async () => {
    const { page } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/limits')
    await page.getByRole('cell', { name: 'Calls of an app at /mcp and /api' }).waitFor()
    await page.getByRole('heading', { name: 'Nobody reached a limit' }).waitFor()
    const { page: hers } = await openPage(browser, tandem, 'grace')
    for (const path of ['/settings/limits', '/settings/grants', '/settings/audit', '/settings/emergency']) {
      await hers.goto(path)
      await hers.getByText('Only an administrator can do this').first().waitFor()
    }
  })
})

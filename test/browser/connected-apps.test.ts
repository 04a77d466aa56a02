import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'

describe('connected apps', { timeout: 90_000 }, () => {
  let tandem: RunningTandem
  let browser: Browser
  beforeAll(async () => {
    ;[tandem, browser] = await Promise.all([startTandem(), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
  })

  it('ends an app’s access, and its very next call is refused', async () => {
    const agent = await tandem.connectAgent({ browser: await signedIn(tandem, 'ada'), name: 'Notebook' })
    const created = await agent.call('apply_changes', {
      changes: [{ do: 'create', object: 'company', values: { name: 'Northwind' } }],
    })
    expect(created.status).toBe(200)

    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/my/connected_apps')
    await page.waitForURL('**/connected-apps')
    const card = page.getByRole('listitem', { name: 'Notebook' })
    await card.getByText('Add and change records').waitFor()
    await card.getByText('Answers go to 127.0.0.1').waitFor()
    await card.getByRole('button', { name: 'What it changed' }).click()
    await card.getByText('Northwind').first().waitFor()

    await card.getByRole('button', { name: 'End access' }).click()
    const question = page.getByRole('alertdialog')
    await question.getByText('Its next request is refused').waitFor()
    await question.getByRole('button', { name: 'Keep' }).click()
    expect((await agent.call('whoami')).status).toBe(200)

    await card.getByRole('button', { name: 'End access' }).click()
    await question.getByRole('button', { name: 'End access' }).click()
    await page.getByText('Notebook has no access any more').waitFor()
    expect((await agent.call('whoami')).status).toBe(401)
    expect(complaints).toEqual([])
  })

  it('tells from where an app was used and what it did; pauses, resumes and narrows it at once', async () => {
    const agent = await tandem.connectAgent({ browser: await signedIn(tandem, 'grace'), name: 'Planner' })
    const write = () =>
      agent.call('apply_changes', {
        changes: [{ do: 'create', object: 'company', values: { name: 'Contoso' } }],
      })
    expect((await write()).status).toBe(200)
    const { page, complaints } = await openPage(browser, tandem, 'grace')
    await page.goto('/connected-apps')
    const card = page.getByRole('listitem', { name: 'Planner' })
    await card.getByText('Connected in a browser').waitFor()
    await card.getByText('from 127.0.0.1 (apply_changes)').waitFor()
    await card.getByText('1 call, 1 change').waitFor()

    await card.getByRole('button', { name: 'Pause' }).click()
    await card.getByText('Paused').waitFor()
    expect((await agent.call('whoami')).status).toBe(403)
    await page.getByRole('button', { name: 'Resume' }).first().click()
    await card.getByRole('button', { name: 'Pause' }).waitFor()
    expect((await agent.call('whoami')).status).toBe(200)

    await card.getByRole('button', { name: 'Narrow' }).click()
    const dialog = page.getByRole('dialog', { name: 'What Planner may still do' })
    const takeAway = dialog.getByRole('button', { name: 'Take away' })
    expect(await takeAway.isDisabled()).toBe(true)
    await dialog.getByRole('switch', { name: 'Add and change records' }).click()
    await dialog.getByRole('switch', { name: 'People' }).click()
    await takeAway.click()
    await page.getByText('Planner may do less from now on').waitFor()
    await card.getByText('Only in').waitFor()
    expect(await card.getByText('Add and change records').count()).toBe(0)
    expect((await write()).status).toBe(403)
    expect((await agent.call('query', { object: 'company' })).status).toBe(200)
    expect(complaints).toEqual([])
  })

  it('says that a refresh token was used again, and by then the app has no access', async () => {
    const agent = await tandem.connectAgent({ browser: await signedIn(tandem, 'grace'), name: 'Copied' })
    const refresh = (refresh_token: string) =>
      fetch(new URL('/oauth/token', tandem.url), {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'refresh_token', client_id: agent.clientId, refresh_token }),
      })
    const second = (await (await refresh(agent.refreshToken)).json()) as { refresh_token: string }
    expect((await refresh(second.refresh_token)).status).toBe(200)
    expect((await refresh(agent.refreshToken)).status).toBe(400)
    const { page } = await openPage(browser, tandem, 'grace')
    await page.goto('/connected-apps')
    await page.getByText('Copied’s access was ended').waitFor()
    expect((await agent.call('whoami')).status).toBe(401)
  })

  it('shows nobody else’s apps', async () => {
    await tandem.connectAgent({ browser: await signedIn(tandem, 'ada'), name: 'Diary' })
    const { page } = await openPage(browser, tandem, 'grace')
    await page.goto('/connected-apps')
    await page.getByRole('heading', { name: 'Connected apps' }).waitFor()
    await page.getByRole('listitem', { name: 'Planner' }).waitFor()
    expect(await page.getByText('Diary').count()).toBe(0)
  })
})

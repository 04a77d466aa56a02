import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'

describe('the administrator’s apps', { timeout: 90_000 }, () => {
  let tandem: RunningTandem
  let browser: Browser
  beforeAll(async () => {
    ;[tandem, browser] = await Promise.all([startTandem(), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
  })
  const token = (form: Record<string, string>) =>
    fetch(`${tandem.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) })

  it('sets one up, shows its secret once, and replaces it', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/apps')
    await page.getByRole('link', { name: 'Set up an app' }).first().click()
    await page.getByLabel('Name', { exact: true }).fill('Ledger')
    await page.getByRole('combobox', { name: 'How it proves who it is' }).click()
    await page.getByRole('option', { name: /A secret/ }).click()
    await page.getByLabel('Redirect URIs').fill('http://ledger.example/callback')
    await page.getByRole('button', { name: 'Set it up' }).click()
    await page.getByRole('alert').getByText('A redirect URI is https').waitFor()
    await page.getByLabel('Redirect URIs').fill('https://ledger.example/callback')
    await page.getByRole('button', { name: 'Set it up' }).click()
    const id = (await page.getByLabel('Client id', { exact: true }).textContent()) ?? ''
    const old = (await page.getByLabel('Client secret', { exact: true }).textContent()) ?? ''
    expect([id.slice(0, 4), old.slice(0, 7)]).toEqual(['cli_', 'tnd_cs_'])

    await page.getByRole('link', { name: 'To the app’s page' }).click()
    await page.getByRole('heading', { name: 'Ledger' }).waitFor()
    expect(await page.getByText(old).count()).toBe(0)
    await page.getByRole('combobox', { name: 'What becomes of the old secret' }).click()
    await page.getByRole('option', { name: 'Old one ends at once' }).click()
    await page.getByRole('button', { name: 'Make a new secret' }).click()
    const question = page.getByRole('alertdialog')
    await question.getByText('can’t get tokens until it has the new one').waitFor()
    await question.getByRole('button', { name: 'End it, make a new one' }).click()
    const next = (await page.getByLabel('Client secret', { exact: true }).textContent()) ?? ''
    // A code that isn't one tells the two apart: the client itself is known before the code is looked at.
    const form = { grant_type: 'authorization_code', code: 'x', code_verifier: 'v'.repeat(43), client_id: id }
    const says = async (client_secret: string) =>
      ((await (await token({ ...form, client_secret })).json()) as { error: string }).error
    expect([await says(old), await says(next)]).toEqual(['invalid_client', 'invalid_grant'])
    expect(complaints).toEqual([])
  })

  it('sets up the server of a resource, which may ask about its tokens and nothing else', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/apps/new')
    await page.getByLabel('Name', { exact: true }).fill('Records server')
    await page.getByRole('combobox', { name: 'How it proves who it is' }).click()
    await page.getByRole('option', { name: /A secret/ }).click()
    await page.getByRole('switch', { name: 'Ask people in the browser' }).click()
    await page.getByLabel('The resource it is the server of').fill('https://elsewhere.example/mcp')
    await page.getByRole('button', { name: 'Set it up' }).click()
    await page.getByRole('alert').getByText('Tokens are not issued for').waitFor()
    await page.getByLabel('The resource it is the server of').fill(`${tandem.url}/mcp`)
    await page.getByRole('button', { name: 'Set it up' }).click()
    const id = (await page.getByLabel('Client id', { exact: true }).textContent()) ?? ''
    const secret = (await page.getByLabel('Client secret', { exact: true }).textContent()) ?? ''
    const agent = await tandem.connectAgent({ browser: await signedIn(tandem, 'grace'), name: 'Asked about' })
    const asked = await fetch(`${tandem.url}/oauth/introspect`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: id, client_secret: secret, token: agent.accessToken }),
    })
    expect(await asked.json()).toMatchObject({ active: true, client_name: 'Asked about' })
    await page.getByRole('link', { name: 'To the app’s page' }).click()
    await page.getByText('Is the server of').waitFor()
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('switch', { name: 'Its tokens are bound to a key' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Tokens bound to a key').waitFor()
    expect(complaints).toEqual([])
  })

  it('sets up one that acts for itself with a member’s rights, and changes it', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/apps/new')
    await page.getByLabel('Name', { exact: true }).fill('Pipeline')
    await page.getByRole('combobox', { name: 'How it proves who it is' }).click()
    await page.getByRole('option', { name: /A secret/ }).click()
    await page.getByRole('switch', { name: /Ask people in the browser/ }).click()
    await page.getByRole('switch', { name: /Act for itself/ }).click()
    await page.getByRole('button', { name: 'Set it up' }).click()
    await page.getByRole('alert').getByText('client_credentials needs an owner').waitFor()
    await page.getByRole('combobox', { name: 'Whose rights it has' }).click()
    await page.getByRole('option', { name: 'Grace' }).click()
    await page.getByLabel('The most it may ever be granted').fill('crm:read')
    await page.getByRole('button', { name: 'Set it up' }).click()
    const client_id = (await page.getByLabel('Client id', { exact: true }).textContent()) ?? ''
    const client_secret = (await page.getByLabel('Client secret', { exact: true }).textContent()) ?? ''
    const given = await token({ grant_type: 'client_credentials', client_id, client_secret })
    expect([given.status, ((await given.json()) as { scope: string }).scope]).toEqual([200, 'crm:read'])

    await page.getByRole('link', { name: 'To the app’s page' }).click()
    await page.getByText('Acts with the rights of').waitFor()
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Pipeline 2')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Pipeline 2' }).waitFor()
    expect((await token({ grant_type: 'client_credentials', client_id, client_secret })).status).toBe(200)
    expect(complaints).toEqual([])
  })

  it('finds the app that came by itself, shows what it says of itself, and deletes it', async () => {
    const agent = await tandem.connectAgent({ browser: await signedIn(tandem, 'grace'), name: 'Notebook' })
    expect((await agent.call('whoami')).status).toBe(200)
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/apps?kind=dynamic')
    const row = page.getByRole('row', { name: /Notebook/ })
    await row.getByText('1 person').waitFor()
    expect(await page.getByRole('row', { name: /Ledger/ }).count()).toBe(0)
    await row.getByRole('link', { name: 'Notebook' }).click()
    await page.getByText('Unverified: anybody can say this name').waitFor()
    await page.getByText('http://127.0.0.1:7777/callback').waitFor()
    await page.goBack()

    await row.getByRole('checkbox', { name: 'Select Notebook' }).click()
    await page.getByText('1 selected').waitFor()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    const question = page.getByRole('alertdialog')
    await question.getByText('Everything it was allowed ends').waitFor()
    await question.getByRole('button', { name: 'Keep' }).click()
    expect((await agent.call('whoami')).status).toBe(200)
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await question.getByRole('button', { name: 'Delete Notebook' }).click()
    await page.getByText('one app deleted').waitFor()
    expect((await agent.call('whoami')).status).toBe(401)
    expect(complaints).toEqual([])
  })

  it('issues an initial access token, which lets one app register, and withdraws another', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/apps')
    await page.getByLabel('Who is it for?').fill('The data team')
    await page.getByRole('button', { name: 'Issue a token' }).click()
    const made = (await page.getByLabel('Initial access token', { exact: true }).textContent()) ?? ''
    const register = () =>
      fetch(`${tandem.url}/oauth/register`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${made}` },
        body: JSON.stringify({ client_name: 'Pipeline', redirect_uris: ['http://127.0.0.1/cb'] }),
      })
    expect([(await register()).status, (await register()).status]).toEqual([201, 401])
    await page.reload()
    const line = page.getByRole('listitem').filter({ hasText: 'The data team' })
    await line.getByText('1 of 1 used').waitFor()
    expect(await line.getByRole('button', { name: 'Withdraw' }).count()).toBe(0)
    await page.getByLabel('Registrations').fill('5')
    await page.getByRole('button', { name: 'Issue a token' }).click()
    await page.getByRole('button', { name: 'Withdraw' }).click()
    await page.getByText('lets nobody register any more').waitFor()
    expect(complaints).toEqual([])
  })

  it('blocks an app, whose next call is refused, and lets it ask again', async () => {
    const agent = await tandem.connectAgent({ browser: await signedIn(tandem, 'grace'), name: 'Diary' })
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto(`/settings/apps/app?id=${agent.clientId}`)
    await page.getByRole('button', { name: 'Block' }).click()
    const question = page.getByRole('alertdialog')
    await question.getByText('Every request it makes is refused').waitFor()
    await question.getByRole('button', { name: 'Block' }).click()
    await page.getByText('Diary is blocked').waitFor()
    expect((await agent.call('whoami')).status).toBe(401)
    await page.getByRole('button', { name: 'Let it ask again' }).click()
    await page.getByText('Diary may ask again').waitFor()
    await page.getByText('Not approved').waitFor()
    expect(complaints).toEqual([])
  })

  it('is nobody else’s to see', async () => {
    const { page } = await openPage(browser, tandem, 'grace')
    await page.goto('/settings/apps')
    await page.getByText('Only an administrator can do this').first().waitFor()
  })
})

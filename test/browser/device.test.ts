import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GrantView } from '#contract'
import { deviceGrant } from '../support/device.ts'
import type { DeviceAnswer } from '../support/device.ts'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { people, startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { objections } from './axe.ts'

describe('connecting a device', { timeout: 90_000 }, () => {
  let tandem: RunningTandem
  let browser: Browser
  let client = ''
  beforeAll(async () => {
    ;[tandem, browser] = await Promise.all([startTandem(), launchBrowser()])
    const registered = await fetch(new URL('/oauth/register', tandem.url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        client_name: 'Meeting room screen',
        grant_types: [deviceGrant, 'refresh_token'],
        token_endpoint_auth_method: 'none',
      }),
    })
    client = ((await registered.json()) as { client_id: string }).client_id
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
  })

  const post = (path: string, form: Record<string, string>) =>
    fetch(new URL(path, tandem.url), {
      method: 'POST',
      body: new URLSearchParams({ client_id: client, ...form }),
    })
  const ask = async () =>
    (await (
      await post('/oauth/device_authorization', { scope: 'crm:read crm:write' })
    ).json()) as DeviceAnswer
  const poll = async ({ device_code }: DeviceAnswer) => {
    const answer = await post('/oauth/token', { grant_type: deviceGrant, device_code })
    return (await answer.json()) as { error?: string; access_token?: string }
  }

  it('she types the code, sees what asks and from where, and allows it; the device goes on', async () => {
    const asked = await ask()
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/device')
    await page.getByRole('heading', { name: 'Connect a device' }).waitFor()
    expect(await objections(page)).toEqual([])
    await page.getByLabel('Code').fill('BBBB BBBB')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('No device waits with this code').waitFor()
    await page.getByLabel('Code').fill(asked.user_code.toLowerCase().replace('-', ' '))
    await page.getByRole('button', { name: 'Continue' }).click()

    await page.getByRole('heading', { name: 'Meeting room screen wants to work in your Tandem' }).waitFor()
    await page.getByText('The answer goes to the device that shows').getByText(asked.user_code).waitFor()
    await page.getByText('from the address 127.0.0.1').waitFor()
    await page.getByText('Continue only if you started this yourself').waitFor()
    expect(await objections(page)).toEqual([])
    expect((await poll(asked)).error).toBe('authorization_pending')
    await page.getByRole('radio', { name: 'Read only' }).click()
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByRole('heading', { name: 'Go back to your device' }).waitFor()
    expect(await objections(page)).toEqual([])
    expect(complaints).toEqual([])
    expect(await poll(asked)).toMatchObject({ access_token: expect.any(String), scope: 'crm:read' })
    await page.getByRole('link', { name: 'See the apps you have connected' }).click()
    await page.getByText('Connected from a device, with a code').waitFor()
  })

  it('she comes by the address with the code, signs in first, and says no', async () => {
    const asked = await ask()
    const { page } = await openPage(browser, tandem)
    await page.goto(asked.verification_uri_complete)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.getByLabel('Email').fill(people.grace.email)
    await page.getByLabel('Password').fill(people.grace.password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByText('your device shows this very code').waitFor()
    expect(await page.getByLabel('Code').inputValue()).toBe(asked.user_code)
    // The address alone asks nothing and allows nothing.
    expect((await poll(asked)).error).toBe('authorization_pending')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('heading', { name: 'Nothing was allowed' }).waitFor()
    expect((await poll(asked)).error).toBe('access_denied')
    const { body } = await (await signedIn(tandem, 'grace')).json('GET', '/api/grants')
    expect((body as { grants: GrantView[] }).grants).toEqual([])
  })

  it('an app whose own access was ended says so to an administrator, who lets it come again', async () => {
    const ada = await signedIn(tandem, 'ada')
    const { body } = await ada.json('GET', '/api/members')
    const [owner] = (body as { members: { id: string }[] }).members
    const made = await ada.json('POST', '/api/clients', {
      name: 'Nightly report',
      redirectUris: [],
      confidential: true,
      grantTypes: ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'],
      owner: owner?.id,
    })
    const { clientId, clientSecret } = made.body as { clientId: string; clientSecret: string }
    const token = async () =>
      (
        await post('/oauth/token', {
          client_id: clientId,
          client_secret: clientSecret,
          grant_type: 'client_credentials',
        })
      ).status
    expect(await token()).toBe(200)
    const grants = (await ada.json('GET', '/api/grants')).body as { grants: GrantView[] }
    const grant = grants.grants.find(({ kind }) => kind === 'client_credentials')
    await ada.json('DELETE', `/api/grants/${grant?.id}`)
    expect(await token()).toBe(400)

    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto(`/settings/apps/app?id=${clientId}`)
    await page.getByRole('heading', { name: 'Its own access was ended' }).waitFor()
    expect(await objections(page)).toEqual([])
    await page.getByRole('switch', { name: /Tokens for Tandem REST API/ }).click()
    await page.getByRole('switch', { name: /Tokens for Tandem REST API/, checked: true }).waitFor()
    await page.getByRole('button', { name: 'Allow again' }).click()
    await page.getByRole('heading', { name: 'Its own access was ended' }).waitFor({ state: 'detached' })
    expect(await token()).toBe(200)
    expect(complaints).toEqual([])
  })
})

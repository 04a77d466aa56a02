import { mkdirSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { startRotatingUpstream } from '../support/rotating-upstream.ts'
import type { RotatingUpstream } from '../support/rotating-upstream.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { addUpstream } from '../support/upstreams.ts'

const shots = process.env['SHOTS']
async function shoot(page: Page, name: string) {
  if (!shots) return
  mkdirSync(shots, { recursive: true })
  for (const [size, width] of [
    ['wide', 1440],
    ['narrow', 380],
  ] as const)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 800 })
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: `${shots}/${name}-${size}-${colorScheme}.png` })
    }
  await page.setViewportSize({ width: 1440, height: 900 })
}

describe('connecting an upstream', { timeout: 90_000 }, () => {
  let tandem: RunningTandem
  let upstream: RotatingUpstream
  let browser: Browser
  let ada: Awaited<ReturnType<typeof signedIn>>
  let path: string
  beforeAll(async () => {
    ;[tandem, upstream, browser] = await Promise.all([
      startTandem(),
      startRotatingUpstream(),
      launchBrowser(),
    ])
    ada = await signedIn(tandem, 'ada')
    const added = await addUpstream(
      tandem,
      { kind: 'http', name: 'files', title: 'Acme Files', url: upstream.url, auth: { kind: 'oauth' } },
      { browser: ada },
    )
    path = `/api/upstreams/${added.id}`
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
    await upstream?.close()
  })

  it('says who and what before anything goes there, comes back connected, and is ended on the keys page, switched off or not', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'grace')
    await page.goto('/connect/files')
    await page.getByRole('heading', { name: 'Connect Acme Files' }).waitFor()
    await page.getByText('grace@acme.example').waitFor()
    await page.getByText(new URL(upstream.url).host).waitFor()
    await shoot(page, 'connect')
    // The way there and back is long: each part of it has its own time, and says so when it takes longer.
    const begun = page.waitForResponse('**/api/connections/files')
    await page.getByRole('button', { name: 'Continue to Acme Files' }).click()
    expect((await begun).status()).toBe(200)
    await page.waitForURL('**/connect/files?done')
    await page.getByRole('heading', { name: 'You are connected to Acme Files' }).waitFor()
    await shoot(page, 'connected')

    await page.getByRole('link', { name: 'See your keys and connections' }).click()
    const row = page.getByRole('listitem', { name: 'Acme Files' })
    await row.getByText('Connected, renewed').waitFor()
    await shoot(page, 'keys')
    expect((await ada.json('PATCH', path, { enabled: false })).status).toBe(200)
    await page.goto('/connect/files')
    await page.getByRole('heading', { name: 'Acme Files is switched off' }).waitFor()
    await page.getByRole('link', { name: 'See your keys and connections' }).click()
    await row.getByText('Switched off by an administrator').waitFor()
    await row.getByRole('button', { name: 'Disconnect' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Disconnect' }).click()
    await row.waitFor({ state: 'detached' })
    expect(await upstream.live()).toBe(0)
    expect((await ada.json('PATCH', path, { enabled: true })).status).toBe(200)
    await page.reload()
    await row.getByText('Not connected').waitFor()
    await row.getByRole('button', { name: 'Connect' }).click()
    await page.waitForURL('**/connect/files')
    expect(complaints).toEqual([])
  })

  it('says in its own words why it didn’t work, and how to go on', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'grace')
    await page.goto('/connect/files?problem=denied&error_description=call+Mallory')
    await page.getByText('Acme Files wasn’t connected: the answer there was no').waitFor()
    expect(await page.getByText('Mallory').count()).toBe(0)
    await shoot(page, 'denied')
    await page.goto('/connect/nowhere')
    await page.getByRole('heading', { name: 'Nothing to connect' }).waitFor()
    expect(complaints).toEqual([])
  })

  it('shows an administrator how Tandem is known there', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    const id = tandem.parts.gateway.upstreams.named('files')?.id ?? ''
    await page.goto(`/settings/upstreams/${id}`)
    await page.getByRole('heading', { name: 'Signing in there' }).waitFor()
    await page.getByText('It registered itself').waitFor()
    await page.getByText(`${tandem.url}/connect/files/callback`).waitFor()
    await page.getByRole('heading', { name: 'Signing in there' }).scrollIntoViewIfNeeded()
    await shoot(page, 'upstream')
    await page.getByRole('button', { name: 'Register anew' }).click()
    await page.getByText('Not yet: it registers itself').waitFor()
    expect(complaints).toEqual([])
  })

  it('brings whoever isn’t signed in back here', async () => {
    const { page } = await openPage(browser, tandem)
    await page.goto('/connect/files')
    await page.waitForURL('**/sign-in?next=%2Fconnect%2Ffiles')
  })
})

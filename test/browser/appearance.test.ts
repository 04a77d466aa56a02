import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { startTestUpstream } from '../support/test-upstream.ts'
import type { TestUpstream } from '../support/test-upstream.ts'
import { addUpstream } from '../support/upstreams.ts'
import { objections } from './axe.ts'
import { createRecords } from './records.ts'

type Role = Parameters<Page['getByRole']>[0]

describe('every page', { timeout: 240_000 }, () => {
  let tandem: RunningTandem
  let browser: Browser
  let id = ''
  let server: TestUpstream
  let upstream = ''
  beforeAll(async () => {
    ;[tandem, server, browser] = await Promise.all([startTandem(), startTestUpstream(), launchBrowser()])
    ;[id = ''] = await createRecords(tandem, 'company', [
      {
        name: 'Northwind',
        employees: 40,
        industry: 'retail',
        annual_revenue: { amount: 12, currency: 'EUR' },
      },
    ])
    const ada = await signedIn(tandem, 'ada')
    const agent = await tandem.connectAgent({ browser: ada })
    await agent.call('apply_changes', {
      changes: [{ do: 'update', object: 'company', id, values: { employees: 41, industry: 'software' } }],
    })
    const title = 'A server <b>whose title</b> is as long as may be, longer than a button'
    const wiki = { kind: 'http', name: 'wiki', title, url: server.url, auth: { kind: 'oauth' } } as const
    await addUpstream(tandem, wiki, { browser: ada })
    const ledger = { kind: 'http', name: 'ledger', url: server.url } as const
    upstream = (await addUpstream(tandem, ledger, { browser: ada, unreviewed: true })).id
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
    await server?.close()
  })

  const pages = (): [string, Role][] => [
    [`/o/company?record=${id}&tab=history`, 'listitem'],
    [`/o/company/${id}?tab=related`, 'tab'],
    ['/connected-apps', 'listitem'],
    ['/settings/account', 'list'],
    ['/settings/members', 'list'],
    ['/settings/sign-in', 'combobox'],
    ['/settings/apps', 'table'],
    ['/settings/apps/new', 'switch'],
    ['/settings/grants', 'table'],
    ['/settings/emergency', 'status'],
    ['/settings/limits', 'table'],
    ['/settings/upstreams', 'table'],
    [`/settings/upstreams/${upstream}`, 'listitem'],
    ['/settings/upstreams/new', 'combobox'],
    ['/settings/keys', 'listitem'],
    ['/connect/wiki?problem=denied', 'alert'],
    ['/settings/signing-keys', 'time'],
    ['/settings/audit', 'table'],
  ]

  const schemes = ['light', 'dark'] as const
  for (const colorScheme of schemes) {
    it(`has nothing that axe objects to, in ${colorScheme} colours`, async () => {
      const { page, complaints } = await openPage(browser, tandem, 'ada', { colorScheme })
      const { page: outside } = await openPage(browser, tandem, undefined, { colorScheme })
      const found: string[] = []
      const look = async (at: Page, path: string, role: Role) => {
        await at.goto(path)
        await at.getByRole(role).first().waitFor()
        found.push(...(await objections(at, colorScheme === 'dark')).map((one) => `${path}: ${one}`))
      }
      for (const [path, role] of pages()) await look(page, path, role)
      await look(outside, '/sign-in', 'textbox')
      expect(found).toEqual([])
      expect(complaints).toEqual([])
    })
  }

  it('fits a screen of 380 pixels without scrolling sideways', async () => {
    const { page } = await openPage(browser, tandem, 'ada', {
      viewport: { width: 380, height: 800 },
      hasTouch: true,
    })
    for (const [path, role] of pages()) {
      await page.goto(path)
      await page.getByRole(role).first().waitFor()
      const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      expect(over, path).toBeLessThanOrEqual(0)
    }
    // The header that only narrow screens have.
    expect(await objections(page)).toEqual([])
  })

  it('finds records and pages by keyboard, shows the shortcuts, and keeps chosen colours', async () => {
    const { page, complaints } = await openPage(browser, tandem, 'ada')
    await page.goto('/settings/members')
    await page.getByRole('heading', { name: 'Members', exact: true }).waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('northw')
    await page.getByRole('option', { name: /Northwind/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/o/company/${id}**`)
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Shortcuts' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    // An answer that takes its time: what was found for fewer letters isn't what Enter opens.
    const { pathname } = new URL(page.url())
    await page.keyboard.press('Control+k')
    await page.keyboard.type('northw')
    await page.getByRole('option', { name: /Northwind/ }).waitFor()
    await page.route('**/api/search?**', () => undefined)
    await page.keyboard.type('est')
    await page.keyboard.press('Enter')
    await page.getByText('Searching…').waitFor()
    expect(new URL(page.url()).pathname).toBe(pathname)
    await page.unroute('**/api/search?**')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.keyboard.press('Control+k')
    await page.keyboard.type('dark col')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.reload()
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
    expect(complaints).toEqual([])
  })
})

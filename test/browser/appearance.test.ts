import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage, signedIn } from '../support/chromium.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { createRecords } from './records.ts'

describe('every page', () => {
  let tandem: RunningTandem
  let browser: Browser
  let id = ''
  beforeAll(async () => {
    ;[tandem, browser] = await Promise.all([startTandem(), launchBrowser()])
    ;[id = ''] = await createRecords(tandem, 'company', [
      {
        name: 'Northwind',
        employees: 40,
        industry: 'retail',
        annual_revenue: { amount: 12, currency: 'EUR' },
      },
    ])
    const agent = await tandem.connectAgent({ browser: await signedIn(tandem, 'ada') })
    await agent.call('apply_changes', {
      changes: [{ do: 'update', object: 'company', id, values: { employees: 41, industry: 'software' } }],
    })
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
  })

  const pages = () =>
    [
      ['/o/company', 'grid'],
      [`/o/company?record=${id}`, 'tab'],
      [`/o/company?record=${id}&tab=history`, 'list'],
      [`/o/company/${id}?tab=related`, 'tab'],
      ['/o/note', 'heading'],
      ['/connected-apps', 'listitem'],
      ['/connect-an-agent', 'heading'],
      ['/settings/account', 'list'],
      ['/settings/members', 'list'],
      ['/settings/audit', 'table'],
    ] as const

  const schemes = ['light', 'dark'] as const
  for (const colorScheme of schemes) {
    it(`has nothing that axe objects to, in ${colorScheme} colours`, { timeout: 120_000 }, async () => {
      const { page, complaints } = await openPage(browser, tandem, 'ada', { colorScheme })
      const { page: outside } = await openPage(browser, tandem, undefined, { colorScheme })
      const look = async (at: typeof page, path: string, role: Parameters<typeof page.getByRole>[0]) => {
        await at.goto(path)
        await at.getByRole(role).first().waitFor()
        const axe = new AxeBuilder({ page: at })
        // Structure was judged in light colours; in the dark only colours differ.
        if (colorScheme === 'dark') axe.withRules(['color-contrast'])
        const { violations } = await axe.analyze()
        return violations.map(
          (one) =>
            `${path}: ${one.id} ${one.nodes[0]?.html.slice(0, 200)} ${one.nodes[0]?.any[0]?.message ?? ''}`,
        )
      }
      const found: string[] = []
      for (const [path, role] of pages()) found.push(...(await look(page, path, role)))
      for (const path of ['/sign-in', '/setup', '/join#token=none']) {
        found.push(...(await look(outside, path, 'heading')))
      }
      expect(found).toEqual([])
      expect(complaints).toEqual([])
    })
  }

  it('fits a screen of 380 pixels without scrolling sideways', { timeout: 60_000 }, async () => {
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
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Shortcuts' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('dark col')
    await page.keyboard.press('Enter')
    await page.reload()
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
    expect(complaints).toEqual([])
  })
})

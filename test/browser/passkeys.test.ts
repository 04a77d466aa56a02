import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { testClock } from '../support/clock.ts'
import { launchBrowser, openPage, typePassword } from '../support/chromium.ts'
import { startTandem } from '../support/tandem.ts'
import type { Person, RunningTandem } from '../support/tandem.ts'
import { addAuthenticator } from '../support/virtual-authenticator.ts'

const minute = 60_000

describe('passkeys in a browser', { timeout: 120_000 }, () => {
  const clock = testClock(new Date())
  let tandem: RunningTandem
  let browser: Browser
  beforeAll(async () => {
    ;[tandem, browser] = await Promise.all([startTandem({ clock }), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await tandem?.close()
  })

  const signOut = async (page: Page) => {
    await page.evaluate(() => fetch('/api/session', { method: 'DELETE' }))
  }
  /** Signs in with the password and adds a passkey on the account page. */
  const withPasskey = async (person: Person, { suggestions = true } = {}) => {
    const opened = await openPage(browser, tandem)
    const { page } = opened
    // Without suggestions in the e-mail field, a click alone asks the device.
    if (!suggestions) {
      await page.addInitScript(
        'PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false)',
      )
    }
    const authenticator = await addAuthenticator(page)
    await page.goto('/sign-in?next=/settings/account')
    await typePassword(page, person)
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByRole('dialog', { name: 'Keep your recovery codes' }).waitFor()
    const codes = (await page.getByLabel('Recovery codes', { exact: true }).textContent()) ?? ''
    await page.getByRole('button', { name: 'I kept them' }).click()
    await page.getByRole('list', { name: 'Passkeys' }).getByRole('listitem').first().waitFor()
    return { ...opened, authenticator, codes: codes.split('\n') }
  }
  afterEach(async () => {
    const db = tandem.parts.storage.db<Record<'passkey' | 'recovery_code', { member_id: string }>>()
    for (const table of ['passkey', 'recovery_code'] as const) await db.deleteFrom(table).execute()
  })
  /** Sends what the page sends, from the page itself. */
  const post = (page: Page, path: string, body: string) =>
    page.evaluate(
      async ([to, sent]) => {
        const response = await fetch(to ?? '', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: sent ?? '',
        })
        return { status: response.status, body: (await response.json()) as unknown }
      },
      [path, body],
    )
  const answersOf = (page: Page): string[] => {
    const bodies: string[] = []
    page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/api/session/passkey') bodies.push(request.postData() ?? '')
    })
    return bodies
  }

  it('one signs in by itself; the answer works once, in one browser', async () => {
    const { page, complaints } = await withPasskey('grace', { suggestions: false })
    const sent = answersOf(page)
    await signOut(page)
    await page.goto('/sign-in?next=/settings/account')
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByText('Passkey ·').first().waitFor()
    expect(sent).toHaveLength(1)
    const [answer = ''] = sent
    await signOut(page)
    const { page: elsewhere } = await openPage(browser, tandem)
    await elsewhere.goto('/sign-in')
    for (const where of [page, elsewhere]) {
      expect(await post(where, '/api/session/passkey', answer)).toMatchObject({
        status: 401,
        body: { error: 'passkey_refused' },
      })
    }
    expect(complaints).toEqual([])
  })

  it('one is offered among the suggestions of the e-mail field', async () => {
    const { page } = await withPasskey('grace')
    await signOut(page)
    // The simulated person picks the suggestion as soon as the page asks for it.
    await page.goto('/sign-in?next=/settings/account')
    await page.getByText('Passkey ·').first().waitFor()
  })

  it('a password alone isn’t enough any more: the passkey is the second step, or a recovery code', async () => {
    const { page, authenticator, codes } = await withPasskey('grace')
    await signOut(page)
    await authenticator.touch(false)
    await page.goto('/sign-in?next=/settings/account')
    await typePassword(page, 'grace')
    await page.getByRole('heading', { name: 'One more step' }).waitFor()
    expect(await page.evaluate(async () => (await fetch('/api/session')).status)).toBe(401)
    await authenticator.touch(true)
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByText('Password and passkey ·').first().waitFor()
    await signOut(page)
    await authenticator.touch(false)
    await page.goto('/sign-in?next=/settings/account')
    await typePassword(page, 'grace')
    await page.getByRole('button', { name: 'Use a recovery code' }).click()
    await page.getByLabel('Recovery code').fill(codes[0] ?? '')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('Password and recovery code ·').first().waitFor()
  })

  it('WebAuthn §7.2 step 17: by itself one needs a device that checked its person', async () => {
    const { page, authenticator } = await withPasskey('grace', { suggestions: false })
    await signOut(page)
    await authenticator.verify(false)
    // A browser, or somebody in it, that doesn't care what we asked for.
    await page.route('**/api/session/passkey/options', async (route) => {
      const response = await route.fetch()
      const options = (await response.json()) as Record<string, unknown>
      await route.fulfill({ response, json: { ...options, userVerification: 'discouraged' } })
    })
    await page.goto('/sign-in')
    const answered = page.waitForResponse('**/api/session/passkey')
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    expect((await answered).status()).toBe(401)
    await page.getByRole('alert').waitFor()
    expect(new URL(page.url()).pathname).toBe('/sign-in')
  })

  it('WebAuthn §7.2 step 22: a copy, whose counter stands behind, is refused', async () => {
    const { page, authenticator } = await withPasskey('grace')
    const [copied] = await authenticator.credentials()
    if (!copied) throw new Error('no passkey was made')
    await signOut(page)
    await page.goto('/sign-in?next=/settings/account')
    await page.getByText('Passkey ·').first().waitFor()
    await signOut(page)
    await authenticator.put(copied)
    await page.goto('/sign-in?next=/settings/account')
    await page.getByRole('alert').waitFor()
    expect(new URL(page.url()).pathname).toBe('/sign-in')
  })

  it('a challenge is over after five minutes', async () => {
    const { page } = await withPasskey('grace', { suggestions: false })
    await signOut(page)
    await page.goto('/sign-in')
    const held: { go: () => void } = { go: () => undefined }
    const waiting = new Promise<void>((resolve) => (held.go = resolve))
    await page.route('**/api/session/passkey', async (route) => {
      await waiting
      await route.continue()
    })
    const asked = page.waitForRequest('**/api/session/passkey')
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await asked
    clock.advance(5 * minute)
    held.go()
    await page.getByRole('alert').waitFor()
    expect(new URL(page.url()).pathname).toBe('/sign-in')
  })

  it('somebody else’s passkey is no second step', async () => {
    const { page, authenticator } = await withPasskey('grace')
    const [hers] = await authenticator.credentials()
    const { page: other } = await withPasskey('ada')
    await signOut(page)
    await signOut(other)
    // Ada's password in Grace's browser, whose device answers with Grace's passkey whatever is asked.
    await authenticator.touch(false)
    await page.goto('/sign-in')
    await page.route('**/api/session/second-step/passkey', async (route) => {
      const response = await route.fetch()
      const options = (await response.json()) as Record<string, unknown>
      const id = Buffer.from(hers?.credentialId ?? '', 'base64').toString('base64url')
      await route.fulfill({ response, json: { ...options, allowCredentials: [{ id, type: 'public-key' }] } })
    })
    await typePassword(page, 'ada')
    await page.getByRole('heading', { name: 'One more step' }).waitFor()
    await authenticator.touch(true)
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByRole('alert').waitFor()
    expect(await page.evaluate(async () => (await fetch('/api/session')).status)).toBe(401)
  })

  it('they are named, and removed after confirming who is there', async () => {
    const { page, authenticator, complaints } = await withPasskey('grace')
    const list = page.getByRole('list', { name: 'Passkeys' })
    await list.getByRole('button', { name: 'Rename' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Blue laptop')
    await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click()
    await list.getByText('Blue laptop').waitFor()
    clock.advance(10 * minute)
    await list.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
    const asking = page.getByRole('dialog', { name: 'Confirm that it is you' })
    await asking.getByRole('button', { name: 'Use a passkey' }).click()
    await page.getByText('Blue laptop can’t sign you in any more').waitFor()
    await signOut(page)
    await authenticator.touch(false)
    await page.goto('/sign-in?next=/settings/account')
    await typePassword(page, 'grace')
    await page.getByText('Password ·').first().waitFor()
    expect(complaints).toEqual([])
  })
})

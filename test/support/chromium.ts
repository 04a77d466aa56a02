import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Browser as HttpBrowser } from './browser.ts'
import { people } from './tandem.ts'
import type { Person } from './tandem.ts'

/** A Tandem to look at; signing in takes one with people in it. */
type Looked = { readonly url: string; signIn?(person: Person): Promise<HttpBrowser> }

/** Chromium from `CHROMIUM_PATH`, from the system, or as Playwright downloaded it. */
export async function launchBrowser(): Promise<Browser> {
  const found = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
    (path) => path !== undefined && existsSync(path),
  )
  // Chromium refuses its sandbox to root, which is who runs tests in a container.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ ...(found ? { executablePath: found } : {}), args })
}

const sessions = new WeakMap<Looked, Map<Person, Promise<HttpBrowser>>>()

/** One session per person and Tandem: sign-ins are limited, also for tests. */
export function signedIn(tandem: Looked, person: Person): Promise<HttpBrowser> {
  const known = sessions.get(tandem) ?? new Map<Person, Promise<HttpBrowser>>()
  sessions.set(tandem, known)
  const session = known.get(person) ?? tandem.signIn?.(person)
  if (!session) throw new Error('nobody can sign in here yet')
  known.set(person, session)
  return session
}

/** What a page said on its console that it shouldn't have: errors, and what the CSP refused. */
/** On the page that signs in. */
export async function typePassword(page: Page, person: Person): Promise<void> {
  await page.getByLabel('Email').fill(people[person].email)
  await page.getByLabel('Password').fill(people[person].password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

export type Watched = { page: Page; complaints: string[] }

/** A tab of a browser of its own; signed in when a person is named. */
export async function openPage(
  browser: Browser,
  tandem: Looked,
  person?: Person,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({
    baseURL: tandem.url,
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    locale: 'en-GB',
    ...options,
  })
  if (person) {
    const cookies = (await signedIn(tandem, person)).cookies()
    await context.addCookies(
      cookies.split('; ').map((pair) => {
        const at = pair.indexOf('=')
        return { name: pair.slice(0, at), value: pair.slice(at + 1), url: tandem.url }
      }),
    )
  }
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // A refused request is part of several tests; what it says is checked there.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      complaints.push(message.text())
    }
  })
  return { page, complaints }
}

import { TOTP } from 'otpauth'
import { auditMigrations, createAudit } from '#audit'
import { silentLog } from '#foundation'
import type { SignInProvider } from '#foundation'
import { sql } from '#storage'
import { openTestStorage, testClock } from '#test'
import { createIdentity, identityMigrations } from './index.ts'
import type { Entered, From, MemberActor, Started } from './index.ts'

export const issuer = 'https://crm.acme.example'
export const ada = { name: 'Ada', email: 'ada@acme.example', password: 'correct horse battery' }
export const grace = { name: 'Grace', email: 'grace@acme.example', password: 'staple lantern gravel' }
const secret = 'a secret that only this test install knows'
const day = 24 * 3600 * 1000

/** A browser at our doors: keeps cookies, says where it comes from. */
export type TestBrowser = { from(): From; request(): Request; keep(...lines: string[]): void }

export function testBrowser(ip = '192.0.2.7'): TestBrowser {
  const jar = new Map<string, string>()
  const cookies = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  return {
    from: () => ({ ip, userAgent: 'Firefox/140.0 (X11; Linux x86_64)', cookies: cookies() }),
    request: () => new Request(`${issuer}/api/session`, { headers: { cookie: cookies() } }),
    keep(...lines) {
      for (const line of lines) {
        const [pair = ''] = line.split(';')
        jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
      }
    },
  }
}

/** Identity on a database of its own, with Ada the administrator and Grace the member. */
export async function openAcme(providers: SignInProvider[] = []) {
  const clock = testClock()
  const storage = await openTestStorage([...auditMigrations, ...identityMigrations], { clock })
  const audit = createAudit({ storage, clock, log: silentLog, secret })
  const create = () =>
    createIdentity({
      storage,
      audit,
      clock,
      log: silentLog,
      issuer,
      secret,
      providers,
      parseLimits: () => ({}),
    })
  let identity = create()

  const actor = async (browser: TestBrowser): Promise<MemberActor> => {
    const found = await identity.actorForSession(browser.request())
    if (!found) throw new Error('nobody is signed in')
    return found
  }
  const start = async (who: typeof ada, browser: TestBrowser): Promise<Entered> => {
    const { email, password } = who
    const entered = await identity.sessions.start({ email, password }, browser.request(), browser.from())
    browser.keep(entered.cookie, ...('device' in entered ? [entered.device] : []))
    return entered
  }
  const signIn = async (who: typeof ada, browser = testBrowser()): Promise<TestBrowser> => {
    const entered = await start(who, browser)
    if (!('member' in entered)) throw new Error(`${entered.due} is due`)
    return browser
  }
  /** The code that an authenticator app shows now, or `steps` half minutes from now. */
  const codeOf = (key: string, steps = 0): string =>
    new TOTP({ secret: key }).generate({ timestamp: clock.now().getTime() + steps * 30_000 })

  return {
    clock,
    storage,
    audit,
    get identity() {
      return identity
    },
    actor,
    start,
    signIn,
    codeOf,
    /** Sets an authenticator app up for whoever is signed in. */
    async addTotp(browser: TestBrowser): Promise<{ secret: string; recoveryCodes: string[] }> {
      const who = await actor(browser)
      const draft = await identity.security.draftTotp(who)
      const { recoveryCodes } = await identity.security.confirmTotp(who, codeOf(draft.secret), browser.from())
      // The confirming code is used up: be in the next half minute.
      clock.advance(30_000)
      return { secret: draft.secret, recoveryCodes: recoveryCodes ?? [] }
    },
    /** What happened, oldest first. */
    async events(): Promise<string[]> {
      return (await audit.list({ limit: 100 })).map(({ event }) => event).toReversed()
    },
    /** Everybody's accounts as on the first day; rate limits are over. */
    async reset(): Promise<void> {
      await sql`truncate member, invitation, setup_token, joining_domain cascade`.execute(storage.db())
      await sql`update install set claimed_at = null`.execute(storage.db())
      await sql`update sign_in_rule set second_factor = 'optional'`.execute(storage.db())
      clock.advance(2 * day)
      // An install that was claimed remembers it.
      identity = create()
      await identity.setup.createAdministrator(ada)
      const browser = await signIn(ada)
      const { token } = await identity.invitations.create(
        await actor(browser),
        { email: grace.email, role: 'member' },
        browser.from(),
      )
      const guest = testBrowser()
      await identity.invitations.accept({ token, ...grace }, guest.request(), guest.from())
      await identity.sessions.endCurrent(browser.request(), browser.from())
    },
    async close(): Promise<void> {
      await audit.close()
      await storage.close()
    },
  }
}

export type Acme = Awaited<ReturnType<typeof openAcme>>

/** The handle of the step that is due. */
export function handleOf(entered: Entered): string {
  if ('member' in entered) throw new Error('she is in already')
  return entered.handle
}

/** Whoever got in. */
export function inAs(entered: Entered): Started {
  if (!('member' in entered)) throw new Error(`${entered.due} is due`)
  return entered
}

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ada, grace, handleOf, inAs, openAcme, testBrowser } from './acme.fixture.ts'
import type { Acme, TestBrowser } from './acme.fixture.ts'

let acme: Acme
beforeAll(async () => {
  acme = await openAcme()
})
beforeEach(() => acme.reset())
afterAll(() => acme.close())

const minute = 60_000
/** The second step in a browser, with a code of her authenticator app. */
const take = (browser: TestBrowser, handle: string, code: string, kind: 'totp' | 'recovery' = 'totp') =>
  acme.identity.secondStep.take({ handle, proof: { kind, code } }, browser.request(), browser.from())

describe('an authenticator app', () => {
  it('counts only once a code of it came back', async () => {
    const browser = await acme.signIn(grace)
    const who = await acme.actor(browser)
    const { secret, uri } = await acme.identity.security.draftTotp(who)
    expect(uri).toContain(`otpauth://totp/Tandem%20crm.acme.example:${encodeURIComponent(grace.email)}?`)
    expect(uri).toContain(`secret=${secret}`)
    const wrong = acme.identity.security.confirmTotp(who, acme.codeOf(secret, 40), browser.from())
    await expect(wrong).rejects.toMatchObject({ code: 'wrong_code' })
    await acme.signIn(grace, testBrowser())
    await acme.identity.security.confirmTotp(who, acme.codeOf(secret), browser.from())
    expect(await acme.start(grace, testBrowser())).toMatchObject({
      due: 'second-step',
      ways: ['totp', 'recovery'],
    })
  })

  it('makes signing in two steps, and the session says that it was two', async () => {
    const { secret } = await acme.addTotp(await acme.signIn(grace))
    const browser = testBrowser()
    const entered = await acme.start(grace, browser)
    expect(await acme.identity.actorForSession(browser.request())).toBeNull()
    const started = await take(browser, handleOf(entered), acme.codeOf(secret))
    browser.keep(started.cookie)
    const current = await acme.identity.signIn.current(browser.request())
    expect(current).toMatchObject({ name: 'Grace', amr: ['pwd', 'otp', 'mfa'] })
    const [session] = await acme.identity.sessions.list(await acme.actor(browser))
    expect(session?.signedInWith).toBe('Password and authenticator app')
  })

  it('RFC 6238 §5.2 a code is refused the second time, also at the same moment, and one older than it', async () => {
    const { secret } = await acme.addTotp(await acme.signIn(grace))
    const code = acme.codeOf(secret)
    const browsers = [testBrowser(), testBrowser()]
    const steps = await Promise.all(
      browsers.map(async (browser) => ({
        browser,
        handle: handleOf(await acme.start(grace, browser)),
      })),
    )
    const both = await Promise.allSettled(steps.map(({ browser, handle }) => take(browser, handle, code)))
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const browser = testBrowser()
    const handle = handleOf(await acme.start(grace, browser))
    for (const again of [code, acme.codeOf(secret, -1)]) {
      await expect(take(browser, handle, again)).rejects.toMatchObject({ code: 'wrong_code' })
    }
    acme.clock.advance(30_000)
    expect(await take(browser, handle, acme.codeOf(secret))).toMatchObject({ member: { name: 'Grace' } })
  })

  it('RFC 6238 §5.2 accepts the half minute before and after, and none further off', async () => {
    const { secret } = await acme.addTotp(await acme.signIn(grace))
    acme.clock.advance(5 * minute)
    for (const [steps, right] of [
      [-2, false],
      [2, false],
      [-1, true],
      [1, true],
    ] as const) {
      const browser = testBrowser()
      const handle = handleOf(await acme.start(grace, browser))
      const taken = take(browser, handle, acme.codeOf(secret, steps))
      if (right) expect(await taken).toMatchObject({ member: { name: 'Grace' } })
      else await expect(taken).rejects.toMatchObject({ code: 'wrong_code' })
    }
  })

  it('after ten wrong codes from one address even the right one waits, and others don’t', async () => {
    const hers = await acme.addTotp(await acme.signIn(grace))
    const adas = await acme.addTotp(await acme.signIn(ada))
    acme.clock.advance(20 * minute)
    const browser = testBrowser()
    const handle = handleOf(await acme.start(grace, browser))
    const guesses = await Promise.allSettled(
      Array.from({ length: 10 }, () => take(browser, handle, acme.codeOf(hers.secret, 40))),
    )
    expect(guesses.every(({ status }) => status === 'rejected')).toBe(true)
    await expect(take(browser, handle, acme.codeOf(hers.secret))).rejects.toMatchObject({
      code: 'too_many_tries',
    })
    const other = testBrowser()
    const started = await take(other, handleOf(await acme.start(ada, other)), acme.codeOf(adas.secret))
    expect(started.member.name).toBe('Ada')
    // Whoever uses up the tries from one address doesn't lock the owner out at hers.
    const elsewhere = testBrowser('198.51.100.4')
    const owner = await take(
      elsewhere,
      handleOf(await acme.start(grace, elsewhere)),
      acme.codeOf(hers.secret),
    )
    expect(owner.member.name).toBe('Grace')
    expect(await acme.events()).toContain('session.refused')
  })
})

describe('the step under way', () => {
  it('C1 is nothing in another browser, for another person, and after five minutes', async () => {
    const { secret } = await acme.addTotp(await acme.signIn(grace))
    const browser = testBrowser()
    const handle = handleOf(await acme.start(grace, browser))
    const elsewhere = testBrowser()
    handleOf(await acme.start(grace, elsewhere))
    for (const other of [elsewhere, testBrowser()]) {
      await expect(take(other, handle, acme.codeOf(secret))).rejects.toMatchObject({ code: 'step_over' })
    }
    acme.clock.advance(5 * minute)
    await expect(take(browser, handle, acme.codeOf(secret))).rejects.toMatchObject({ code: 'step_over' })
  })

  it('C2 is finished once, also by two at once', async () => {
    const { recoveryCodes } = await acme.addTotp(await acme.signIn(grace))
    const browser = testBrowser()
    const handle = handleOf(await acme.start(grace, browser))
    const both = await Promise.allSettled(
      recoveryCodes.slice(0, 2).map((code) => take(browser, handle, code, 'recovery')),
    )
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('C9 ends the session that the browser brought', async () => {
    const { secret } = await acme.addTotp(await acme.signIn(grace))
    const browser = await acme.signIn(ada)
    const planted = browser.request()
    const started = await take(browser, handleOf(await acme.start(grace, browser)), acme.codeOf(secret))
    expect(started.member.name).toBe('Grace')
    expect(await acme.identity.actorForSession(planted)).toBeNull()
  })

  it('is over when the member is disabled, or her password changes', async () => {
    const hers = await acme.signIn(grace)
    const { secret } = await acme.addTotp(hers)
    const browser = testBrowser()
    const first = handleOf(await acme.start(grace, browser))
    const who = await acme.actor(hers)
    await acme.identity.members.changePassword(
      who,
      { current: grace.password, next: 'a wholly different phrase' },
      hers.from(),
    )
    await expect(take(browser, first, acme.codeOf(secret))).rejects.toMatchObject({ code: 'step_over' })
    const second = handleOf(await acme.start({ ...grace, password: 'a wholly different phrase' }, browser))
    const administrator = await acme.signIn(ada)
    await acme.identity.members.change(
      await acme.actor(administrator),
      who.member,
      { active: false },
      administrator.from(),
    )
    await expect(take(browser, second, acme.codeOf(secret))).rejects.toMatchObject({ code: 'step_over' })
  })

  it('isn’t taken with the password that was the first', async () => {
    await acme.addTotp(await acme.signIn(grace))
    const browser = testBrowser()
    const handle = handleOf(await acme.start(grace, browser))
    const proof = { kind: 'password', password: grace.password } as const
    await expect(
      acme.identity.secondStep.take({ handle, proof }, browser.request(), browser.from()),
    ).rejects.toMatchObject({ code: 'step_over' })
  })
})

describe('recovery codes', () => {
  it('sign in once each, however they are typed, and the database holds none of them', async () => {
    const { recoveryCodes } = await acme.addTotp(await acme.signIn(grace))
    expect(new Set(recoveryCodes).size).toBe(10)
    const [code = ''] = recoveryCodes
    const stored = await acme.storage
      .db<{ recovery_code: { code_hash: string } }>()
      .selectFrom('recovery_code')
      .select('code_hash')
      .execute()
    expect(JSON.stringify(stored)).not.toContain(code.replaceAll('-', ''))
    const browser = testBrowser()
    const typed = ` ${code.replaceAll('-', ' ').toUpperCase()}`
    const started = await take(browser, handleOf(await acme.start(grace, browser)), typed, 'recovery')
    browser.keep(started.cookie)
    expect(await acme.identity.signIn.current(browser.request())).toMatchObject({ amr: ['pwd', 'mfa'] })
    expect(await acme.identity.security.view(await acme.actor(browser))).toMatchObject({ recoveryCodes: 9 })
    expect(await acme.events()).toContain('recovery_code.used')
    const again = testBrowser()
    await expect(
      take(again, handleOf(await acme.start(grace, again)), code, 'recovery'),
    ).rejects.toMatchObject({ code: 'wrong_code' })
  })

  it('of somebody else don’t sign anybody in', async () => {
    const { recoveryCodes } = await acme.addTotp(await acme.signIn(ada))
    await acme.addTotp(await acme.signIn(grace))
    const browser = testBrowser()
    const handle = handleOf(await acme.start(grace, browser))
    await expect(take(browser, handle, recoveryCodes[0] ?? '', 'recovery')).rejects.toMatchObject({
      code: 'wrong_code',
    })
  })

  it('are void once new ones are made', async () => {
    const browser = await acme.signIn(grace)
    const { recoveryCodes } = await acme.addTotp(browser)
    const renewed = await acme.identity.security.renewRecoveryCodes(await acme.actor(browser), browser.from())
    const other = testBrowser()
    const handle = handleOf(await acme.start(grace, other))
    await expect(take(other, handle, recoveryCodes[1] ?? '', 'recovery')).rejects.toMatchObject({
      code: 'wrong_code',
    })
    expect(inAs(await take(other, handle, renewed[0] ?? '', 'recovery')).member.name).toBe('Grace')
  })
})

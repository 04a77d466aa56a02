import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '#foundation'
import { sql } from '#storage'
import { ada, grace, handleOf, openAcme, testBrowser } from './acme.fixture.ts'
import type { Acme, TestBrowser } from './acme.fixture.ts'
import type { IdentityTables } from './tables.ts'

let acme: Acme
beforeAll(async () => {
  acme = await openAcme()
})
beforeEach(() => acme.reset())
afterAll(() => acme.close())

const minute = 60_000
const day = 24 * 60 * minute

const ruleOf = async (browser: TestBrowser, rule: 'optional' | 'administrators' | 'everyone') =>
  acme.identity.rules.setSecondFactor(await acme.actor(browser), rule, browser.from())

describe('changing how you sign in', () => {
  it('asks who is there ten minutes after the sign-in, and believes a password or a code for ten more', async () => {
    const browser = await acme.signIn(grace)
    const { secret } = await acme.addTotp(browser)
    acme.clock.advance(10 * minute)
    const who = await acme.actor(browser)
    const { security } = acme.identity
    const acts: [string, () => Promise<unknown>][] = [
      ['draft', () => security.draftTotp(who)],
      ['remove', () => security.removeTotp(who, browser.from())],
      ['renew', () => security.renewRecoveryCodes(who, browser.from())],
      ['add a passkey', () => security.passkeyOptions(who, browser.from())],
    ]
    for (const [what, act] of acts) {
      await expect(act(), what).rejects.toMatchObject({ code: 'confirm_needed' })
    }
    const confirm = (proof: Parameters<typeof security.confirm>[1]) =>
      security.confirm(who, proof, browser.from())
    await expect(confirm({ kind: 'password', password: 'not hers' })).rejects.toMatchObject({
      code: 'wrong_password',
    })
    await expect(security.draftTotp(who)).rejects.toMatchObject({ code: 'confirm_needed' })
    await confirm({ kind: 'totp', code: acme.codeOf(secret) })
    await security.renewRecoveryCodes(who, browser.from())
    acme.clock.advance(10 * minute)
    await expect(security.draftTotp(who)).rejects.toMatchObject({ code: 'confirm_needed' })
    await confirm({ kind: 'password', password: grace.password })
    await security.removeTotp(who, browser.from())
    expect(await acme.events()).toEqual(expect.arrayContaining(['session.confirmed', 'totp.removed']))
  })

  it('confirming at one session leaves the others as they were', async () => {
    const [here, there] = [await acme.signIn(grace), await acme.signIn(grace)]
    acme.clock.advance(10 * minute)
    const proof = { kind: 'password', password: grace.password } as const
    await acme.identity.security.confirm(await acme.actor(here), proof, here.from())
    await acme.identity.security.draftTotp(await acme.actor(here))
    await expect(acme.identity.security.draftTotp(await acme.actor(there))).rejects.toMatchObject({
      code: 'confirm_needed',
    })
  })

  it('guesses at the password to confirm with are counted', async () => {
    const browser = await acme.signIn(grace)
    const who = await acme.actor(browser)
    const guess = () =>
      acme.identity.security.confirm(who, { kind: 'password', password: 'a guess' }, browser.from())
    const guesses = await Promise.allSettled(Array.from({ length: 12 }, guess))
    const codes = guesses.map((result) => result.status === 'rejected' && String(result.reason.code))
    expect(codes.filter((code) => code === 'too_many_tries')).toHaveLength(2)
  })

  it('another phone replaces the one before, which holds until the new one showed a code', async () => {
    const browser = await acme.signIn(grace)
    const { secret: old } = await acme.addTotp(browser)
    const who = await acme.actor(browser)
    const { secret } = await acme.identity.security.draftTotp(who)
    const signIn = async (code: string) => {
      const other = testBrowser()
      const handle = handleOf(await acme.start(grace, other))
      return acme.identity.secondStep.take(
        { handle, proof: { kind: 'totp', code } },
        other.request(),
        other.from(),
      )
    }
    expect((await signIn(acme.codeOf(old))).member.name).toBe('Grace')
    const { recoveryCodes } = await acme.identity.security.confirmTotp(
      who,
      acme.codeOf(secret),
      browser.from(),
    )
    expect(recoveryCodes, 'she has some already').toBeNull()
    acme.clock.advance(30_000)
    await expect(signIn(acme.codeOf(old))).rejects.toMatchObject({ code: 'wrong_code' })
    expect((await signIn(acme.codeOf(secret))).member.name).toBe('Grace')
  })

  it('without a factor there are no recovery codes, and a password is enough again', async () => {
    const browser = await acme.signIn(grace)
    await acme.addTotp(browser)
    const who = await acme.actor(browser)
    await acme.identity.security.removeTotp(who, browser.from())
    expect(await acme.identity.security.view(who)).toMatchObject({ totp: null, recoveryCodes: 0 })
    await acme.signIn(grace, testBrowser())
  })

  it('a passkey that is the only way in stays until there is another', async () => {
    const browser = await acme.signIn(grace)
    const who = await acme.actor(browser)
    const db = acme.storage.db<IdentityTables>()
    const id = newId('psk')
    const passkey = { id, credential_id: 'one', member_id: who.member, name: 'Laptop', public_key: '' }
    const use = {
      counter: 0,
      transports: '',
      synced: false,
      created_at: acme.clock.now(),
      last_used_at: null,
    }
    await db
      .insertInto('passkey')
      .values({ ...passkey, ...use })
      .execute()
    await db.updateTable('member').set({ password_hash: null }).where('id', '=', who.member).execute()
    const remove = () => acme.identity.security.removePasskey(who, id, browser.from())
    await expect(remove()).rejects.toMatchObject({ code: 'forbidden' })
    const password = { current: null, next: 'a phrase of her own' }
    const started = await acme.identity.members.changePassword(who, password, browser.from())
    browser.keep(started.cookie)
    await acme.identity.security.removePasskey(await acme.actor(browser), id, browser.from())
    expect(await acme.events()).toContain('passkey.removed')
  })

  it('nobody renames or removes another member’s passkey', async () => {
    const browser = await acme.signIn(grace)
    const { member } = await acme.actor(browser)
    const id = newId('psk')
    await acme.storage
      .db<IdentityTables>()
      .insertInto('passkey')
      .values({
        id,
        credential_id: 'one',
        member_id: member,
        name: 'Laptop',
        public_key: '',
        counter: 0,
        transports: '',
        synced: false,
        created_at: acme.clock.now(),
        last_used_at: null,
      })
      .execute()
    const administrator = await acme.signIn(ada)
    const actor = await acme.actor(administrator)
    const { security } = acme.identity
    await expect(security.renamePasskey(actor, id, 'Mine')).rejects.toMatchObject({ code: 'not_found' })
    await expect(security.removePasskey(actor, id, administrator.from())).rejects.toMatchObject({
      code: 'not_found',
    })
    expect((await security.view(actor)).passkeys, 'nor sees it').toEqual([])
    expect((await security.view(await acme.actor(browser))).passkeys).toMatchObject([{ name: 'Laptop' }])
  })

  it('what is stored of an authenticator app opens for nobody else, nor without the install’s secret', async () => {
    const { secret } = await acme.addTotp(await acme.signIn(grace))
    const db = acme.storage.db<{ totp: { member_id: string; sealed_secret: string } }>()
    const row = await db.selectFrom('totp').selectAll().executeTakeFirstOrThrow()
    expect(JSON.stringify(row)).not.toContain(secret)
    // Mallory, who can write to the database, gives Ada's account the secret she knows.
    const [administrator] = await acme.identity.members.list(await acme.actor(await acme.signIn(ada)))
    await db
      .insertInto('totp')
      .values({ ...row, member_id: administrator?.id ?? '', last_step: 0 } as typeof row)
      .execute()
    const browser = testBrowser()
    const handle = handleOf(await acme.start(ada, browser))
    acme.clock.advance(minute)
    await expect(
      acme.identity.secondStep.take(
        { handle, proof: { kind: 'totp', code: acme.codeOf(secret) } },
        browser.request(),
        browser.from(),
      ),
    ).rejects.toThrow()
  })
})

describe('the administrators’ rule', () => {
  it('is made by who lives by it, and takes away what one factor opened', async () => {
    const administrator = await acme.signIn(ada)
    const member = await acme.signIn(grace)
    await expect(ruleOf(administrator, 'everyone')).rejects.toMatchObject({ code: 'own_factor_first' })
    await acme.addTotp(administrator)
    await acme.identity.security.removeTotp(await acme.actor(administrator), administrator.from())
    await expect(ruleOf(administrator, 'everyone')).rejects.toMatchObject({ code: 'own_factor_first' })
    await acme.addTotp(administrator)
    const weak = await acme.actor(member)
    const heard: string[] = []
    acme.identity.sessions.onEnd(weak.session, () => heard.push('ended'))
    await ruleOf(administrator, 'administrators')
    expect(await acme.identity.actorForSession(member.request())).not.toBeNull()
    await ruleOf(administrator, 'everyone')
    expect(await acme.identity.actorForSession(member.request())).toBeNull()
    expect(heard).toEqual(['ended'])
    expect(await acme.identity.actorForSession(administrator.request())).not.toBeNull()
    expect(await acme.events()).toContain('sign_in_rule.changed')
  })

  it('isn’t made by a member, nor by an administrator who signed in long ago', async () => {
    const member = await acme.signIn(grace)
    await acme.addTotp(member)
    await expect(ruleOf(member, 'everyone')).rejects.toMatchObject({ code: 'forbidden' })
    const administrator = await acme.signIn(ada)
    await acme.addTotp(administrator)
    acme.clock.advance(10 * minute)
    await expect(ruleOf(administrator, 'everyone')).rejects.toMatchObject({ code: 'confirm_needed' })
  })

  it('leads who has no second factor to setting one up before she is in', async () => {
    const administrator = await acme.signIn(ada)
    await acme.addTotp(administrator)
    await ruleOf(administrator, 'everyone')
    const browser = testBrowser()
    const entered = await acme.start(grace, browser)
    expect(entered).toMatchObject({ due: 'enrol' })
    expect(await acme.identity.actorForSession(browser.request())).toBeNull()
    const handle = handleOf(entered)
    const { secondStep } = acme.identity
    const { secret } = await secondStep.enrol(handle, browser.from())
    const confirm = (code: string) =>
      secondStep.confirmEnrol({ handle, code }, browser.request(), browser.from())
    await expect(confirm('000000')).rejects.toMatchObject({ code: 'wrong_code' })
    const elsewhere = testBrowser()
    await expect(secondStep.enrol(handle, elsewhere.from())).rejects.toMatchObject({ code: 'step_over' })
    const started = await confirm(acme.codeOf(secret))
    expect(started.recoveryCodes).toHaveLength(10)
    browser.keep(started.cookie)
    const who = await acme.actor(browser)
    await expect(acme.identity.security.removeTotp(who, browser.from())).rejects.toMatchObject({
      code: 'second_factor_required',
    })
    expect(await acme.identity.security.view(who)).toMatchObject({ required: true, recoveryCodes: 10 })
  })

  it('a first factor set up under a password alone never replaces one that came about meanwhile', async () => {
    const administrator = await acme.signIn(ada)
    await acme.addTotp(administrator)
    await ruleOf(administrator, 'everyone')
    // Mallory knows Grace's password and stops before the last step; then Grace herself sets hers up.
    const [mallory, browser] = [testBrowser('203.0.113.66'), testBrowser()]
    const { secondStep } = acme.identity
    const his = handleOf(await acme.start(grace, mallory))
    const hers = handleOf(await acme.start(grace, browser))
    const { secret } = await secondStep.enrol(hers, browser.from())
    await secondStep.confirmEnrol(
      { handle: hers, code: acme.codeOf(secret) },
      browser.request(),
      browser.from(),
    )
    await expect(secondStep.enrol(his, mallory.from())).rejects.toMatchObject({ code: 'step_over' })
    expect(await acme.start(grace, mallory)).toMatchObject({ due: 'second-step' })
  })

  it('meets a member the moment she becomes an administrator', async () => {
    const administrator = await acme.signIn(ada)
    await acme.addTotp(administrator)
    await ruleOf(administrator, 'administrators')
    const member = await acme.signIn(grace)
    const { member: id } = await acme.actor(member)
    await acme.identity.members.change(
      await acme.actor(administrator),
      id,
      { role: 'administrator' },
      administrator.from(),
    )
    expect(await acme.identity.actorForSession(member.request())).toBeNull()
  })

  it('an invitation under the rule leads to a second factor too', async () => {
    const administrator = await acme.signIn(ada)
    await acme.addTotp(administrator)
    await ruleOf(administrator, 'everyone')
    const { token } = await acme.identity.invitations.create(
      await acme.actor(administrator),
      { email: 'linus@acme.example', role: 'member' },
      administrator.from(),
    )
    const browser = testBrowser()
    const entered = await acme.identity.invitations.accept(
      { token, name: 'Linus', password: 'kernel panic at noon' },
      browser.request(),
      browser.from(),
    )
    expect(entered).toMatchObject({ due: 'enrol' })
  })
})

describe('an administrator resets', () => {
  it('another member’s factors: her sessions end, her password is enough, and the record says who did it', async () => {
    const member = await acme.signIn(grace)
    await acme.addTotp(member)
    const { member: id } = await acme.actor(member)
    const administrator = await acme.signIn(ada)
    const actor = await acme.actor(administrator)
    expect(await acme.identity.members.list(actor)).toMatchObject([
      { name: 'Ada', secondFactor: false },
      { name: 'Grace', secondFactor: true },
    ])
    await acme.identity.members.resetFactors(actor, id, administrator.from())
    expect(await acme.identity.actorForSession(member.request())).toBeNull()
    await acme.signIn(grace, testBrowser())
    const [entry] = (await acme.audit.list({ limit: 5 })).filter(
      ({ event }) => event === 'member.factors_reset',
    )
    expect(entry).toMatchObject({ actor: { name: 'Ada' }, subject: { id } })
  })

  it('nobody’s factors as a member, not her own, and not long after signing in', async () => {
    const administrator = await acme.signIn(ada)
    const actor = await acme.actor(administrator)
    const member = await acme.signIn(grace)
    const who = await acme.actor(member)
    const { members } = acme.identity
    await expect(members.resetFactors(who, actor.member, member.from())).rejects.toMatchObject({
      code: 'forbidden',
    })
    await expect(members.resetFactors(actor, actor.member, administrator.from())).rejects.toMatchObject({
      code: 'forbidden',
    })
    acme.clock.advance(10 * minute)
    await expect(members.resetFactors(actor, who.member, administrator.from())).rejects.toMatchObject({
      code: 'confirm_needed',
    })
    expect(await members.list(who), 'members don’t learn who has a factor').not.toHaveProperty(
      '0.secondFactor',
    )
  })
})

describe('letting somebody in', () => {
  it('asks an administrator who is there: an unlocked browser makes no member and no administrator', async () => {
    const browser = await acme.signIn(ada)
    const who = await acme.actor(browser)
    const hers = await acme.actor(await acme.signIn(grace))
    const { invitations, members, security } = acme.identity
    acme.clock.advance(10 * minute)
    const acts: [string, () => Promise<unknown>][] = [
      ['invite', () => invitations.create(who, { email: 'm@m.example', role: 'member' }, browser.from())],
      ['promote', () => members.change(who, hers.member, { role: 'administrator' }, browser.from())],
      ['enable', () => members.change(who, hers.member, { active: true }, browser.from())],
    ]
    for (const [what, act] of acts) {
      await expect(act(), what).rejects.toMatchObject({ code: 'confirm_needed' })
    }
    // Shutting somebody out never waits.
    await members.change(who, hers.member, { active: false }, browser.from())
    await security.confirm(who, { kind: 'password', password: ada.password }, browser.from())
    for (const [, act] of acts) await act()
  })

  it('invites nobody in the name of who is no administrator any more, whatever her session remembers', async () => {
    const browser = await acme.signIn(ada)
    const who = await acme.actor(browser)
    await sql`update member set role = 'member' where email = ${ada.email}`.execute(acme.storage.db())
    const input = { email: 'm@m.example', role: 'administrator' } as const
    await expect(acme.identity.invitations.create(who, input, browser.from())).rejects.toMatchObject({
      code: 'forbidden',
    })
  })
})

describe('sessions and devices', () => {
  it('a device never used before is marked until she says that it was her', async () => {
    const laptop = await acme.signIn(grace)
    await acme.signIn(grace, laptop)
    const stranger = await acme.signIn(grace, testBrowser('203.0.113.66'))
    const who = await acme.actor(laptop)
    const list = () => acme.identity.sessions.list(who)
    const marked = (await list()).filter(({ newDevice }) => newDevice)
    expect(marked).toMatchObject([{ ip: '203.0.113.66', current: false, signedInWith: 'Password' }])
    const { session } = await acme.actor(stranger)
    const somebodyElse = await acme.actor(await acme.signIn(ada))
    await expect(acme.identity.sessions.recognise(somebodyElse, session)).rejects.toMatchObject({
      code: 'not_found',
    })
    await acme.identity.sessions.recognise(who, session)
    expect((await list()).some(({ newDevice }) => newDevice)).toBe(false)
    // The laptop is known by now, whenever she comes back.
    acme.clock.advance(40 * day)
    await acme.signIn(grace, laptop)
    const [again] = await acme.identity.sessions.list(await acme.actor(laptop))
    expect(again).toMatchObject({ current: true, newDevice: false })
  })

  it('ending all others ends hers and nobody else’s', async () => {
    const [here, there] = [await acme.signIn(grace), await acme.signIn(grace)]
    const administrator = await acme.signIn(ada)
    expect(await acme.identity.sessions.endOthers(await acme.actor(here), here.from())).toBe(2)
    expect(await acme.identity.actorForSession(there.request())).toBeNull()
    expect(await acme.identity.actorForSession(here.request())).not.toBeNull()
    expect(await acme.identity.actorForSession(administrator.request())).not.toBeNull()
  })
})

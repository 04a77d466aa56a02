import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { auditMigrations, createAudit } from '#audit'
import type { Audit } from '#audit'
import { silentLog } from '#foundation'
import type { SessionId } from '#foundation'
import { sql } from '#storage'
import type { Storage } from '#storage'
import { openTestStorage, testClock } from '#test'
import { createIdentity, identityMigrations } from './index.ts'
import type { Identity, MemberActor, Started } from './index.ts'

const issuer = 'https://crm.acme.example'
const from = {
  ip: '192.0.2.7',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
}
const adaLogin = { email: 'ada@acme.example', password: 'correct horse battery' }
const graceLogin = { email: 'grace@acme.example', password: 'staple lantern gravel' }
const day = 24 * 3600 * 1000

let storage: Storage
let audit: Audit
let identity: Identity
const clock = testClock()
const secret = 'a secret that only this test install knows'

beforeAll(async () => {
  storage = await openTestStorage([...auditMigrations, ...identityMigrations], { clock })
  audit = createAudit({
    storage,
    clock,
    log: silentLog,
    secret,
  })
})
beforeEach(async () => {
  await sql`truncate member, session, invitation, setup_token cascade`.execute(storage.db())
  await sql`update install set claimed_at = null`.execute(storage.db())
  // Another day: rate limits of the test before are over.
  clock.advance(day)
  identity = createIdentity({
    storage,
    audit,
    clock,
    log: silentLog,
    issuer,
    secret,
    parseLimits: () => ({}),
  })
})
afterAll(async () => {
  await audit.close()
  await storage.close()
})

type Held = Pick<Started, 'cookie'>
const requestWith = (started?: Held) =>
  new Request(
    `${issuer}/api/session`,
    started ? { headers: { cookie: started.cookie.split(';')[0] ?? '' } } : {},
  )
const actorOf = async (started: Held): Promise<MemberActor> => {
  const actor = await identity.actorForSession(requestWith(started))
  if (!actor) throw new Error('nobody is signed in')
  return actor
}
const ada = async () => {
  await identity.setup.createAdministrator({ name: 'Ada', ...adaLogin })
  return identity.sessions.start(adaLogin, requestWith(), from)
}
const grace = async (by: Held) => {
  const { token } = await identity.invitations.create(
    await actorOf(by),
    { email: graceLogin.email, role: 'member' },
    from,
  )
  return identity.invitations.accept(
    { token, name: 'Grace', password: graceLogin.password },
    requestWith(),
    from,
  )
}
const events = async () =>
  (await audit.list({ limit: 50 })).map(({ event, outcome }) => `${event} ${outcome}`)

describe('first run', () => {
  it('the printed token makes one administrator and never another', async () => {
    const token = (await identity.setup.openToken()) ?? ''
    const started = await identity.setup.claim({ token, name: 'Ada', ...adaLogin }, from)
    expect(await actorOf(started)).toMatchObject({ kind: 'member', name: 'Ada', role: 'administrator' })
    await expect(identity.setup.claim({ token, name: 'Mallory', ...graceLogin }, from)).rejects.toMatchObject(
      {
        code: 'already_set_up',
      },
    )
    expect(await identity.setup.openToken()).toBeNull()
  })

  it('two who claim at once, each with a valid token, are one administrator', async () => {
    const tokens = [(await identity.setup.openToken()) ?? '', (await identity.setup.openToken()) ?? '']
    const claims = await Promise.allSettled(
      tokens.map((token, n) =>
        identity.setup.claim(
          { token, name: `N${n}`, email: `n${n}@acme.example`, password: adaLogin.password },
          from,
        ),
      ),
    )
    expect(claims.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('a guessed token and a day-old token claim nothing', async () => {
    const token = (await identity.setup.openToken()) ?? ''
    const claim = (with_: string) =>
      identity.setup.claim({ token: with_, name: 'Mallory', ...adaLogin }, from)
    await expect(claim('tnd_setup_guess')).rejects.toMatchObject({ code: 'setup_token_invalid' })
    clock.advance(day + 1)
    await expect(claim(token)).rejects.toMatchObject({ code: 'setup_token_invalid' })
    expect(await identity.setup.needed()).toBe(true)
    expect(await events()).toContain('setup.refused refused')
  })
})

describe('sign-in', () => {
  it('a wrong password and an unknown email get the same answer', async () => {
    await ada()
    const refusal = async (email: string) =>
      identity.sessions
        .start({ email, password: 'not the password' }, requestWith(), from)
        .catch((e: unknown) => e)
    const [wrong, unknown] = [await refusal(adaLogin.email), await refusal('nobody@acme.example')]
    expect(wrong).toMatchObject({ code: 'wrong_password' })
    expect(String(unknown)).toBe(String(wrong))
  })

  it('after ten tries from one address even the right password waits, and other addresses don’t', async () => {
    await ada()
    clock.advance(day)
    const start = (password: string, ip = from.ip) =>
      identity.sessions.start({ email: adaLogin.email, password }, requestWith(), { ...from, ip })
    const tries = await Promise.allSettled(Array.from({ length: 10 }, () => start('not the password')))
    expect(tries.every(({ status }) => status === 'rejected')).toBe(true)
    const blocked = await start(adaLogin.password).catch((error: unknown) => error)
    expect(blocked).toMatchObject({ code: 'too_many_tries', retryAfter: 900 })
    expect(await start(adaLogin.password, '198.51.100.4')).toMatchObject({ member: { name: 'Ada' } })
    clock.advance(901_000)
    expect(await start(adaLogin.password)).toMatchObject({ member: { name: 'Ada' } })
  })

  it('a household of IPv6 addresses is one address: it can’t use up the owner’s tries', async () => {
    await ada()
    clock.advance(day)
    const start = (password: string, ip: string) =>
      identity.sessions.start({ email: adaLogin.email, password }, requestWith(), { ...from, ip })
    for (let n = 1; n <= 10; n++) {
      await expect(start('not the password', `2001:db8:7:7::${n}`)).rejects.toMatchObject({
        code: 'wrong_password',
      })
    }
    await expect(start(adaLogin.password, '2001:db8:7:7:ffff::1')).rejects.toMatchObject({
      code: 'too_many_tries',
    })
    expect(await start(adaLogin.password, '2001:db8:7:8::1')).toMatchObject({ member: { name: 'Ada' } })
  })

  it('C9 signing in ends the session that was there before and gives a new secret', async () => {
    const first = await ada()
    const second = await identity.sessions.start(adaLogin, requestWith(first), from)
    expect(second.cookie).not.toBe(first.cookie)
    expect(await identity.actorForSession(requestWith(first))).toBeNull()
    expect(await identity.actorForSession(requestWith(second))).not.toBeNull()
  })

  it('the cookie can’t be read by scripts, planted by another host or sent over plain http', async () => {
    const { cookie } = await ada()
    expect(cookie).toMatch(/^__Host-tandem_session=tnd_ses_[\w-]+; /)
    for (const attribute of ['HttpOnly', 'SameSite=Lax', 'Secure', 'Path=/'])
      expect(cookie).toContain(attribute)
    expect(cookie).not.toContain('Domain')
  })

  it('a session ends after 30 idle days, and after 90 days whatever happens', async () => {
    const idle = await ada()
    clock.advance(30 * day)
    expect(await identity.actorForSession(requestWith(idle))).toBeNull()
    const busy = await identity.sessions.start(adaLogin, requestWith(), from)
    for (let i = 0; i < 89; i++) {
      clock.advance(day)
      expect(await identity.actorForSession(requestWith(busy))).not.toBeNull()
    }
    clock.advance(day)
    expect(await identity.actorForSession(requestWith(busy))).toBeNull()
  })
})

describe('sessions', () => {
  it('the list shows your own sessions and not someone else’s', async () => {
    const her = await ada()
    const other = await grace(her)
    const mine = await identity.sessions.list(await actorOf(her))
    expect(mine).toHaveLength(1)
    expect(mine[0]).toMatchObject({ current: true, device: 'Firefox on Linux', ip: from.ip })
    const hers = await identity.sessions.list(await actorOf(other))
    expect(hers.map(({ id }) => id)).not.toContain(mine[0]?.id)
  })

  it('nobody ends someone else’s session, an administrator neither', async () => {
    const her = await ada()
    const other = await actorOf(await grace(her))
    await expect(identity.sessions.end(await actorOf(her), other.session, from)).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(await identity.sessions.list(other)).toHaveLength(1)
  })

  it('an ended session is over at once, and its listeners hear of it', async () => {
    const first = await ada()
    const second = await identity.sessions.start(adaLogin, requestWith(), from)
    const { session } = await actorOf(first)
    const heard: SessionId[] = []
    identity.sessions.onEnd(session, () => heard.push(session))
    await identity.sessions.end(await actorOf(second), session, from)
    expect(await identity.actorForSession(requestWith(first))).toBeNull()
    expect(heard).toEqual([session])
  })

  it('a new password ends every other session, and the old password no longer works', async () => {
    const first = await ada()
    const second = await identity.sessions.start(adaLogin, requestWith(), from)
    const next = 'a wholly different phrase'
    const change = (current: string) =>
      actorOf(second).then((actor) => identity.members.changePassword(actor, { current, next }, from))
    await expect(change('not the password')).rejects.toMatchObject({ code: 'wrong_password' })
    const third = await change(adaLogin.password)
    expect(await identity.actorForSession(requestWith(first))).toBeNull()
    expect(await identity.actorForSession(requestWith(second))).toBeNull()
    expect(await identity.actorForSession(requestWith(third))).not.toBeNull()
    await expect(identity.sessions.start(adaLogin, requestWith(), from)).rejects.toMatchObject({
      code: 'wrong_password',
    })
  })
})

describe('invitations', () => {
  it('an invitation makes one member, even when two accept at once', async () => {
    const actor = await actorOf(await ada())
    const { token, invitation } = await identity.invitations.create(
      actor,
      { email: graceLogin.email, role: 'member' },
      from,
    )
    expect(await identity.invitations.look(token, from)).toEqual(invitation)
    const accepted = await Promise.allSettled(
      ['Grace', 'Mallory'].map((name) =>
        identity.invitations.accept({ token, name, password: graceLogin.password }, requestWith(), from),
      ),
    )
    expect(accepted.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await identity.members.list(actor)).toHaveLength(2)
    await expect(identity.invitations.look(token, from)).rejects.toMatchObject({ code: 'invitation_invalid' })
  })

  it('only administrators invite, list and withdraw', async () => {
    const her = await ada()
    const member = await actorOf(await grace(her))
    const input = { email: 'x@acme.example', role: 'administrator' } as const
    await expect(identity.invitations.create(member, input, from)).rejects.toMatchObject({
      code: 'forbidden',
    })
    await expect(identity.invitations.list(member)).rejects.toMatchObject({ code: 'forbidden' })
    const { invitation } = await identity.invitations.create(await actorOf(her), input, from)
    const id = invitation.id as Parameters<Identity['invitations']['withdraw']>[1]
    await expect(identity.invitations.withdraw(member, id, from)).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('a withdrawn invitation, and one whose inviter is no administrator any more, don’t work', async () => {
    const actor = await actorOf(await ada())
    const invite = (email: string, by: MemberActor) =>
      identity.invitations.create(by, { email, role: 'administrator' }, from)
    const withdrawn = await invite('w@acme.example', actor)
    const id = withdrawn.invitation.id as Parameters<Identity['invitations']['withdraw']>[1]
    await identity.invitations.withdraw(actor, id, from)
    const second = await invite('second@acme.example', actor)
    const accept = (token: string) =>
      identity.invitations.accept({ token, name: 'N', password: graceLogin.password }, requestWith(), from)
    const other = await actorOf(await accept(second.token))
    const orphan = await invite('orphan@acme.example', other)
    await identity.members.change(actor, other.member, { role: 'member' }, from)
    for (const { token } of [withdrawn, second, orphan]) {
      await expect(accept(token)).rejects.toMatchObject({ code: 'invitation_invalid' })
    }
  })

  it('an invitation is over after seven days', async () => {
    const actor = await actorOf(await ada())
    const { token } = await identity.invitations.create(
      actor,
      { email: graceLogin.email, role: 'member' },
      from,
    )
    clock.advance(7 * day)
    await expect(identity.invitations.look(token, from)).rejects.toMatchObject({ code: 'invitation_invalid' })
  })
})

describe('members', () => {
  it('a disabled member’s sessions end, her agents stop, and she can’t sign in', async () => {
    const her = await ada()
    const other = await grace(her)
    const { member } = await actorOf(other)
    const token = {
      resourceOwner: member,
      clientId: 'cli_notebook',
      clientName: 'Notebook',
      grantId: `grt_${'0'.repeat(26)}`,
      scopes: ['crm:read'],
      details: { type: 'tandem_crm' },
    }
    expect(await identity.actorForToken(token)).toMatchObject({
      kind: 'agent',
      member,
      role: 'member',
      name: 'Grace',
    })
    const heard: Record<string, string>[] = []
    storage.events.subscribe('member.changed', (payload) => heard.push(payload))
    await identity.members.change(await actorOf(her), member, { active: false }, from)
    expect(await identity.actorForSession(requestWith(other))).toBeNull()
    expect(await identity.actorForToken(token)).toBeNull()
    expect(heard).toEqual([{ member, active: 'false' }])
    await expect(identity.sessions.start(graceLogin, requestWith(), from)).rejects.toMatchObject({
      code: 'wrong_password',
    })
  })

  it('a member can’t change members', async () => {
    const her = await ada()
    const other = await actorOf(await grace(her))
    for (const id of [other.member, (await actorOf(her)).member]) {
      await expect(identity.members.change(other, id, { role: 'administrator' }, from)).rejects.toMatchObject(
        {
          code: 'forbidden',
        },
      )
    }
  })

  it('two administrators who disable each other at once leave one', async () => {
    const her = await actorOf(await ada())
    const { token } = await identity.invitations.create(
      her,
      { email: graceLogin.email, role: 'administrator' },
      from,
    )
    const other = await actorOf(
      await identity.invitations.accept(
        { token, name: 'Grace', password: graceLogin.password },
        requestWith(),
        from,
      ),
    )
    const results = await Promise.allSettled([
      identity.members.change(her, other.member, { active: false }, from),
      identity.members.change(other, her.member, { active: false }, from),
    ])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('the last administrator stays one', async () => {
    const her = await actorOf(await ada())
    for (const to of [{ active: false }, { role: 'member' as const }]) {
      await expect(identity.members.change(her, her.member, to, from)).rejects.toMatchObject({
        code: 'last_administrator',
      })
    }
  })

  it('a token whose limits can’t be read acts for nobody', async () => {
    const strict = createIdentity({
      storage,
      audit,
      clock,
      log: silentLog,
      issuer,
      secret,
      parseLimits: () => {
        throw new Error('unknown member')
      },
    })
    const { member } = await actorOf(await ada())
    const token = {
      resourceOwner: member,
      clientId: 'c',
      clientName: 'c',
      grantId: `grt_${'0'.repeat(26)}`,
      scopes: [],
    }
    expect(await strict.actorForToken({ ...token, details: {} })).toBeNull()
  })

  it('what happened is in the record, without a secret', async () => {
    const her = await ada()
    await grace(her)
    const entries = await audit.list({ limit: 5 })
    expect(entries.map(({ event }) => event).toReversed()).toEqual([
      'install.claimed',
      'session.started',
      'invitation.created',
      'invitation.accepted',
      'session.started',
    ])
    expect(JSON.stringify(entries)).not.toMatch(/tnd_|argon2|horse/)
  })
})

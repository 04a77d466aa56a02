import { TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations, createAudit } from '#audit'
import type { Audit } from '#audit'
import { silentLog, systemClock } from '#foundation'
import { createIdentity, identityMigrations } from '#identity'
import type { Identity, Started } from '#identity'
import { openStorage } from '#storage'
import type { Storage } from '#storage'
import { postgresAvailable } from '../support/postgres.ts'
import { sharedPostgres } from '../support/storage.ts'

const issuer = 'https://crm.acme.example'
const from = { ip: '192.0.2.7', userAgent: null }
const login = { email: 'ada@acme.example', password: 'correct horse battery staple' }
const secret = 'a secret that only this test install knows'
type Replica = { storage: Storage; audit: Audit; identity: Identity }

const requestWith = ({ cookie }: Pick<Started, 'cookie'>) =>
  new Request(issuer, { headers: { cookie: cookie.split(';')[0] ?? '' } })

describe.skipIf(!postgresAvailable())('two replicas on one PostgreSQL', () => {
  let one: Replica
  let two: Replica
  beforeAll(async () => {
    const databaseUrl = await (await sharedPostgres()).database()
    const open = async (): Promise<Replica> => {
      const storage = await openStorage({
        config: { databaseUrl },
        migrations: [...auditMigrations, ...identityMigrations],
        clock: systemClock,
        log: silentLog,
      })
      const parts = { storage, clock: systemClock, log: silentLog }
      const audit = createAudit({ ...parts, secret })
      return {
        storage,
        audit,
        identity: createIdentity({ ...parts, audit, issuer, secret, parseLimits: () => ({}) }),
      }
    }
    one = await open()
    two = await open()
  })
  afterAll(async () => {
    for (const { audit, storage } of [one, two]) {
      await audit.close()
      await storage.close()
    }
  })

  it('a token opened on each, claimed on both at once, makes one administrator', async () => {
    const claims = await Promise.allSettled(
      [one, two].map(async ({ identity }, n) => {
        const token = (await identity.setup.openToken()) ?? ''
        return identity.setup.claim(
          { token, name: 'Ada', ...login, ...(n ? { email: 'm@acme.example' } : {}) },
          from,
        )
      }),
    )
    expect(claims.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await one.identity.setup.needed()).toBe(false)
    expect(await two.identity.setup.needed()).toBe(false)
  })

  it('a session that one ends is over on the other, which had it in its cache', async () => {
    const email = await emailOfAda(one)
    const started = await one.identity.sessions.start({ ...login, email }, new Request(issuer), from)
    expect(await two.identity.actorForSession(requestWith(started))).not.toBeNull()
    await one.identity.sessions.endCurrent(requestWith(started), from)
    await expect.poll(() => two.identity.actorForSession(requestWith(started)), { timeout: 5000 }).toBeNull()
  })

  it('a step begun on one is taken on the other, and a code counts once on both', async () => {
    const email = await emailOfAda(one)
    const signIn = async ({ identity }: Replica) => {
      const entered = await identity.sessions.start({ ...login, email }, new Request(issuer), from)
      return { entered, cookies: entered.cookie.split(';')[0] ?? '' }
    }
    const { cookies } = await signIn(one)
    const mine = new Request(issuer, { headers: { cookie: cookies } })
    const actor = await one.identity.actorForSession(mine)
    if (!actor) throw new Error('Ada is not signed in')
    const { secret: key } = await one.identity.security.draftTotp(actor)
    const codeAt = (steps: number) =>
      new TOTP({ secret: key }).generate({ timestamp: Date.now() + steps * 30_000 })
    await one.identity.security.confirmTotp(actor, codeAt(-1), from)
    const begun = await Promise.all([signIn(one), signIn(one)])
    const code = codeAt(0)
    const taken = await Promise.allSettled(
      begun.map(({ entered, cookies: browser }, n) => {
        if ('member' in entered) throw new Error('one step was enough')
        const proof = { kind: 'totp', code } as const
        const { identity } = n === 0 ? two : one
        const at = { ...from, cookies: browser }
        return identity.secondStep.take({ handle: entered.handle, proof }, new Request(issuer), at)
      }),
    )
    expect(taken.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const [began] = taken.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    if (!began) throw new Error('nobody is in')
    for (const { identity } of [one, two]) {
      const current = await identity.signIn.current(requestWith(began))
      expect(current?.amr).toEqual(['pwd', 'otp', 'mfa'])
    }
    // The rule, made on one, takes away on the other what one factor opened.
    const strong = await one.identity.actorForSession(requestWith(began))
    if (!strong) throw new Error('Ada is not signed in')
    await one.identity.security.removeTotp(strong, from)
    const weak = await two.identity.sessions.start({ ...login, email }, new Request(issuer), from)
    expect(await one.identity.actorForSession(requestWith(weak))).not.toBeNull()
    const again = await one.identity.security.draftTotp(strong)
    const fresh = new TOTP({ secret: again.secret }).generate()
    await one.identity.security.confirmTotp(strong, fresh, from)
    await two.identity.rules.setSecondFactor(strong, 'everyone', from)
    await expect.poll(() => one.identity.actorForSession(requestWith(weak)), { timeout: 5000 }).toBeNull()
    await two.identity.rules.setSecondFactor(strong, 'optional', from)
    await one.identity.security.removeTotp(strong, from)
  })

  it('ten tries are ten tries, whichever replica they are made at', async () => {
    const tries = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) =>
        (n % 2 ? one : two).identity.sessions.start(
          { email: 'grace@acme.example', password: 'not the password' },
          new Request(issuer),
          { ...from, ip: '198.51.100.9' },
        ),
      ),
    )
    const codes = tries.map((result) => (result.status === 'rejected' ? String(result.reason.code) : 'in'))
    expect(codes.filter((code) => code === 'wrong_password')).toHaveLength(10)
    expect(codes.filter((code) => code === 'too_many_tries')).toHaveLength(20)
  })

  it('both write one unbroken chain while both are busy', async () => {
    // Asking for the list writes what a replica still holds, earlier tests' entries included.
    const settled = async () => {
      await Promise.all([one.audit.list({ limit: 1 }), two.audit.list({ limit: 1 })])
      return two.audit.verify()
    }
    await expect.poll(async () => (await settled()).unchained, { timeout: 5000 }).toBe(0)
    const before = (await settled()).entries
    for (let round = 0; round < 5; round++) {
      for (const { audit } of [one, two]) {
        for (let n = 0; n < 50; n++) {
          audit.note({ event: 'tool.called', outcome: 'ok', actor: { kind: 'agent', id: `grt_${n}` } })
        }
      }
      await settled()
    }
    const whole = { entries: before + 500, broken: null, unchained: 0 }
    await expect.poll(settled, { timeout: 5000 }).toEqual(whole)
  })
})

/** Whichever of the two claims won. */
async function emailOfAda({ storage }: Replica): Promise<string> {
  const { email } = await storage
    .db<{ member: { email: string } }>()
    .selectFrom('member')
    .select('email')
    .executeTakeFirstOrThrow()
  return email
}

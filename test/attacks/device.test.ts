import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '#audit'
import { oauthMigrations } from '#oauth'
import { sql } from '#storage'
import { askDevice, decideDevice, poll, registerDevice, typeCode } from '../support/device.ts'
import { basic, composeTestOAuth, person, pkce, resource, startTestOAuth } from '../support/oauth.ts'
import type { TestOAuth, Tokens } from '../support/oauth.ts'
import { postgresAvailable } from '../support/postgres.ts'
import { openTestStorage } from '../support/storage.ts'
import { testClock } from '../support/clock.ts'

let t: TestOAuth
let tv: string
beforeAll(async () => {
  t = await startTestOAuth()
  tv = await registerDevice(t)
})
afterAll(() => t.close())

const errorOf = async (response: Response) => ((await response.json()) as { error: string }).error
const tokensOf = async (response: Response) => (await response.json()) as Tokens
const wrongCode = 'BBBB-BBBB'
const enter = (who = t.people.grace, code = wrongCode, ip = '192.0.2.80') => typeCode(t, who, code, ip)

describe('V1 guessing a user code', () => {
  it('V1 a user code is eight of twenty letters, read in any spelling (RFC 8628 §6.1)', async () => {
    const { user_code: code } = await askDevice(t, tv)
    expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
    for (const spelled of [
      code,
      code.toLowerCase(),
      code.replace('-', ''),
      ` ${code.replace('-', ' . ')} `,
    ]) {
      await expect(enter(t.people.grace, spelled)).resolves.toMatchObject({ id: expect.any(String) })
    }
    for (const wrong of ['', code.slice(1), `${code}B`, code.replace(/.$/, 'A'), `${code}\0`.repeat(9)]) {
      await expect(enter(t.people.ada, wrong)).rejects.toMatchObject({ code: 'not_found' })
    }
  })

  it('V1 the database holds neither code (RFC 8628 §5.2)', async () => {
    const asked = await askDevice(t, tv)
    const { rows } = await sql`select * from device_request`.execute(t.storage.db<never>())
    const dump = JSON.stringify(rows)
    expect(rows.length).toBeGreaterThan(0)
    expect(dump).not.toContain(asked.device_code)
    expect(dump).not.toContain(asked.user_code.replace('-', ''))
    // 256 random bits behind the prefix.
    expect(asked.device_code).toMatch(/^tnd_dc_[A-Za-z0-9_-]{43}$/)
  })

  it('V1 one person has twenty tries in ten minutes, in whatever sessions and from wherever (RFC 8628 §5.1)', async () => {
    const mallory = person('Mallory', false, t.clock)
    const asked = await askDevice(t, tv)
    const tries = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) => enter(mallory, wrongCode, `198.51.100.${n}`)),
    )
    const codes = tries.map((one) => (one.status === 'rejected' ? String(one.reason.code) : 'found'))
    expect(codes.filter((code) => code === 'not_found')).toHaveLength(20)
    expect(codes.filter((code) => code === 'temporarily_unavailable')).toHaveLength(10)
    await expect(enter(mallory, asked.user_code)).rejects.toMatchObject({
      status: 429,
      headers: { 'Retry-After': expect.any(String) },
    })
    // Somebody else isn't kept waiting by her.
    await expect(enter(t.people.grace, asked.user_code)).resolves.toBeDefined()
    t.clock.advance(600_000)
    const later = await askDevice(t, tv)
    await expect(enter(mallory, later.user_code)).resolves.toBeDefined()
  })

  it('V1 all together have five hundred, and each wrong one is in the record', async () => {
    t.clock.advance(600_000)
    for (let n = 0; n < 25; n++) {
      const one = person(`Mallory ${n}`, false, t.clock)
      const ip = `203.0.113.${n}`
      await Promise.allSettled(Array.from({ length: 20 }, () => enter(one, wrongCode, ip)))
    }
    await expect(enter(t.people.grace)).rejects.toMatchObject({ status: 429 })
    const entries = await t.audit.list({ limit: 50 })
    expect(entries.filter(({ event }) => event === 'device.code_refused').length).toBeGreaterThan(40)
    t.clock.advance(600_000)
  })

  it('V1 waiting requests are bounded, so that guesses stay far from them', async () => {
    const own = await startTestOAuth()
    const client = await registerDevice(own)
    for (let n = 0; n < 200; n++) await askDevice(own, client)
    const full = await own.post('/oauth/device_authorization', { client_id: client })
    expect([full.status, await errorOf(full)]).toEqual([503, 'temporarily_unavailable'])
    expect(full.headers.get('retry-after')).toBe('60')
    own.clock.advance(600_001)
    await expect(askDevice(own, client)).resolves.toBeDefined()
    await own.close()
  })

  it('V1 nobody types a code without being signed in', async () => {
    const { user_code: code } = await askDevice(t, tv)
    const nobody = t.browser(null).pageRequest()
    await expect(t.oauth.devices.enterCode(nobody, code, { ip: '192.0.2.1' })).rejects.toMatchObject({
      code: 'login_required',
      status: 401,
    })
  })
})

describe('polling', () => {
  it('V2 slow_down adds five seconds for good (RFC 8628 §3.5)', async () => {
    const { device_code: code, interval } = await askDevice(t, tv)
    expect(interval).toBe(5)
    const after = async (seconds: number) => {
      t.clock.advance(seconds * 1000)
      const response = await poll(t, tv, code)
      expect(response.status).toBe(400)
      expect(response.headers.get('cache-control')).toBe('no-store')
      return errorOf(response)
    }
    expect(await after(0)).toBe('authorization_pending')
    expect(await after(5)).toBe('authorization_pending')
    expect(await after(4)).toBe('slow_down')
    expect(await after(9)).toBe('slow_down')
    expect(await after(14)).toBe('slow_down')
    expect(await after(20)).toBe('authorization_pending')
    expect(await after(19)).toBe('slow_down')
  })

  it('V2 of many polls at once one may wait and the others must slow down', async () => {
    const { device_code: code } = await askDevice(t, tv)
    const errors = await Promise.all(Array.from({ length: 8 }, async () => errorOf(await poll(t, tv, code))))
    expect(errors.filter((error) => error === 'authorization_pending')).toHaveLength(1)
    expect(errors.filter((error) => error === 'slow_down')).toHaveLength(7)
  })

  it('A144 the person’s no is access_denied, and the end of its life expired_token (RFC 8628 §3.5)', async () => {
    const refused = await askDevice(t, tv)
    expect(await decideDevice(t, refused.user_code, { decision: 'deny' })).toBe('/device?done=denied')
    const answer = await poll(t, tv, refused.device_code)
    expect([answer.status, await errorOf(answer)]).toEqual([400, 'access_denied'])

    const forgotten = await askDevice(t, tv)
    const allowed = await askDevice(t, tv)
    await decideDevice(t, allowed.user_code)
    t.clock.advance(forgotten.expires_in * 1000)
    expect(await errorOf(await poll(t, tv, forgotten.device_code))).toBe('expired_token')
    expect(await errorOf(await poll(t, tv, allowed.device_code))).toBe('expired_token')
    await expect(enter(t.people.grace, forgotten.user_code)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('waiting is not written into the record as a refusal; a code nobody has is', async () => {
    const own = await startTestOAuth()
    const client = await registerDevice(own)
    const { device_code: code } = await askDevice(own, client)
    await poll(own, client, code)
    await poll(own, client, code)
    await poll(own, client, 'tnd_dc_nobody')
    const refusals = (await own.audit.list({ limit: 20 })).filter(({ event }) => event === 'token.refused')
    expect(refusals).toMatchObject([{ detail: { error: 'invalid_grant' } }])
    await own.close()
  })
})

describe('V3 the device code', () => {
  it('V3 is its own client’s alone, and another’s try uses nothing up (RFC 8628 §5.2)', async () => {
    const other = await registerDevice(t, 'Another television')
    const asked = await askDevice(t, tv)
    expect(await errorOf(await poll(t, other, asked.device_code))).toBe('invalid_grant')
    await decideDevice(t, asked.user_code)
    expect(await errorOf(await poll(t, other, asked.device_code))).toBe('invalid_grant')
    const mallory = await t.post(
      '/oauth/token',
      { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: asked.device_code },
      basic(t.clients.mallory),
    )
    expect(await errorOf(mallory)).toBe('unauthorized_client')
    expect((await poll(t, tv, asked.device_code)).status).toBe(200)
  })

  it('V3 T3 passes for no other kind of token, nor they for it', async () => {
    const asked = await askDevice(t, tv)
    await decideDevice(t, asked.user_code)
    const { device_code: code, user_code: typed } = asked
    for (const form of [
      { grant_type: 'refresh_token', refresh_token: code },
      { grant_type: 'authorization_code', code, code_verifier: pkce().verifier },
    ]) {
      const answer = await t.post('/oauth/token', { ...form, client_id: t.clients.notebook.clientId })
      expect(await errorOf(answer)).toBe('invalid_grant')
    }
    expect(await t.oauth.verify(code, resource)).toBeUndefined()
    await expect(enter(t.people.ada, code)).rejects.toMatchObject({ code: 'not_found' })
    const tokens = await tokensOf(await poll(t, tv, code))
    for (const foreign of [typed, tokens.refresh_token, tokens.access_token, code]) {
      expect(await errorOf(await poll(t, tv, foreign))).toMatch(/^invalid_(grant|request)$/)
    }
    expect(await t.oauth.verify(tokens.access_token, resource)).toBeDefined()
  })
})

describe.each(['embedded', 'server'] as const)(
  'A145 a device code collected 64 times at once, %s',
  (driver) => {
    it.skipIf(driver === 'server' && !postgresAvailable())(
      'gives one answer and makes one grant',
      async () => {
        const clock = testClock()
        const storage = await openTestStorage([...auditMigrations, ...oauthMigrations], { clock, driver })
        const own = await composeTestOAuth(storage, clock)
        const client = await registerDevice(own)
        const asked = await askDevice(own, client)
        await decideDevice(own, asked.user_code)
        const answers = await Promise.all(
          Array.from({ length: 64 }, () => poll(own, client, asked.device_code)),
        )
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
        const others = answers.filter(({ status }) => status !== 200)
        expect(new Set(await Promise.all(others.map(errorOf)))).toEqual(new Set(['invalid_grant']))
        expect(await own.oauth.grants.list(null)).toHaveLength(1)
        await own.close()
      },
    )
  },
)

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '#audit'
import { oauthMigrations } from '#oauth'
import type { SignedIn } from '#oauth'
import { askDevice, decideDevice, poll, registerDevice } from '../support/device.ts'
import { testClock } from '../support/clock.ts'
import {
  codeFor,
  composeTestOAuth,
  disabled,
  ledgerRedirect,
  person,
  startTestOAuth,
} from '../support/oauth.ts'
import type { ComposedOAuth, TestOAuth } from '../support/oauth.ts'
import { postgresAvailable } from '../support/postgres.ts'
import { openTestStorage } from '../support/storage.ts'

let t: TestOAuth
beforeAll(async () => {
  t = await startTestOAuth()
})
afterAll(() => t.close())

const ada = () => ({ member: t.people.ada.member, name: 'Ada' })
const by = () => ({ actor: { kind: 'member' as const, id: t.people.ada.member, name: 'Ada' } })
const errorOf = async (response: Response) => ((await response.json()) as { error?: string }).error
type Given = { code: string; verifier: string }
const redeem = (clientId: string, { code, verifier }: Given, more = {}, own: ComposedOAuth = t) =>
  own.post('/oauth/token', {
    grant_type: 'authorization_code',
    client_id: clientId,
    code,
    code_verifier: verifier,
    ...more,
  })
const liveOf = async ({ member }: SignedIn, own: ComposedOAuth = t) =>
  (await own.oauth.grants.list(member)).filter(({ status }) => status !== 'ended')

/** What a person allowed and nobody collected yet: a code, and a device's yes. */
async function allow(who: SignedIn) {
  const { body } = await t.register({
    client_name: 'Pad',
    redirect_uris: [ledgerRedirect],
    token_endpoint_auth_method: 'none',
  })
  const [app, device] = [body.client_id, await registerDevice(t)]
  const given = await codeFor(t, { who, clientId: app, redirectUri: ledgerRedirect })
  const asked = await askDevice(t, device)
  await decideDevice(t, asked.user_code, { who })
  return {
    app,
    device,
    code: () => redeem(app, given),
    yes: () => poll(t, device, asked.device_code),
  }
}
type Allowed = Awaited<ReturnType<typeof allow>>

describe('G7 what was allowed and not collected yet', () => {
  it.each<[string, (allowed: Allowed, who: SignedIn) => Promise<unknown>]>([
    ['an administrator ends everything', () => t.oauth.grants.endMany({ everything: true }, ada(), 'x')],
    [
      'an administrator ends all of one person',
      (_, { member }) => t.oauth.grants.endMany({ member }, ada(), 'x'),
    ],
    [
      'an administrator ends what one app has',
      async ({ app, device }) => {
        for (const client of [app, device]) await t.oauth.grants.endMany({ client }, ada(), 'x')
      },
    ],
    ['the same, on its page', ({ app, device }) => t.oauth.clients.endGrants([app, device], by())],
    ['its person is disabled', (_, { member }) => t.oauth.grants.endAllOf(member, 'x')],
  ])('goes when %s', async (_how, end) => {
    const [grace, linus] = [person('Grace', false, t.clock), person('Linus', false, t.clock)]
    const allowed = await allow(grace)
    await end(allowed, grace)
    const others = await allow(linus)
    expect(await errorOf(await allowed.code())).toBe('invalid_grant')
    expect(await errorOf(await allowed.yes())).toBe('access_denied')
    expect(await liveOf(grace)).toEqual([])
    // Who asks again is asked about again: an ending is no prohibition.
    expect([(await others.code()).status, (await others.yes()).status]).toEqual([200, 200])
  })

  it('stays when somebody else’s ends', async () => {
    const [grace, linus] = [person('Grace', false, t.clock), person('Linus', false, t.clock)]
    const [hers, his] = [await allow(grace), await allow(linus)]
    await t.oauth.grants.endMany({ member: grace.member }, ada(), 'x')
    await t.oauth.grants.endMany({ client: hers.app }, ada(), 'x')
    expect([(await his.code()).status, (await his.yes()).status]).toEqual([200, 200])
  })
})

describe.each(['embedded', 'server'] as const)('redeeming while everything ends, %s', (driver) => {
  it.skipIf(driver === 'server' && !postgresAvailable())(
    'G7 leaves nothing alive',
    async () => {
      const clock = testClock()
      const storage = await openTestStorage([...auditMigrations, ...oauthMigrations], { clock, driver })
      const own = await composeTestOAuth(storage, clock)
      for (let round = 0; round < 20; round++) {
        const linus = person('Linus', false, clock)
        const given = await codeFor(own, { who: linus })
        const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
        await Promise.all([
          redeem(own.clients.notebook.clientId, given, {}, own),
          later(round % 4).then(() => own.oauth.grants.endMany({ member: linus.member }, ada(), 'x')),
        ])
        expect(await liveOf(linus, own)).toEqual([])
      }
      await own.close()
    },
    60_000,
  )
})

describe('a yes that nothing can be issued for', () => {
  it('gives nothing and leaves no grant when its person was disabled meanwhile', async () => {
    const linus = person('Linus', false, t.clock)
    const allowed = await allow(linus)
    disabled.add(linus.member)
    expect(await errorOf(await allowed.code())).toBe('invalid_grant')
    expect(await errorOf(await allowed.yes())).toBe('invalid_grant')
    expect(await liveOf(linus)).toEqual([])
  })

  it('leaves no grant when more details are asked for than she gave', async () => {
    const linus = person('Linus', false, t.clock)
    const details = (...quarters: string[]) => JSON.stringify([{ type: 'report', quarters }])
    const more = { scope: 'crm:read', authorization_details: details('q1') }
    const given = await codeFor(t, { who: linus, more })
    const asked = { authorization_details: details('q1', 'q2') }
    const answer = await redeem(t.clients.notebook.clientId, given, asked)
    expect(await errorOf(answer)).toBe('invalid_authorization_details')
    expect(await liveOf(linus)).toEqual([])
  })
})

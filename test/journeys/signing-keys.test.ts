import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SigningKeyView } from '#contract'
import { testClock } from '../support/clock.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'

describe('signing keys over the API', () => {
  const clock = testClock()
  let tandem: RunningTandem
  beforeAll(async () => {
    tandem = await startTandem({ clock })
  })
  afterAll(() => tandem.close())

  const keysOf = (body: unknown) => (body as { keys: SigningKeyView[] }).keys

  it('an administrator rotates, the app goes on, and the record says who did it', async () => {
    const ada = await tandem.signIn('ada')
    const agent = await tandem.connectAgent({ browser: ada })
    const first = keysOf((await ada.json('GET', '/api/signing-keys')).body)
    expect(first.map(({ state }) => state)).toEqual(['next', 'current'])
    expect(first[1]).toMatchObject({
      signsSince: '2026-11-21T09:00:00.000Z',
      retiresAt: '2027-02-19T09:00:00.000Z',
    })
    expect((await ada.json('POST', '/api/signing-keys/rotate', {})).status).toBe(409)
    clock.advance(15 * 60_000)
    const rotated = await ada.json('POST', '/api/signing-keys/rotate', {})
    expect(rotated.status).toBe(200)
    const states = keysOf(rotated.body).map(({ kid, state }) => [kid, state])
    expect(states).toContainEqual([first[0]?.kid, 'current'])
    expect(states).toContainEqual([first[1]?.kid, 'retired'])
    expect(JSON.stringify(rotated.body)).not.toMatch(/sealed|"d"|jwk/i)

    const later = await tandem.connectAgent({ browser: ada })
    expect((await later.call('whoami')).status).toBe(200)
    expect((await agent.call('whoami')).status).toBe(401) // A quarter of an hour old.
    const { body } = await ada.json('GET', '/api/audit?limit=20')
    const { entries } = body as { entries: { event: string }[] }
    expect(entries.filter(({ event }) => event === 'signing_key.rotated')).toMatchObject([
      { outcome: 'ok', actor: { kind: 'member', name: 'Ada' } },
    ])
  })

  it('O3 a member and a stranger neither see the keys nor touch them', async () => {
    const before = await tandem.parts.oauth.keys.list()
    const grace = await tandem.signIn('grace')
    for (const [who, status] of [
      [grace, 403],
      [tandem.browser(), 401],
    ] as const) {
      expect((await who.json('GET', '/api/signing-keys')).status).toBe(status)
      expect((await who.json('POST', '/api/signing-keys/rotate', { compromised: true })).status).toBe(status)
    }
    expect(await tandem.parts.oauth.keys.list()).toEqual(before)
  })
})

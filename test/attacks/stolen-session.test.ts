import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testClock } from '../support/clock.ts'
import { people, startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'

const clock = testClock(new Date())
let tandem: RunningTandem
let ada: Browser
beforeAll(async () => {
  tandem = await startTandem({ clock })
  ada = await tandem.signIn('ada')
})
afterAll(() => tandem?.close())

const app = { name: 'Nightly', redirectUris: [], confidential: true, grantTypes: ['client_credentials'] }
const input = { ...app, owner: people.ada.email }

describe('an administrator’s browser that somebody else sits at, ten minutes after she signed in', () => {
  it('makes nothing that outlives the session: no app, no other secret or owner, no initial access token', async () => {
    const { body: made } = await ada.json('POST', '/api/clients', input)
    const id = String((made as Record<string, unknown>)['clientId'])
    clock.advance(10 * 60_000)
    const acts: [method: string, path: string, body: object, done: number][] = [
      ['POST', '/api/clients', input, 200],
      ['PATCH', '/api/client', { id, name: 'Nightlier' }, 200],
      ['POST', '/api/client/secret', { id, overlap: 0 }, 200],
      ['POST', '/api/initial-access-tokens', { uses: 1, days: 1 }, 200],
    ]
    for (const [method, path, body] of acts) {
      const refused = await ada.json(method, path, body)
      expect([path, refused.status, (refused.body as { error?: unknown }).error]).toEqual([
        path,
        403,
        'confirm_needed',
      ])
    }
    const proof = { kind: 'password', password: people.ada.password }
    expect((await ada.json('POST', '/api/account/confirm', { proof })).status).toBeLessThan(300)
    for (const [method, path, body, done] of acts) {
      expect([path, (await ada.json(method, path, body)).status]).toEqual([path, done])
    }
  })
})

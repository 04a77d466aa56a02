import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'

// Every route that the API has, from its own description: who adds one is asked here whose it is.

/** Routes that a member without administrator's rights may call. All others with a session are an administrator's. */
const members = [
  'GET /session',
  'DELETE /session',
  'GET /sessions',
  'DELETE /sessions',
  'DELETE /sessions/{id}',
  'POST /sessions/{id}/recognise',
  'POST /password',
  'POST /account/providers',
  'GET /account/security',
  'POST /account/confirm',
  'POST /account/confirm/passkey',
  'POST /account/totp',
  'DELETE /account/totp',
  'POST /account/totp/confirm',
  'POST /account/recovery-codes',
  'POST /account/passkeys/options',
  'POST /account/passkeys',
  'PATCH /account/passkeys/{id}',
  'DELETE /account/passkeys/{id}',
  'DELETE /account/providers/{provider}',
  'GET /members',
  'GET /interactions/{id}',
  'POST /interactions/{id}/decision',
  'POST /device',
  'GET /grants',
  'GET /grants/deeds',
  'POST /grants/{id}/pause',
  'POST /grants/{id}/resume',
  'PATCH /grants/{id}',
  'DELETE /grants/{id}',
  'GET /events',
  'GET /mcp-addresses',
  'GET /keys',
  'POST /keys',
  'DELETE /keys',
  'GET /keys/upstreams',
  'POST /keys/{upstream}/check',
  'GET /connections',
  'GET /connections/{upstream}',
  'POST /connections/{upstream}',
  'DELETE /connections/{upstream}',
]

type Described = { name: string; method: string; path: string; session: boolean; agents: boolean }

let tandem: RunningTandem
let ada: Browser
let grace: Browser
let all: Described[]
beforeAll(async () => {
  tandem = await startTandem()
  ada = await tandem.signIn('ada')
  grace = await tandem.signIn('grace')
  const { body } = await ada.json('GET', '/api/openapi.json')
  const { paths } = body as {
    paths: Record<string, Record<string, { security?: Record<string, unknown>[] }>>
  }
  all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security = [] }]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path: `/api${path.replaceAll(/\{\w+\}/g, 'x')}`,
      session: security.some((way) => 'session' in way),
      agents: security.some((way) => 'oauth' in way),
    })),
  )
})
afterAll(() => tandem.close())

const send = (browser: Browser, { method, path }: Described, headers: Record<string, string> = {}) =>
  browser.fetch(path, {
    method,
    headers: { 'Content-Type': 'application/json', ...headers },
    ...(method !== 'GET' && { body: '{}' }),
  })
const named = async (routes: Described[], ask: (route: Described) => Promise<Response>) =>
  Promise.all(
    routes.map(async (route) => {
      const response = await ask(route)
      await response.body?.cancel()
      return `${route.name} ${response.status}`
    }),
  )

describe('every route of the API', () => {
  it('is described', () => {
    expect(all.length).toBeGreaterThan(80)
    expect(members.filter((name) => !all.some((route) => route.name === name))).toEqual([])
  })

  it('C3, C10 changes nothing for another site’s page, whoever is signed in there', async () => {
    const writing = all.filter(({ method }) => method !== 'GET')
    const foreign = { Origin: 'https://mallory.example' }
    expect(await named(writing, (route) => send(ada, route, foreign))).toEqual(
      writing.map(({ name }) => `${name} 403`),
    )
    expect((await ada.json('GET', '/api/session')).status).toBe(200)
  })

  it('O3 that takes a session is for nobody without one', async () => {
    const closed = all.filter(({ session }) => session)
    const nobody = tandem.browser()
    expect(await named(closed, (route) => send(nobody, route, { Origin: tandem.url }))).toEqual(
      closed.map(({ name }) => `${name} 401`),
    )
  })

  it('O3 is an administrator’s unless it is listed here as a member’s', async () => {
    const hers = all.filter(({ name, session, agents }) => session && !agents && !members.includes(name))
    expect(hers.length).toBeGreaterThan(30)
    expect(await named(hers, (route) => send(grace, route, { Origin: tandem.url }))).toEqual(
      hers.map(({ name }) => `${name} 403`),
    )
  })

  it('O3 takes an agent’s token only where it says so', async () => {
    const agent = await tandem.connectAgent({ browser: ada, resource: `${tandem.url}/api` })
    const closed = all.filter(({ session, agents }) => session && !agents)
    const token = { Authorization: `Bearer ${agent.accessToken}`, Origin: tandem.url }
    expect(await named(closed, (route) => send(tandem.browser(), route, token))).toEqual(
      closed.map(({ name }) => `${name} 401`),
    )
  })
})

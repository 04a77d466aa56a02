import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { UpstreamDetail } from '#contract'
import { newId } from '#foundation'
import { startChangingServer } from '../support/changing-server.ts'
import type { ChangingServer } from '../support/changing-server.ts'
import { testClock } from '../support/clock.ts'
import { consentTo } from '../support/connect-agent.ts'
import { pkce } from '../support/oauth.ts'
import { callTool, startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'
import { acceptAll, addUpstream, upstreamOf } from '../support/upstreams.ts'

// Who may put servers behind Tandem, what may stand there, and what is left when one goes.

const secret = 'sk-upstream-9f2d6c1b7a'
const find = { name: 'find_invoice', annotations: { readOnlyHint: true } }
const clock = testClock(new Date())

let tandem: RunningTandem
let ada: Browser
let server: ChangingServer
beforeAll(async () => {
  tandem = await startTandem({ clock, config: { TANDEM_CALLS_PER_MINUTE: 100_000 } })
  ada = await tandem.signIn('ada')
  server = await startChangingServer(find)
})
afterAll(async () => {
  await server?.close()
  await tandem?.close()
})

let count = 0
const add = (
  more: { credential?: string; unreviewed?: boolean } = {},
  auth?: object,
): Promise<UpstreamDetail> =>
  addUpstream(
    tandem,
    {
      kind: 'http',
      name: `ledger-${++count}`,
      url: server.url,
      ...(auth && { auth: auth as { kind: 'none' } }),
    },
    { browser: ada, ...more },
  )
const create = (upstream: object, credential?: string) =>
  ada.json('POST', '/api/upstreams', {
    upstream: { kind: 'http', name: 'x', title: 'X', url: server.url, auth: { kind: 'none' }, ...upstream },
    ...(credential !== undefined && { credential }),
  })
const tokenFor = async ({ resource }: UpstreamDetail) =>
  (await tandem.connectAgent({ browser: ada, resource })).accessToken
const call = async ({ resource }: UpstreamDetail, token: string) =>
  (await callTool(resource, token, find.name, {})).status
const entries = async (event: string, of: UpstreamDetail) =>
  (await tandem.parts.audit.search({ event }, { limit: 100 })).filter(({ subject }) => subject?.id === of.id)

describe('adding an upstream', () => {
  it.each([
    ['a private address', { url: 'https://10.0.0.7/mcp' }, 422, 'url'],
    ['cloud metadata', { url: 'http://169.254.169.254/mcp' }, 422, 'url'],
    ['plain http to the internet', { url: 'http://198.51.100.7/mcp' }, 422, 'url'],
    ['another scheme', { url: 'file:///etc/passwd' }, 422, 'url'],
    ['an address that names a user', { url: 'https://ada:secret@ledger.example/mcp' }, 422, 'url'],
    ['nobody there', { url: 'http://127.0.0.1:1/mcp' }, 422, 'url'],
    ['a header that the connection needs', { auth: { kind: 'header', header: 'Host' } }, 422, 'auth'],
    ['a name that scopes of Tandem begin with', { name: 'crm' }, 409, 'name'],
  ])('S1 refuses %s and says which entry it is', async (_, upstream, status, field) => {
    const refused = await create(upstream)
    expect(refused).toMatchObject({ status, body: { fields: { [field]: expect.any(String) } } })
    expect(tandem.parts.gateway.upstreams.named('x')).toBeUndefined()
  })

  it('takes a program only where the operator named it', async () => {
    const upstream = {
      kind: 'stdio',
      name: 'shell',
      title: 'Shell',
      server: '/bin/sh',
      auth: { kind: 'none' },
    }
    const refused = await ada.json('POST', '/api/upstreams', { upstream })
    expect(refused).toMatchObject({ status: 422, body: { fields: { server: expect.any(String) } } })
    const command = { ...upstream, command: '/bin/sh', args: ['-c', 'id'] }
    expect((await ada.json('POST', '/api/upstreams', { upstream: command })).status).toBe(422)
  })

  it('can be tried out: what agents would see, and nothing is kept', async () => {
    const upstream = { kind: 'http', name: 'x', title: 'X', url: server.url, auth: { kind: 'none' } }
    const tried = await ada.json('POST', '/api/upstreams/try', { upstream })
    expect(tried.body).toEqual({
      trouble: null,
      needsCredential: false,
      tools: [{ name: find.name, description: '', access: 'read', warnings: [] }],
      leftOut: [],
    })
    expect(tandem.parts.gateway.upstreams.named('x')).toBeUndefined()
  })

  it('of two at once with one name one is there', async () => {
    const both = await Promise.all([create({ name: 'twice' }), create({ name: 'twice' })])
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409])
  })

  it('keeps a secret that the upstream takes, and shows it nowhere', async () => {
    server.wants(`Bearer ${secret}`)
    const auth = { kind: 'header', header: 'Authorization' }
    expect(await create({ name: 'sealed', auth }, 'Bearer wrong')).toMatchObject({
      status: 422,
      body: { fields: { credential: expect.any(String) } },
    })
    expect(tandem.parts.gateway.upstreams.named('sealed')).toBeUndefined()
    const upstream = await add({ credential: `Bearer ${secret}` }, auth)
    expect(upstream).toMatchObject({ credential: { broken: null }, counts: { allowed: 1 } })
    expect(await call(upstream, await tokenFor(upstream))).toBe(200)
    expect(server.calls.at(-1)?.authorization).toBe(`Bearer ${secret}`)
    const shown = await Promise.all(
      ['/api/upstreams', `/api/upstreams/${upstream.id}`, '/api/audit?limit=100'].map((path) =>
        ada.fetch(path).then((response) => response.text()),
      ),
    )
    expect(shown.every((text) => text.includes('upstream'))).toBe(true)
    expect(shown.filter((text) => text.includes(secret))).toEqual([])
    server.wants(null)
  })

  it('asks who is there: a session alone, however it was come by, adds, changes and accepts nothing', async () => {
    const upstream = await add({ unreviewed: true })
    const [waiting] = upstream.tools
    clock.advance(11 * 60_000)
    const at = `/api/upstreams/${upstream.id}`
    const tools = [{ name: find.name, decision: 'accept', fingerprint: waiting?.waiting?.fingerprint }]
    const body = {
      upstream: { kind: 'http', name: 'y', title: 'Y', url: server.url, auth: { kind: 'none' } },
    }
    const asked = await Promise.all([
      ada.json('POST', '/api/upstreams', body),
      ada.json('POST', '/api/upstreams/try', body),
      ada.json('PATCH', at, { url: 'https://mallory.example/mcp' }),
      ada.json('DELETE', at),
      ada.json('POST', `${at}/tools/decision`, { tools }),
      ada.json('PATCH', `${at}/tools`, { name: find.name, access: 'read' }),
    ])
    expect(asked.map((answer) => (answer.body as { error: string }).error)).toEqual(
      asked.map(() => 'confirm_needed'),
    )
    ada = await tandem.signIn('ada')
    expect(await upstreamOf(ada, upstream.id)).toMatchObject({ url: server.url, counts: { accepted: 0 } })
  })

  it('G5 knows no upstream by an id that isn’t one, at any door', async () => {
    const body = { tools: [{ name: 'x', decision: 'accept', fingerprint: 'x' }] }
    for (const id of [newId('ups'), newId('mem'), 'x', '..', "' or 1=1"]) {
      const at = `/api/upstreams/${encodeURIComponent(id)}`
      const asked = await Promise.all([
        ada.json('GET', at),
        ada.json('PATCH', at, { title: 'Mine' }),
        ada.json('DELETE', at),
        ada.json('POST', `${at}/check`, {}),
        ada.json('POST', `${at}/tools/decision`, body),
        ada.json('PATCH', `${at}/tools`, { name: 'x' }),
      ])
      expect(asked.map(({ status }) => status)).toEqual(asked.map(() => 404))
    }
  })
})

describe('an upstream that changes or goes', () => {
  it('G7 takes what was granted, what was allowed and not collected, and its credentials along', async () => {
    const upstream = await add({ credential: 'anything' }, { kind: 'header', header: 'X-Key' })
    const {
      accessToken: token,
      clientId,
      redirectUri,
    } = await tandem.connectAgent({
      browser: ada,
      resource: upstream.resource,
    })
    expect(await call(upstream, token)).toBe(200)
    expect(await upstreamOf(ada, upstream.id)).toMatchObject({ liveGrants: 1 })
    const { verifier, challenge } = pkce()
    const about = { client_id: clientId, redirect_uri: redirectUri, resource: upstream.resource }
    const asked = {
      ...about,
      response_type: 'code',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    }
    const { back } = await consentTo(ada, `${tandem.url}/oauth/authorize?${new URLSearchParams(asked)}`)
    const code = back.searchParams.get('code') ?? ''
    expect((await ada.json('DELETE', `/api/upstreams/${upstream.id}`)).status).toBe(204)
    expect(await call(upstream, token)).toBe(404)
    expect(await tandem.parts.vault.list({ upstream: upstream.id })).toEqual([])
    // Who takes its name gets nothing of what it had.
    const { name } = upstream
    const next = await addUpstream(tandem, { kind: 'http', name, url: server.url }, { browser: ada })
    expect(await call(next, token)).toBe(401)
    const form = { grant_type: 'authorization_code', code, code_verifier: verifier, ...about }
    const body = new URLSearchParams(form)
    expect((await fetch(`${tandem.url}/oauth/token`, { method: 'POST', body })).status).toBe(400)
    expect(await upstreamOf(ada, next.id)).toMatchObject({ liveGrants: 0 })
  })

  it('that is removed in the middle of a call answers no other', async () => {
    const upstream = await add()
    const token = await tokenFor(upstream)
    server.during(() => ada.json('DELETE', `/api/upstreams/${upstream.id}`))
    const status = await call(upstream, token)
    server.during(async () => undefined)
    // Carried to its end, or said to have failed: either way an answer.
    expect([200, 502]).toContain(status)
    const before = server.calls.length
    expect(await call(upstream, token)).toBe(404)
    expect(server.calls).toHaveLength(before)
  })

  it('is closed and empty when the process dies on the way to another address, and moves when asked again', async () => {
    const upstream = await add({ credential: 'anything' }, { kind: 'header', header: 'X-Key' })
    const token = await tokenFor(upstream)
    const power = vi.spyOn(tandem.parts.vault, 'removeAll').mockRejectedValueOnce(new Error('the power went'))
    const to = { auth: { kind: 'none' } }
    const at = `/api/upstreams/${upstream.id}`
    expect((await ada.json('PATCH', at, to)).status).toBe(500)
    power.mockRestore()
    expect(await upstreamOf(ada, upstream.id)).toMatchObject({ enabled: false, auth: { kind: 'header' } })
    expect(await call(upstream, token)).toBe(404)
    expect((await ada.json('PATCH', at, { ...to, enabled: true })).status).toBe(200)
    expect(await upstreamOf(ada, upstream.id)).toMatchObject({ enabled: true, auth: { kind: 'none' } })
    expect(await call(upstream, token)).toBe(401)
    expect(await tandem.parts.vault.list({ upstream: upstream.id })).toEqual([])
  })

  it('keeps grants and tools when nothing but its title and limits change', async () => {
    const upstream = await add()
    const token = await tokenFor(upstream)
    const to = { title: 'Ledger of Acme', limits: { ...upstream.limits, timeoutSeconds: 5 } }
    const { body } = await ada.json('PATCH', `/api/upstreams/${upstream.id}`, to)
    expect(body).toMatchObject({ upstream: { ...to, liveGrants: 1, counts: { allowed: 1 } } })
    expect(await call(upstream, token)).toBe(200)
  })

  it('is refused at an address where nobody answers before anything of it ended', async () => {
    const upstream = await add()
    const token = await tokenFor(upstream)
    const refused = await ada.json('PATCH', `/api/upstreams/${upstream.id}`, {
      url: 'http://127.0.0.1:1/mcp',
    })
    expect(refused.status).toBe(422)
    expect(await call(upstream, token)).toBe(200)
  })

  it('is off at once, and back with its grants', async () => {
    const upstream = await add()
    const token = await tokenFor(upstream)
    const at = `/api/upstreams/${upstream.id}`
    expect((await ada.json('PATCH', at, { enabled: false })).body).toMatchObject({
      upstream: { health: { state: 'off' } },
    })
    expect(await call(upstream, token)).toBe(404)
    await ada.json('PATCH', at, { enabled: true })
    expect(await call(upstream, token)).toBe(200)
  })
})

describe('two administrators at once', () => {
  it('accept the same tool once', async () => {
    const upstream = await add({ unreviewed: true })
    const both = await Promise.all([acceptAll(ada, upstream), acceptAll(ada, upstream)])
    expect(both.map(({ counts }) => counts.allowed)).toEqual([1, 1])
    expect(await entries('upstream.tools_decided', upstream)).toHaveLength(1)
  })

  it('who change two things both get what they asked for', async () => {
    const { id } = await add()
    const at = `/api/upstreams/${id}`
    await Promise.all([
      ada.json('PATCH', at, { title: 'One' }),
      ada.json('PATCH', at, { ipAllowlist: ['192.0.2.0/24'] }),
      ada.json('PATCH', `${at}/tools`, { name: find.name, access: 'write' }),
    ])
    expect(await upstreamOf(ada, id)).toMatchObject({
      title: 'One',
      ipAllowlist: ['192.0.2.0/24'],
      tools: [{ access: 'write' }],
    })
  })
})

it('every act is in the record, with who did it', async () => {
  const upstream = await add()
  await ada.json('PATCH', `/api/upstreams/${upstream.id}`, { title: 'Another' })
  await ada.json('PATCH', `/api/upstreams/${upstream.id}/tools`, { name: find.name, allowed: false })
  await ada.json('DELETE', `/api/upstreams/${upstream.id}`)
  const all = (await entries('upstream', upstream)).toReversed()
  expect(all.map(({ event }) => event)).toEqual([
    'upstream.added',
    'upstream.tools_changed',
    'upstream.tools_decided',
    'upstream.changed',
    'upstream.tool_changed',
    'upstream.removing',
    'upstream.removed',
  ])
  const hers = all
    .filter(({ actor }) => actor.kind === 'member')
    .map(({ actor, ip }) => ({ name: actor.name, ip }))
  expect(hers).toEqual(hers.map(() => ({ name: 'Ada', ip: expect.any(String) as string })))
  expect(hers).toHaveLength(6)
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#foundation'
import type { MemberId } from '#foundation'
import { startKeyedUpstream } from '../support/keyed-upstream.ts'
import type { KeyedUpstream } from '../support/keyed-upstream.ts'
import { callTool, people, startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'
import { startTwenty } from '../support/twenty/twenty-double.ts'
import type { TwentyDouble } from '../support/twenty/twenty-double.ts'
import { markOf, modernCall } from '../support/test-upstream.ts'
import { addUpstream } from '../support/upstreams.ts'

let later = 0
const clock = { now: () => new Date(systemClock.now().getTime() + later) }
let tandem: RunningTandem
let notes: KeyedUpstream
let twenty: TwentyDouble
let other: TwentyDouble
let ada: Browser
let grace: Browser

const goodKey = 'key-of-grace-0123456789abcdef'
const none = { hasKey: false, updatedAt: null, baseUrl: null, broken: null }

beforeAll(async () => {
  tandem = await startTandem({ clock })
  notes = await startKeyedUpstream(goodKey, 'key-of-ada', 'key-of-grace-the-next')
  ;[twenty, other] = await Promise.all([
    startTwenty(),
    startTwenty({ keys: { 'key-of-the-other': { name: 'other' } } }),
  ])
  ada = await tandem.signIn('ada')
  grace = await tandem.signIn('grace')
  await addUpstream(
    tandem,
    { kind: 'http', name: 'notes', title: 'Notes', url: notes.url, auth: { kind: 'key' } },
    { credential: 'key-of-ada', browser: ada },
  )
})
afterAll(async () => {
  await tandem?.close()
  await Promise.all([notes?.close(), twenty?.close(), other?.close()])
})

const post = (browser: Browser, body: unknown) => browser.json('POST', '/api/keys', body)
const view = async (browser: Browser, upstream?: string) =>
  (await browser.json('GET', `/api/keys${upstream === undefined ? '' : `?upstream=${upstream}`}`)).body
/** Ten checks in ten minutes are a person's; these tests are more than a person. */
const wait = () => (later += 600_000)
const again = async (browser: Browser, who: 'ada' | 'grace') =>
  browser.json('POST', '/api/account/confirm', {
    proof: { kind: 'password', password: people[who].password },
  })

describe('GET, POST and DELETE /api/keys', () => {
  it('answer as twenty-mcp does: hasKey, updatedAt, baseUrl; the key is found good before it is kept', async () => {
    expect(await view(grace)).toEqual({ upstream: 'notes', ...none })
    const { status, body } = await post(grace, { apiKey: goodKey })
    expect([status, body]).toEqual([
      200,
      { upstream: 'notes', hasKey: true, updatedAt: expect.any(String), baseUrl: notes.url, broken: null },
    ])
    expect(notes.came).toContain(goodKey)
    expect(await view(grace)).toEqual(body)
  })

  it('what is pasted around a key is cut off', async () => {
    for (const apiKey of [`  ${goodKey}\n`, `Bearer ${goodKey}`, `"${goodKey}"`])
      expect((await post(grace, { apiKey })).status, apiKey).toBe(200)
  })

  it('agents act with the key of their own person', async () => {
    const who = async (browser: Browser) => {
      const { accessToken } = await tandem.connectAgent({ browser, resource: `${tandem.url}/mcp/notes` })
      return (
        await modernCall(`${tandem.url}/mcp/notes`, accessToken, 'tools/call', { name: 'who', arguments: {} })
      ).text()
    }
    expect(await who(grace)).toContain(markOf(`Bearer ${goodKey}`))
    expect(await who(ada)).toContain(markOf('Bearer key-of-ada'))
  })

  it('a wrong key is refused with a clear sentence, and the one before stays', async () => {
    const before = await view(grace)
    const { status, body } = await post(grace, { apiKey: 'a-wrong-key-of-grace' })
    expect([status, body]).toMatchObject([
      422,
      { error: 'invalid', fields: { apiKey: expect.stringContaining('doesn’t take') } },
    ])
    expect(JSON.stringify(body)).not.toContain('a-wrong-key')
    expect(await view(grace)).toEqual(before)
    expect(notes.came).toContain('a-wrong-key-of-grace')
  })

  it('a server that can’t be asked is said so, the same way whatever is wrong, and the key before stays', async () => {
    const before = await view(grace)
    const answers = [500, 404, 302].map((status) => ({
      status,
      headers: { location: 'http://127.0.0.1:1/' },
    }))
    const said = new Set<string>()
    const own = notes.answer
    for (const { status, headers } of answers) {
      notes.answer = (_, response) => (response.writeHead(status, headers).end('secret of the network'), true)
      const refused = await post(grace, { apiKey: 'key-of-grace-the-next' })
      expect(refused.status).toBe(502)
      said.add(JSON.stringify(refused.body))
    }
    notes.answer = own
    expect(said.size).toBe(1)
    expect([...said].join()).toMatch(/Notes can’t be asked just now/)
    expect([...said].join()).not.toMatch(/secret of|127\.0/)
    expect(await view(grace)).toEqual(before)
  })

  it.each([
    ['no key', {}],
    ['an empty key', { apiKey: '  ' }],
    ['a key of two lines', { apiKey: 'evil-key-1\r\nX-Admin: 1' }],
    ['a key with a space', { apiKey: 'evil-key-1 evil-key-2' }],
    ['a key beyond ASCII', { apiKey: 'evil-key-1-ключ' }],
    ['a key without end', { apiKey: 'evil-key-1'.repeat(900) }],
    ['something that is no text', { apiKey: { evil: 'evil-key-1' } }],
    ['a key where a name belongs', { apiKey: goodKey, 'evil-key-1': true }],
    ['another address', { apiKey: goodKey, baseUrl: 'https://evil.example/evil-key-1' }],
    ['an unknown server', { apiKey: goodKey, upstream: 'evil-key-1' }],
  ])('G6 %s is refused without saying what was sent, and nobody is asked', async (_what, body) => {
    const asked = notes.came.length
    const refused = await post(grace, body)
    expect([404, 422]).toContain(refused.status)
    expect(JSON.stringify(refused.body)).not.toContain('evil-key-1')
    expect(notes.came).toHaveLength(asked)
  })

  it('a key that Notes ends is marked after a call, told to its owner, and good again by a check or a new one', async () => {
    wait()
    await again(grace, 'grace')
    const { accessToken } = await tandem.connectAgent({ browser: grace, resource: `${tandem.url}/mcp/notes` })
    const call = async () =>
      (
        await modernCall(`${tandem.url}/mcp/notes`, accessToken, 'tools/call', { name: 'who', arguments: {} })
      ).text()
    notes.keys.delete(goodKey)
    expect(await call()).toMatch(/doesn’t take the credential/)
    await expect.poll(() => view(grace)).toMatchObject({ hasKey: true, broken: 'it was refused there' })
    expect(await call()).toContain(`Open ${tandem.url}/settings/keys`)
    const asked = notes.came.length
    await call()
    expect(notes.came).toHaveLength(asked)

    notes.keys.add(goodKey)
    expect((await grace.json('POST', '/api/keys/notes/check', {})).body).toMatchObject({ broken: null })
    expect(await call()).toContain(markOf(`Bearer ${goodKey}`))
  })

  it('one call that is refused alone marks nothing', async () => {
    wait()
    const own = notes.answer
    notes.answer = (received, response) => {
      if (received.message.method !== 'tools/call') return own?.(received, response) ?? false
      response.writeHead(401).end()
      return true
    }
    const { accessToken } = await tandem.connectAgent({ browser: grace, resource: `${tandem.url}/mcp/notes` })
    const lists = () => notes.seen.filter(({ message }) => message.method === 'tools/list').length
    const before = lists()
    await modernCall(`${tandem.url}/mcp/notes`, accessToken, 'tools/call', { name: 'who', arguments: {} })
    await expect.poll(lists).toBeGreaterThan(before)
    notes.answer = own
    expect(await view(grace)).toMatchObject({ broken: null })
  })

  it('DELETE forgets it, twice as well as once, and while Notes is switched off', async () => {
    const id = await idOf('notes')
    await again(ada, 'ada')
    expect((await ada.json('PATCH', `/api/upstreams/${id}`, { enabled: false })).status).toBe(200)
    expect(await view(grace)).toMatchObject({ hasKey: true })
    expect((await grace.json('DELETE', '/api/keys')).body).toEqual({ upstream: 'notes', ...none })
    expect((await ada.json('PATCH', `/api/upstreams/${id}`, { enabled: true })).status).toBe(200)
    wait()
    await again(grace, 'grace')
    expect((await post(grace, { apiKey: goodKey })).status).toBe(200)
    for (const _ of [1, 2])
      expect((await grace.json('DELETE', '/api/keys')).body).toEqual({ upstream: 'notes', ...none })
    expect(await view(grace)).toEqual({ upstream: 'notes', ...none })
    expect(await view(ada)).toMatchObject({ hasKey: true })
  })

  it('more checks than a person makes are refused, and say when to come back', async () => {
    wait()
    await again(grace, 'grace')
    const statuses: number[] = []
    for (let at = 0; at < 12; at++) statuses.push((await post(grace, { apiKey: `guess-${at}` })).status)
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 422), 429, 429])
    const refused = await grace.fetch('/api/keys', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ apiKey: goodKey }),
    })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(notes.came).not.toContain('guess-10')
    // Somebody else's are her own.
    await again(ada, 'ada')
    expect((await post(ada, { apiKey: 'key-of-ada' })).status).toBe(200)
    const refusals = await tandem.parts.audit.search({ event: 'credential.refused' }, { limit: 20 })
    expect(refusals.length).toBeGreaterThanOrEqual(10)
  })

  it('a session that is older than ten minutes has to say again who is there; to look it needn’t', async () => {
    wait()
    expect(await post(grace, { apiKey: goodKey })).toMatchObject({
      status: 403,
      body: { error: 'confirm_needed' },
    })
    expect(await view(grace)).toMatchObject({ hasKey: false })
    await again(grace, 'grace')
    expect((await post(grace, { apiKey: goodKey })).status).toBe(200)
  })

  it('a session that ends while its key is checked changes nothing', async () => {
    const mallory = await tandem.signIn('grace')
    notes.meanwhile = async (key) =>
      key === 'key-of-grace-the-next' && mallory.fetch('/api/session', { method: 'DELETE' })
    const before = await view(grace)
    expect((await post(mallory, { apiKey: 'key-of-grace-the-next' })).status).toBeGreaterThanOrEqual(400)
    notes.meanwhile = null
    expect(await view(grace)).toEqual(before)
  })

  it('a disabled member’s key is used by nobody, and hers again when she is back', async () => {
    const { accessToken } = await tandem.connectAgent({ browser: grace, resource: `${tandem.url}/mcp/notes` })
    const call = () =>
      modernCall(`${tandem.url}/mcp/notes`, accessToken, 'tools/call', { name: 'who', arguments: {} })
    expect(await (await call()).text()).toContain(markOf(`Bearer ${goodKey}`))
    const id = (await tandem.parts.identity.members.named(people.grace.email)) as MemberId
    const change = (active: boolean) => ada.json('PATCH', `/api/members/${id}`, { active })
    await again(ada, 'ada')
    const asked = notes.came.length
    expect((await change(false)).status).toBe(200)
    expect((await call()).status).toBe(401)
    expect((await grace.json('GET', '/api/keys')).status).toBe(401)
    expect(notes.came).toHaveLength(asked)
    expect((await change(true)).status).toBe(200)
    expect((await call()).status).toBe(401)
    grace = await tandem.signIn('grace')
    expect(await view(grace)).toMatchObject({ hasKey: true })
  })
})

const idOf = async (name: string): Promise<string> => {
  const { upstreams } = (await ada.json('GET', '/api/upstreams')).body as {
    upstreams: { id: string; name: string }[]
  }
  return upstreams.find((one) => one.name === name)?.id ?? ''
}

describe('a server with several addresses', () => {
  it('takes a key for each that an administrator allowed, sends it there and nowhere else', async () => {
    wait()
    for (const who of ['ada', 'grace'] as const) await again(who === 'ada' ? ada : grace, who)
    await addUpstream(
      tandem,
      {
        kind: 'twenty',
        name: 'twenty',
        title: 'Twenty',
        url: twenty.url,
        baseUrls: [other.url],
        auth: { kind: 'key' },
      },
      { credential: twenty.key, browser: ada },
    )
    // Two take keys now: which one has to be said.
    expect(await post(grace, { apiKey: twenty.key })).toMatchObject({
      status: 422,
      body: { fields: { upstream: 'is one of notes, twenty' } },
    })
    expect(await post(grace, { apiKey: 'key-of-the-other', upstream: 'twenty' })).toMatchObject({
      status: 422,
    })
    const kept = await post(grace, {
      apiKey: 'key-of-the-other',
      upstream: 'twenty',
      baseUrl: other.url.replace(/\/$/, ''),
    })
    expect(kept).toMatchObject({ status: 200, body: { baseUrl: expect.stringContaining(other.url) } })
    const { accessToken } = await tandem.connectAgent({
      browser: grace,
      resource: `${tandem.url}/mcp/twenty`,
    })
    const [here, there] = [twenty.calls.length, other.calls.length]
    other.workspace.add('company', { name: 'Acme key-of-the-other' })
    const answer = await callTool(`${tandem.url}/mcp/twenty`, accessToken, 'search_companies', { query: 'a' })
    const text = JSON.stringify(answer.body)
    expect([answer.status, text]).toEqual([200, expect.not.stringContaining('"isError":true')])
    // G6: what carries a call comes back in no answer, wherever it stands over there.
    expect([text.includes('Acme [hidden]'), text.includes('key-of-the-other')]).toEqual([true, false])
    expect(twenty.calls).toHaveLength(here)
    expect(other.calls.length).toBeGreaterThan(there)
  })

  it('an address that is taken off the list takes no key any more, and the page says so', async () => {
    const id = await idOf('twenty')
    expect((await ada.json('PATCH', `/api/upstreams/${id}`, { baseUrls: [] })).status).toBe(200)
    const there = other.calls.length
    const { accessToken } = await tandem.connectAgent({
      browser: grace,
      resource: `${tandem.url}/mcp/twenty`,
    })
    const answer = await callTool(`${tandem.url}/mcp/twenty`, accessToken, 'search_companies', { query: 'a' })
    expect(JSON.stringify(answer.body)).toContain('/settings/keys')
    expect(other.calls).toHaveLength(there)
    const list = (await grace.json('GET', '/api/keys/upstreams')).body
    expect(list).toMatchObject({
      upstreams: [
        { upstream: 'notes', hasKey: true, broken: null, enabled: true },
        {
          upstream: 'twenty',
          title: 'Twenty',
          hasKey: true,
          broken: expect.stringContaining('doesn’t have any more'),
        },
      ],
    })
  })

  it('a server that was changed while a key was checked doesn’t get it', async () => {
    await again(ada, 'ada')
    const id = await idOf('notes')
    const before = await view(grace, 'notes')
    notes.meanwhile = async (key) =>
      key === 'key-of-grace-the-next' && ada.json('PATCH', `/api/upstreams/${id}`, { enabled: false })
    await again(grace, 'grace')
    expect(
      (await post(grace, { apiKey: 'key-of-grace-the-next', upstream: 'notes' })).status,
    ).toBeGreaterThanOrEqual(400)
    notes.meanwhile = null
    expect(await view(grace, 'notes')).toEqual(before)
    expect((await ada.json('PATCH', `/api/upstreams/${id}`, { enabled: true })).status).toBe(200)
  })
})

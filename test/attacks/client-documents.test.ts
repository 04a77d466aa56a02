import { generateKeyPairSync } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createOutwardFetch, newId, silentLog } from '#foundation'
import { jsonAnswer, openTestClients, openTestServer, outside } from '../support/clients.ts'
import type { Json, TestClients } from '../support/clients.ts'

const minute = 60_000
const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
let rig: TestClients
let server: Awaited<ReturnType<typeof openTestServer>>
let n = 0
beforeAll(async () => {
  rig = await openTestClients()
  server = await openTestServer(jsonAnswer({}))
})
afterAll(async () => {
  await server.close()
  await rig.close()
})
beforeEach(() => {
  server.state.seen.length = 0
  rig.clock.advance(minute)
})

const newUrl = () => `${server.origin}/${++n}/client.json`
const documentOf = (url: string, more: Json = {}) => ({
  client_id: url,
  client_name: 'Notebook',
  redirect_uris: ['http://127.0.0.1/callback'],
  token_endpoint_auth_method: 'none',
  ...more,
})
const find = (url: string, at: 'authorize' | 'token' = 'authorize', by = rig.clients) =>
  by.find(url, { at, ip: outside })
const clientAt = async (url: string, by = rig.clients) => {
  const result = await find(url, 'authorize', by)
  if (result.found !== 'client') throw new Error(`${result.found}: ${result.why}`)
  return result.client
}
/** Serves the document and has it found once; later answers are up to the test. */
async function seenOnce(more: Json = {}, headers: Record<string, string> = {}) {
  const url = newUrl()
  server.state.answer = jsonAnswer(documentOf(url, more), headers)
  const client = await clientAt(url)
  server.state.seen.length = 0
  return { url, client }
}
const broken = (status: number) => (_request: unknown, response: ServerResponse) =>
  void response.writeHead(status).end()
describe('S4 documents that are no documents', () => {
  it('S4 a document larger than 5 KB is unavailable, and nothing of it is kept', async () => {
    const url = newUrl()
    server.state.answer = jsonAnswer(documentOf(url, { padding: 'x'.repeat(5 * 1024) }))
    expect((await find(url)).found).toBe('unavailable')
    expect(await rig.table.find(url)).toBeUndefined()
  })
})

describe('S5 client ids', () => {
  it('S5 ids that are neither an address nor ours are unknown without a question to anybody', async () => {
    for (const id of ['', 'cli_', 'cli_unknown', 'app', 'https://app.example/', '\0', 'x'.repeat(100_000)]) {
      expect((await find(id)).found).toBe('unknown')
    }
    expect(server.state.seen).toEqual([])
  })
})

describe('S6 secrets in public', () => {
  it('S6 a refused document names its fault to the client’s author and is not kept', async () => {
    const url = newUrl()
    server.state.answer = jsonAnswer(documentOf(url, { client_secret: 'x' }))
    expect(await find(url)).toMatchObject({ found: 'refused', why: expect.stringContaining('client secret') })
    expect(await rig.table.find(url)).toBeUndefined()
    // Errors are never cached (A131): a corrected document works at once.
    server.state.answer = jsonAnswer(documentOf(url))
    expect((await find(url)).found).toBe('client')
  })
})

describe('S7 the copy we keep', () => {
  it.each([
    ['nothing', undefined],
    ['no-store', 'no-store'],
    ['no-cache', 'no-cache, max-age=9999'],
    ['s-maxage=0', 's-maxage=0, max-age=9999'],
    ['nonsense', 'max-age=abc'],
  ])('S7 with %s it is fresh for five minutes, not longer', async (_, cacheControl) => {
    const { url } = await seenOnce({}, cacheControl ? { 'Cache-Control': cacheControl } : {})
    rig.clock.advance(5 * minute - 1000)
    await clientAt(url)
    expect(server.state.seen).toHaveLength(0)
    rig.clock.advance(2000)
    await clientAt(url)
    expect(server.state.seen).toHaveLength(1)
  })

  it('S7 a client that was deleted while its document was fetched does not come back with what it had', async () => {
    const { url, client } = await seenOnce({}, { ETag: '"one"' })
    await rig.storage.transaction<never, boolean>((tx) =>
      rig.table.claim(tx, client, { at: rig.clock.now(), approvedBy: newId('mem') }),
    )
    expect((await clientAt(url)).approved).toBe(true)
    const by = { actor: { kind: 'member', id: 'mem_ada' } } as const
    for (const status of [304, 500]) {
      rig.clock.advance(10 * minute)
      server.state.answer = async (_request, response) => {
        await rig.clients.manager.remove([url], by)
        response.writeHead(status, { ETag: '"one"' }).end()
      }
      expect((await find(url)).found).not.toBe('client')
      expect(await rig.table.find(url, 'anew')).toBeUndefined()
    }
  })

  it('S7 a year is cut to a day', async () => {
    const { url, client } = await seenOnce({}, { 'Cache-Control': 'max-age=31536000' })
    await rig.storage.transaction<never, boolean>((tx) =>
      rig.table.claim(tx, client, { at: rig.clock.now(), approvedBy: null }),
    )
    rig.clock.advance(24 * 60 * minute - 1000)
    await clientAt(url)
    expect(server.state.seen).toHaveLength(0)
    rig.clock.advance(2000)
    await clientAt(url)
    expect(server.state.seen).toHaveLength(1)
  })

  it('S7 a validator is sent back, and 304 makes the copy fresh again', async () => {
    const { url } = await seenOnce({}, { ETag: '"v1"' })
    rig.clock.advance(6 * minute)
    server.state.answer = broken(304)
    expect((await clientAt(url)).name).toBe('Notebook')
    expect(server.state.seen[0]?.headers['if-none-match']).toBe('"v1"')
    rig.clock.advance(4 * minute)
    await clientAt(url)
    expect(server.state.seen).toHaveLength(1)
  })

  it('S7 304 without a validator confirms nothing', async () => {
    const url = newUrl()
    server.state.answer = broken(304)
    expect((await find(url)).found).toBe('unavailable')
  })

  it('S7 a failure is not cached: the next request tries again', async () => {
    const url = newUrl()
    server.state.answer = broken(503)
    expect((await find(url)).found).toBe('unavailable')
    server.state.answer = jsonAnswer(documentOf(url))
    expect((await find(url)).found).toBe('client')
  })

  it.each([
    ['an error', broken(500)],
    ['a refusal of our address', broken(403)],
    ['an error page with status 200', jsonAnswer('<h1>Sorry</h1>', { 'Content-Type': 'text/html' })],
    ['an error in JSON with status 200', jsonAnswer({ error: 'maintenance' })],
  ])('S7 %s leaves the last good copy in use for a week, tried again each minute', async (_, answer) => {
    const { url, client } = await seenOnce()
    await rig.storage.transaction<never, boolean>((tx) =>
      rig.table.claim(tx, client, { at: rig.clock.now(), approvedBy: null }),
    )
    server.state.answer = answer
    rig.clock.advance(6 * minute)
    expect((await clientAt(url)).name).toBe('Notebook')
    await clientAt(url)
    expect(server.state.seen).toHaveLength(1)
    rig.clock.advance(minute + 1)
    await clientAt(url)
    expect(server.state.seen).toHaveLength(2)
    rig.clock.advance(7 * 24 * 60 * minute)
    expect((await find(url)).found).not.toBe('client')
    // A refresh never hangs on somebody else's web server (A138).
    expect((await find(url, 'token')).found).toBe('client')
  })

  it('S7 a client that nobody consented to is forgotten after a day, copy and all', async () => {
    const { url } = await seenOnce({}, { 'Cache-Control': 'max-age=31536000' })
    rig.clock.advance(24 * 60 * minute)
    server.state.answer = broken(500)
    expect((await find(url, 'token')).found).toBe('unknown')
    expect((await find(url)).found).toBe('unavailable')
    server.state.answer = jsonAnswer(documentOf(url))
    expect((await clientAt(url)).firstSeenAt).toEqual(rig.clock.now())
  })

  it('S7 the token endpoint fetches nothing, known client or not', async () => {
    const url = newUrl()
    server.state.answer = jsonAnswer(documentOf(url))
    expect((await find(url, 'token')).found).toBe('unknown')
    expect(server.state.seen).toEqual([])
  })
})

describe('S8 amplification', () => {
  it('S8 one caller causes thirty fetches a minute', async () => {
    const fetched: string[] = []
    const by = rig.clientsWith({
      fetchDocument: async (url) => {
        fetched.push(url)
        return { status: 'unavailable', why: 'victim' }
      },
    })
    for (let i = 0; i < 100; i++) {
      expect((await find(`https://victim.example/${i}`, 'authorize', by)).found).toBe('unavailable')
    }
    expect(fetched).toHaveLength(30)
    rig.clock.advance(minute)
    await find('https://victim.example/later', 'authorize', by)
    expect(fetched).toHaveLength(31)
  })

  it('S8 sixty-four requests at once for one client fetch its document once', async () => {
    const url = newUrl()
    server.state.answer = jsonAnswer(documentOf(url))
    const all = await Promise.all(Array.from({ length: 64 }, () => find(url)))
    expect(all.every(({ found }) => found === 'client')).toBe(true)
    expect(server.state.seen).toHaveLength(1)
  })

  it('S8 a caller without budget left still gets the last good copy', async () => {
    const { url } = await seenOnce()
    rig.clock.advance(6 * minute)
    const by = rig.clientsWith()
    for (let i = 0; i < 30; i++) await find(`${server.origin}/missing/${i}`, 'authorize', by)
    server.state.seen.length = 0
    expect((await clientAt(url, by)).name).toBe('Notebook')
    expect(server.state.seen).toEqual([])
  })

  it('S8 documents count against the unclaimed clients of their caller', async () => {
    const by = rig.clientsWith({ limits: { unclaimedPerAddress: 0 } })
    const url = newUrl()
    server.state.answer = jsonAnswer(documentOf(url))
    expect((await find(url, 'authorize', by)).found).toBe('unavailable')
    const full = rig.clientsWith({ limits: { unclaimed: 0 } })
    expect((await find(url, 'authorize', full)).found).toBe('unavailable')
    expect(await rig.table.find(url)).toBeUndefined()
  })

  it('S8 a closed house fetches nothing for strangers, and goes on with those it knows', async () => {
    const by = rig.clientsWith({ clientPolicy: 'closed' })
    const stranger = newUrl()
    server.state.answer = jsonAnswer(documentOf(stranger))
    expect((await find(stranger, 'authorize', by)).found).toBe('refused')
    expect(server.state.seen).toEqual([])
    const { url, client } = await seenOnce()
    await rig.storage.transaction<never, boolean>((tx) =>
      rig.table.claim(tx, client, { at: rig.clock.now(), approvedBy: 'mem_ada' }),
    )
    rig.clock.advance(6 * minute)
    expect((await find(url, 'authorize', by)).found).toBe('client')
  })
})

describe('S9 one answer for every failure', () => {
  it('S9 refused, closed and missing differ in the address they repeat only', async () => {
    const by = rig.clientsWith({ fetchDocument: createOutwardFetch({ log: silentLog, failureFloorMs: 0 }) })
    const urls = ['https://10.0.0.1/c', 'https://127.0.0.1/c', 'https://[::1]/c', `${server.origin}/c`]
    const answers = []
    for (const url of urls) answers.push(JSON.stringify(await find(url, 'authorize', by)).replace(url, ''))
    server.state.answer = broken(404)
    answers.push(
      JSON.stringify(await find(`${server.origin}/missing`)).replace(`${server.origin}/missing`, ''),
    )
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).toContain('unavailable')
  })
})

describe('S10 a document that changes after consent', () => {
  it.each([
    ['another redirect URI', { redirect_uris: ['http://127.0.0.1/callback', 'https://mallory.example/cb'] }],
    ['another name', { client_name: 'Ledger' }],
    ['other keys', { jwks: { keys: [publicKey] } }],
  ])('S10 %s is another fingerprint, and an administrator’s approval ends', async (_, more) => {
    const { url, client } = await seenOnce()
    await rig.storage.transaction<never, boolean>((tx) =>
      rig.table.claim(tx, client, { at: rig.clock.now(), approvedBy: 'mem_ada' }),
    )
    expect((await clientAt(url)).approved).toBe(true)
    server.state.answer = jsonAnswer(documentOf(url, more))
    rig.clock.advance(6 * minute)
    const changed = await clientAt(url)
    expect(changed.fingerprint).not.toBe(client.fingerprint)
    expect([changed.approved, changed.claimedAt === null]).toEqual([false, false])
    // The consent that was read before the change is no consent to what came after.
    const claimed = await rig.storage.transaction<never, boolean>((tx) =>
      rig.table.claim(tx, client, { at: rig.clock.now(), approvedBy: 'mem_ada' }),
    )
    expect(claimed).toBe(false)
    const events = (await rig.audit.list({ limit: 5 })).map(({ event }) => event)
    expect(events).toContain('client.changed')
  })

  it('S10 a redirect URI that was removed is refused', async () => {
    const { url, client } = await seenOnce({
      redirect_uris: ['https://a.example/cb', 'https://b.example/cb'],
    })
    expect(rig.clients.matchRedirectUri(client, 'https://b.example/cb')?.uri).toBe('https://b.example/cb')
    server.state.answer = jsonAnswer(documentOf(url, { redirect_uris: ['https://a.example/cb'] }))
    rig.clock.advance(6 * minute)
    expect(rig.clients.matchRedirectUri(await clientAt(url), 'https://b.example/cb')).toBeUndefined()
  })

  it('S10 the same content in another order or with other extras is the same', async () => {
    const uris = ['https://a.example/cb', 'https://b.example/cb']
    const { url, client } = await seenOnce({ redirect_uris: uris })
    server.state.answer = jsonAnswer(documentOf(url, { redirect_uris: uris.toReversed(), x_new: 1 }))
    rig.clock.advance(6 * minute)
    expect((await clientAt(url)).fingerprint).toBe(client.fingerprint)
  })
})

describe('S11 addresses inside a document', () => {
  it('S11 logos and links are never fetched, and only https ones are kept', async () => {
    const { client } = await seenOnce({
      logo_uri: `${server.origin}/logo.png`,
      client_uri: 'javascript:alert(1)',
      policy_uri: 'https://user:pass@app.example/',
      tos_uri: 'https://app.example/terms',
      jwks_uri: 'https://app.example/jwks',
    })
    expect(client.links).toEqual({ tos_uri: 'https://app.example/terms' })
    expect(server.state.seen).toEqual([])
  })
})

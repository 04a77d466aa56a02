import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashSecret } from '#foundation'
import { openTestClients, outside } from '../support/clients.ts'
import type { TestClients } from '../support/clients.ts'

let rig: TestClients
beforeAll(async () => {
  rig = await openTestClients({ limits: { registrationsPerMinute: 1000, unclaimedPerAddress: 1000 } })
})
afterAll(() => rig.close())

const notebook = { client_name: 'Notebook', redirect_uris: ['http://127.0.0.1/callback'] }
const ledger = {
  client_name: 'Ledger',
  redirect_uris: ['https://ledger.example/callback'],
  token_endpoint_auth_method: 'client_secret_post',
}
const codeOf = async (body: Parameters<TestClients['register']>[0]) => {
  const before = await rig.count()
  const answer = await rig.register(body)
  // Refused means: a clear 4xx, nothing stored, and the next registration works.
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.status).toBeLessThan(500)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(await rig.count()).toBe(before)
  expect((await rig.register(notebook)).status).toBe(201)
  return `${answer.status} ${String(answer.body['error'])}`
}
const authenticate = (form: Record<string, string>, authorization: string | null = null) =>
  rig.clients.authenticate({ form: new Map(Object.entries(form)), authorization, ip: outside })
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'accepted',
    (error: { code?: string }) => error.code,
  )

describe('D1 registrations that are there to hurt', () => {
  it('D1 ten megabytes are refused before they are read', async () => {
    const huge = JSON.stringify({ ...notebook, client_name: 'x'.repeat(10 * 1024 * 1024) })
    expect(await codeOf(huge)).toBe('413 invalid_client_metadata')
  })

  it('D1 a body without end is cut off at the limit', async () => {
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 4096
        controller.enqueue(new Uint8Array(4096).fill(32))
      },
    })
    const request = new Request('http://localhost:3000/oauth/register', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
      duplex: 'half',
    })
    const answer = await rig.send(request)
    expect(answer.status).toBe(413)
    expect(sent).toBeLessThan(200_000)
  })

  it('D1 ten thousand redirect URIs are refused', async () => {
    const redirect_uris = Array.from({ length: 10_000 }, (_, n) => `a:${n}`)
    expect(await codeOf({ ...notebook, redirect_uris })).toMatch(
      /invalid_client_metadata|invalid_redirect_uri/,
    )
    expect(await codeOf({ ...notebook, redirect_uris: redirect_uris.slice(0, 33) })).toBe(
      '400 invalid_redirect_uri',
    )
  })

  it('D1 deep nesting is refused', async () => {
    const deep = `{"redirect_uris":["http://127.0.0.1/cb"],"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`
    expect(await codeOf(deep)).toBe('400 invalid_client_metadata')
  })

  it('D1 duplicate names are refused, also when one is escaped', async () => {
    const uris = '"redirect_uris":["http://127.0.0.1/cb"]'
    expect(await codeOf(`{${uris},${uris}}`)).toBe('400 invalid_client_metadata')
    expect(await codeOf(`{${uris},"redirect\\u005furis":[]}`)).toBe('400 invalid_client_metadata')
  })

  it('D1 lone surrogates and NUL are refused wherever they are', async () => {
    for (const bad of ['\\ud800', '\\udc00x', '\\u0000']) {
      expect(await codeOf(`{"redirect_uris":["http://127.0.0.1/cb"],"client_name":"a${bad}"}`)).toBe(
        '400 invalid_client_metadata',
      )
      expect(await codeOf(`{"redirect_uris":["http://127.0.0.1/cb"],"a${bad}":1}`)).toBe(
        '400 invalid_client_metadata',
      )
    }
  })

  it('D1 a right-to-left override and invisible letters don’t reach the name', async () => {
    const { body } = await rig.register({ ...notebook, client_name: 'Note\u202Ekoob\u200B\u0007\n  Pro' })
    expect(body['client_name']).toBe('Notekoob Pro')
  })

  it('D1 markup in a name stays text', async () => {
    const { body } = await rig.register({ ...notebook, client_name: '<script>alert(1)</script>' })
    expect(body['client_name']).toBe('<script>alert(1)</script>')
  })

  it.each([
    ['nothing', ''],
    ['half an object', '{"redirect_uris":['],
    ['an array', '[]'],
    ['a string', '"x"'],
    ['null', 'null'],
    ['a byte order mark', '\uFEFF{"redirect_uris":["http://127.0.0.1/cb"]}'],
    ['wrong types', '{"redirect_uris":[1]}'],
    ['a name that is an object', '{"redirect_uris":["http://127.0.0.1/cb"],"client_name":{}}'],
    ['a bad escape', '{"redirect_uris":["\\x"]}'],
  ])('D1 %s is refused with a clear 4xx', async (_, body) => {
    expect(await codeOf(body)).toMatch(/^400 invalid_(client_metadata|redirect_uri)$/)
  })

  it('D1 bytes that are no UTF-8 and other content types are refused', async () => {
    const send = async (body: Uint8Array<ArrayBuffer> | string, type: string) => {
      const headers = { 'Content-Type': type }
      const init = { method: 'POST', headers, body }
      return (await rig.send(new Request('http://localhost:3000/oauth/register', init))).status
    }
    expect(await send(new Uint8Array([0x7b, 0xff, 0x7d]), 'application/json')).toBe(400)
    expect(await send(JSON.stringify(notebook), 'text/plain')).toBe(400)
    expect(await send(JSON.stringify(notebook), 'application/json; charset=utf-8')).toBe(201)
  })

  it('D1 one address registers so often per minute, and hears when it may again; another is not held up', async () => {
    const by = rig.clientsWith({ limits: { registrationsPerMinute: 3, unclaimedPerAddress: 1000 } })
    const ip = '203.0.113.9'
    for (let n = 0; n < 3; n++) {
      const answer = await rig.register(notebook, { ip, by })
      expect(answer.headers.get('ratelimit-remaining')).toBe(String(2 - n))
    }
    const fourth = await rig.register(notebook, { ip, by })
    expect([fourth.status, fourth.body['error']]).toEqual([429, 'temporarily_unavailable'])
    expect(Number(fourth.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await rig.register(notebook, { ip: '203.0.113.10', by })).status).toBe(201)
    rig.clock.advance(61_000)
    expect((await rig.register(notebook, { ip, by })).status).toBe(201)
  })

  it('D1 addresses of one IPv6 network count as one', async () => {
    const by = rig.clientsWith({ limits: { registrationsPerMinute: 1, unclaimedPerAddress: 1000 } })
    expect((await rig.register(notebook, { ip: '2001:db8:1:2::1', by })).status).toBe(201)
    expect((await rig.register(notebook, { ip: '2001:db8:1:2:ffff::9', by })).status).toBe(429)
    expect((await rig.register(notebook, { ip: '2001:db8:1:3::1', by })).status).toBe(201)
  })

  it('D1 one address keeps so many unclaimed clients; a claimed one makes room', async () => {
    const by = rig.clientsWith({ limits: { registrationsPerMinute: 1000, unclaimedPerAddress: 2 } })
    const ip = '203.0.113.20'
    const first = await rig.register(notebook, { ip, by })
    await rig.register(notebook, { ip, by })
    const before = await rig.count()
    const third = await rig.register(notebook, { ip, by })
    expect([third.status, third.body['error']]).toEqual([429, 'temporarily_unavailable'])
    expect(await rig.count()).toBe(before)
    const client = await rig.table.find(String(first.body['client_id']))
    if (!client) throw new Error('the first registration is gone')
    await rig.storage.transaction<never, boolean>((tx) =>
      rig.table.claim(tx, client, { at: rig.clock.now(), approvedBy: null }),
    )
    expect((await rig.register(notebook, { ip, by })).status).toBe(201)
  })

  it('D1 unclaimed clients are capped in all, and deleted after a day in passing', async () => {
    const own = await openTestClients({ limits: { unclaimed: 5, registrationsPerMinute: 1000 } })
    const statuses = []
    for (let n = 0; n < 7; n++) {
      statuses.push((await own.register(notebook, { ip: `203.0.113.${n}` })).status)
    }
    expect(statuses).toEqual([201, 201, 201, 201, 201, 429, 429])
    expect(await own.count()).toBe(5)
    own.clock.advance(24 * 60 * 60 * 1000 + 1)
    expect((await own.register(notebook)).status).toBe(201)
    expect(await own.count()).toBe(1)
    await own.close()
  })

  it('D1 a hundred registrations at once never pass the share of one address', async () => {
    const by = rig.clientsWith({ limits: { registrationsPerMinute: 1000, unclaimedPerAddress: 10 } })
    const all = await Promise.all(
      Array.from({ length: 100 }, () => rig.register(notebook, { ip: '203.0.113.30', by })),
    )
    expect(all.filter(({ status }) => status === 201)).toHaveLength(10)
  })
})

describe('D2 unknown members', () => {
  it('D2 are ignored and not stored, `resource` and privileged ones among them', async () => {
    const { status, body } = await rig.register({
      ...notebook,
      resource: 'https://elsewhere.example',
      frontchannel_logout_uri: 'https://elsewhere.example',
      client_id: 'cli_00000000000000000000000000',
      client_secret: 'chosen by Mallory',
    })
    expect(status).toBe(201)
    expect(Object.keys(body).sort()).toEqual([
      'client_id',
      'client_id_issued_at',
      'client_name',
      'grant_types',
      'redirect_uris',
      'registration_access_token',
      'registration_client_uri',
      'response_types',
      'token_endpoint_auth_method',
    ])
    expect(body['client_id']).not.toBe('cli_00000000000000000000000000')
  })
})

describe('D3 secrets', () => {
  it('D3 a secret is issued exactly when the method needs one', async () => {
    for (const method of ['none', 'client_secret_basic', 'client_secret_post']) {
      const { body } = await rig.register({ ...ledger, token_endpoint_auth_method: method })
      expect(body['token_endpoint_auth_method']).toBe(method)
      expect('client_secret' in body).toBe(method !== 'none')
      expect(body['client_secret_expires_at']).toBe(method === 'none' ? undefined : 0)
    }
  })

  it('D3 a public client that presents a secret is refused', async () => {
    const { body } = await rig.register(notebook)
    const client_id = String(body['client_id'])
    expect(await refusal(authenticate({ client_id }))).toBe('accepted')
    expect(await refusal(authenticate({ client_id, client_secret: 'guess' }))).toBe('invalid_client')
    const basic = `Basic ${btoa(`${client_id}:guess`)}`
    expect(await refusal(authenticate({}, basic))).toBe('invalid_client')
    expect(await refusal(authenticate({}, `Basic ${btoa(`${client_id}:`)}`))).toBe('invalid_client')
  })

  it('D3 a confidential client without its secret, or with another’s, is refused', async () => {
    const { body } = await rig.register(ledger)
    const other = await rig.register(ledger)
    const client_id = String(body['client_id'])
    const client_secret = String(body['client_secret'])
    expect(await refusal(authenticate({ client_id, client_secret }))).toBe('accepted')
    expect(await refusal(authenticate({ client_id }))).toBe('invalid_client')
    expect(await refusal(authenticate({ client_id, client_secret: '' }))).toBe('invalid_client')
    expect(
      await refusal(authenticate({ client_id, client_secret: String(other.body['client_secret']) })),
    ).toBe('invalid_client')
  })

  it('D3 a secret is kept as a hash alone', async () => {
    const { body } = await rig.register(ledger)
    const secret = String(body['client_secret'])
    const { sql } = await import('#storage')
    const rows = await sql`select * from client where id = ${body['client_id']}`.execute(
      rig.storage.db<never>(),
    )
    expect(JSON.stringify(rows.rows)).not.toContain(secret)
    expect(JSON.stringify(rows.rows)).toContain(hashSecret(secret))
    expect(JSON.stringify(await rig.audit.list({ limit: 50 }))).not.toContain(secret)
  })
})

describe('D8 privileged metadata', () => {
  it('D8 skipped consent, stronger grants and trust can’t be registered', async () => {
    const { status, body } = await rig.register({
      ...ledger,
      grant_types: [
        'authorization_code',
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:jwt-bearer',
      ],
      scope: 'crm:schema crm:delete',
      trusted: true,
      approved: true,
      skip_consent: true,
      registration: 'manual',
      claimed_at: '2020-01-01T00:00:00Z',
    })
    expect(status).toBe(201)
    expect(body['grant_types']).toEqual(['authorization_code'])
    const client = await rig.table.find(String(body['client_id']))
    expect(client).toMatchObject({ registration: 'dynamic', approved: false, claimedAt: null })
    const redirect = client && rig.clients.matchRedirectUri(client, 'https://ledger.example/callback')
    if (!client || !redirect) throw new Error('not registered')
    const { outcome } = await rig.clients.decide(client, redirect, { at: 'authorize' })
    expect(outcome).toBe('ask')
  })
})

describe('O7 prototype pollution', () => {
  it('O7 __proto__ is refused and constructor is just an unknown member', async () => {
    const uris = '"redirect_uris":["http://127.0.0.1/cb"]'
    expect(await codeOf(`{${uris},"__proto__":{"approved":true}}`)).toBe('400 invalid_client_metadata')
    expect(await codeOf(`{${uris},"x":{"\\u005f_proto__":{"approved":true}}}`)).toBe(
      '400 invalid_client_metadata',
    )
    const { status } = await rig.register(`{${uris},"constructor":{"prototype":{"approved":true}}}`)
    expect(status).toBe(201)
    expect(Object.hasOwn(Object.prototype, 'approved')).toBe(false)
  })
})

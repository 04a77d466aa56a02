import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestClients, outside } from '../../../test/support/clients.ts'
import type { TestClients } from '../../../test/support/clients.ts'

let rig: TestClients
beforeAll(async () => {
  rig = await openTestClients({ limits: { registrationsPerMinute: 1000, unclaimedPerAddress: 1000 } })
})
afterAll(() => rig.close())

const uris = { https: 'https://app.example/cb', local: 'http://localhost/cb', cursor: 'cursor://x.y/cb' }

describe('a registration', () => {
  it('answers 201 with everything as it was registered, and no nulls', async () => {
    const answer = await rig.register({
      client_name: 'Ledger',
      redirect_uris: [uris.https],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      client_uri: 'https://app.example',
      contacts: null,
    })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.body).toEqual({
      client_id: expect.stringMatching(/^cli_[0-9a-z]{26}$/),
      client_id_issued_at: Math.floor(rig.clock.now().getTime() / 1000),
      client_secret: expect.stringMatching(/^tnd_cs_/),
      client_secret_expires_at: 0,
      client_name: 'Ledger',
      redirect_uris: [uris.https],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      client_uri: 'https://app.example/',
      registration_access_token: expect.stringMatching(/^tnd_rat_/),
      registration_client_uri: `http://localhost:3000/oauth/register/${String(answer.body['client_id'])}`,
    })
  })

  it('is found, and written to the audit log with where it came from', async () => {
    const { body } = await rig.register({ client_name: 'Notebook', redirect_uris: [uris.local] })
    const id = String(body['client_id'])
    const found = await rig.clients.find(id, { at: 'authorize', ip: outside })
    expect(found).toMatchObject({
      found: 'client',
      client: { id, name: 'Notebook', registration: 'dynamic' },
    })
    const entry = (await rig.audit.list({ limit: 10 })).find(({ subject }) => subject?.id === id)
    expect(entry).toMatchObject({ event: 'client.registered', outcome: 'ok', ip: outside })
  })

  it('of Cursor, all three redirect URIs and `web`, works as a whole', async () => {
    const redirect_uris = [
      'cursor://anysphere.cursor-mcp/oauth/callback',
      'https://www.cursor.com/agents/mcp/oauth/callback',
      'http://localhost:8787/callback',
    ]
    const { body } = await rig.register({ client_name: 'Cursor', redirect_uris, application_type: 'web' })
    expect(body['redirect_uris']).toEqual(redirect_uris)
    expect(body['token_endpoint_auth_method']).toBe('none')
  })

  it('leaves out a redirect URI that won’t do and shows the rest', async () => {
    const redirect_uris = [uris.https, 'com.example.app:/cb', uris.https]
    expect((await rig.register({ redirect_uris })).body['redirect_uris']).toEqual([uris.https])
    const by = rig.clientsWith({ appSchemes: [] })
    const without = await rig.register({ redirect_uris: [uris.cursor, uris.https] }, { by })
    expect(without.body['redirect_uris']).toEqual([uris.https])
    expect((await rig.register({ redirect_uris: [uris.cursor] }, { by })).body['error']).toBe(
      'invalid_redirect_uri',
    )
  })

  it.each([
    [[uris.local], 'none'],
    [[uris.cursor], 'none'],
    [[uris.https, uris.local], 'none'],
    [[uris.https], 'client_secret_basic'],
  ])('for %j without a method gets %s', async (redirect_uris, method) => {
    const { body } = await rig.register({ redirect_uris })
    expect(body['token_endpoint_auth_method']).toBe(method)
    expect('client_secret' in body).toBe(method !== 'none')
  })

  it('without a stated method may send its secret either way', async () => {
    const { body } = await rig.register({ redirect_uris: [uris.https] })
    const client_id = String(body['client_id'])
    const client_secret = String(body['client_secret'])
    const form = new URLSearchParams({ client_id, client_secret })
    expect((await rig.clients.authenticate({ form, authorization: null, ip: outside })).id).toBe(client_id)
    const authorization = `Basic ${btoa(`${client_id}:${client_secret}`)}`
    const empty = new URLSearchParams()
    expect((await rig.clients.authenticate({ form: empty, authorization, ip: outside })).id).toBe(client_id)
  })

  it('is given both grant types when it names none, and a name when it has none', async () => {
    const { body } = await rig.register({ redirect_uris: [uris.local], grant_types: [] })
    expect(body['grant_types']).toEqual(['authorization_code', 'refresh_token'])
    expect(body['client_name']).toBe('Unnamed app')
  })

  it.each([
    ['no code among its grant types', { grant_types: ['client_credentials'] }],
    ['no code among its response types', { response_types: ['token'] }],
    ['a method we don’t know', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['keys in two places', { jwks: { keys: [] }, jwks_uri: 'https://app.example/jwks' }],
  ])('with %s is refused', async (_, more) => {
    const { status, body } = await rig.register({ redirect_uris: [uris.local], ...more })
    expect([status, body['error']]).toEqual([400, 'invalid_client_metadata'])
  })

  it('answers a preflight and refuses other methods, readable from any page', async () => {
    const send = (method: string) => rig.send(new Request('http://localhost:3000/oauth/register', { method }))
    const preflight = await send('OPTIONS')
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'POST, OPTIONS',
    ])
    const get = await send('GET')
    expect([get.status, get.headers.get('allow'), get.headers.get('access-control-allow-origin')]).toEqual([
      405,
      'POST',
      '*',
    ])
  })

  it('on this computer is not counted per minute when the install is on it too', async () => {
    const by = rig.clientsWith({ limits: { registrationsPerMinute: 0, unclaimedPerAddress: 0 } })
    for (const ip of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      expect((await rig.register({ redirect_uris: [uris.local] }, { by, ip })).status).toBe(201)
    }
    const limits = { registrationsPerMinute: 0 }
    const published = rig.clientsWith({ limits, issuer: 'https://crm.acme.example' })
    const answer = await rig.register({ redirect_uris: [uris.local] }, { by: published, ip: '127.0.0.1' })
    expect(answer.status).toBe(429)
  })

  it('that is refused is written to the audit log, too', async () => {
    await rig.register({ redirect_uris: ['http://app.example/cb'] })
    const [newest] = await rig.audit.list({ limit: 1 })
    expect(newest).toMatchObject({ event: 'registration.refused', outcome: 'refused', ip: outside })
  })

  it('that fails for a reason of ours is not answered as the client’s fault', async () => {
    const broken = rig.clientsWith({
      store: {
        ...rig.table,
        add: async () => {
          throw new Error('disk full')
        },
      },
    })
    const { status, body } = await rig.register({ redirect_uris: [uris.local] }, { by: broken })
    expect([status, body['error']]).toEqual([500, 'server_error'])
    expect(JSON.stringify(body)).not.toContain('disk full')
  })
})

describe('the client policy', () => {
  const under = async (clientPolicy: 'open' | 'local' | 'ask' | 'closed', uri: string) => {
    const by = rig.clientsWith({ clientPolicy })
    const { status, body } = await rig.register({ redirect_uris: [uri] }, { by })
    if (status !== 201) return `${status} ${String(body['error'])}`
    const found = await by.find(String(body['client_id']), { at: 'authorize', ip: outside })
    if (found.found !== 'client') return found.found
    const redirect = by.matchRedirectUri(found.client, uri)
    if (!redirect) return 'no redirect'
    return (await by.decide(found.client, redirect, { at: 'authorize' })).outcome
  }

  it('open lets anyone register and ask', async () => {
    expect(await under('open', uris.https)).toBe('allow')
  })

  it('local takes apps on this computer and no others', async () => {
    expect(await under('local', uris.local)).toBe('allow')
    expect(await under('local', uris.https)).toBe('400 invalid_redirect_uri')
    expect(await under('local', uris.cursor)).toBe('400 invalid_redirect_uri')
  })

  it('ask lets anyone register and leaves the rest to an administrator', async () => {
    expect(await under('ask', uris.https)).toBe('ask')
  })

  it('closed takes nobody new', async () => {
    expect(await under('closed', uris.local)).toBe('403 access_denied')
  })

  it('that became local judges the redirect asked for, not the others registered', async () => {
    const { body } = await rig.register({ redirect_uris: [uris.https, uris.local] })
    const by = rig.clientsWith({ clientPolicy: 'local' })
    const found = await by.find(String(body['client_id']), { at: 'authorize', ip: outside })
    if (found.found !== 'client') throw new Error(found.why)
    const { client } = found
    const rules = [uris.https, 'http://localhost:4711/cb'].map(async (uri) => {
      const redirect = by.matchRedirectUri(client, uri)
      return redirect && (await by.decide(client, redirect, { at: 'authorize' })).rule
    })
    expect(await Promise.all(rules)).toEqual(['local-only', 'local'])
  })

  it('lets an approved client be, whatever it became since', async () => {
    const { body } = await rig.register({ redirect_uris: [uris.https] })
    const id = String(body['client_id'])
    const client = await rig.table.find(id)
    if (!client) throw new Error('gone')
    await rig.storage.transaction<never, boolean>((tx) =>
      rig.table.claim(tx, client, { at: rig.clock.now(), approvedBy: 'mem_ada' }),
    )
    const by = rig.clientsWith({ clientPolicy: 'closed' })
    const found = await by.find(id, { at: 'authorize', ip: outside })
    const redirect = by.matchRedirectUri(client, uris.https)
    if (found.found !== 'client' || !redirect) throw new Error('not found')
    const decided = await by.decide(found.client, redirect, { at: 'authorize' })
    expect(decided).toMatchObject({ outcome: 'allow', rule: 'approved' })
  })
})

describe('a client nobody consented to', () => {
  it('is unknown after a day, and one that somebody consented to is not', async () => {
    const ids = []
    for (const _ of [1, 2])
      ids.push(String((await rig.register({ redirect_uris: [uris.local] })).body['client_id']))
    const [claimed = '', unclaimed = ''] = ids
    const client = await rig.table.find(claimed)
    if (!client) throw new Error('gone')
    const claim = (id: string) =>
      rig.storage.transaction<never, boolean>((tx) =>
        rig.table.claim(tx, { ...client, id }, { at: rig.clock.now(), approvedBy: null }),
      )
    expect(await claim(claimed)).toBe(true)
    expect(await claim('cli_00000000000000000000000000')).toBe(false)
    const find = async (id: string) => (await rig.clients.find(id, { at: 'token', ip: outside })).found
    expect([await find(claimed), await find(unclaimed)]).toEqual(['client', 'client'])
    rig.clock.advance(24 * 60 * 60 * 1000)
    expect([await find(claimed), await find(unclaimed)]).toEqual(['client', 'unknown'])
  })
})

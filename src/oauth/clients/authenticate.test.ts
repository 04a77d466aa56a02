import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashSecret } from '#foundation'
import { OAuthError } from '../errors.ts'
import { openTestClients, outside } from '../../../test/support/clients.ts'
import type { TestClients } from '../../../test/support/clients.ts'
import { fingerprintOf, secretOf } from './client.ts'

let rig: TestClients
let notebook: string
let ledger: { id: string; secret: string }
let basicOnly: { id: string; secret: string }

beforeAll(async () => {
  rig = await openTestClients()
  const uris = ['https://ledger.example/callback']
  const made = await rig.clients.manager.create({ name: 'Ledger', redirectUris: uris, confidential: true })
  ledger = { id: made.clientId, secret: String(made.clientSecret) }
  notebook = (await rig.clients.manager.create({ name: 'Notebook', redirectUris: uris, confidential: false }))
    .clientId
  const { body } = await rig.register({
    redirect_uris: uris,
    token_endpoint_auth_method: 'client_secret_basic',
  })
  basicOnly = { id: String(body['client_id']), secret: String(body['client_secret']) }
})
afterAll(() => rig.close())

const authenticate = (form: Record<string, string>, authorization: string | null = null, ip = outside) =>
  rig.clients.authenticate({ form: new URLSearchParams(form), authorization, ip })
const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`
const refusal = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => new Error('accepted'),
    (cause: unknown) => cause,
  )
  if (!(error instanceof OAuthError)) throw error
  return error
}

describe('a client', () => {
  it('that is public names itself in the body', async () => {
    expect((await authenticate({ client_id: notebook })).name).toBe('Notebook')
  })

  it('made by hand sends its secret either way', async () => {
    expect((await authenticate({ client_id: ledger.id, client_secret: ledger.secret })).name).toBe('Ledger')
    expect((await authenticate({}, basic(ledger.id, ledger.secret))).name).toBe('Ledger')
    expect((await authenticate({ client_id: ledger.id }, basic(ledger.id, ledger.secret))).name).toBe(
      'Ledger',
    )
    expect((await authenticate({}, basic(ledger.id, ledger.secret).replace('Basic', 'bAsIc '))).name).toBe(
      'Ledger',
    )
  })

  it('registered for one way is refused the other, and told which', async () => {
    const { id, secret } = basicOnly
    expect((await authenticate({}, basic(id, secret))).id).toBe(id)
    const error = await refusal(authenticate({ client_id: id, client_secret: secret }))
    expect([error.code, error.status, error.description]).toEqual([
      'invalid_client',
      401,
      'This client is registered for client_secret_basic',
    ])
  })

  it('is challenged only when it used the header', async () => {
    const inHeader = await refusal(authenticate({}, basic(ledger.id, 'wrong')))
    expect(inHeader.headers['WWW-Authenticate']).toMatch(/^Basic /)
    const inBody = await refusal(authenticate({ client_id: ledger.id, client_secret: 'wrong' }))
    expect(inBody.status).toBe(401)
    expect(inBody.headers['WWW-Authenticate']).toBeUndefined()
  })

  it('that authenticates twice, or as two, makes an invalid request', async () => {
    const header = basic(ledger.id, ledger.secret)
    for (const form of [{ client_secret: ledger.secret }, { client_id: notebook }]) {
      expect((await refusal(authenticate(form, header))).code).toBe('invalid_request')
    }
    expect((await refusal(authenticate({}))).code).toBe('invalid_request')
  })

  it.each([
    ['another scheme', 'Bearer abc'],
    ['no credentials', 'Basic'],
    ['no base64', 'Basic ???'],
    ['no colon', `Basic ${btoa('cli_x')}`],
    ['an empty id', `Basic ${btoa(':secret')}`],
    ['a stray percent sign', `Basic ${btoa('cli_x:%zz')}`],
  ])('whose header has %s is refused', async (_, header) => {
    expect((await refusal(authenticate({}, header))).code).toBe('invalid_client')
  })

  it('that nobody knows is told to register again', async () => {
    for (const client_id of ['cli_00000000000000000000000000', 'https://unseen.example/client.json', 'x']) {
      const error = await refusal(authenticate({ client_id }))
      expect([error.code, error.status]).toEqual(['invalid_client', 401])
      expect(error.description).toContain('Register it again')
    }
  })

  it('has two live secrets while one replaces the other', async () => {
    const client = await rig.table.find(ledger.id)
    if (!client) throw new Error('gone')
    const id = ledger.id.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    const secrets = ['old', 'new'].map((secret) => secretOf(hashSecret(secret), rig.clock.now()))
    await rig.table.add({ ...client, id, secrets }, { event: 'x', outcome: 'ok', actor: { kind: 'system' } })
    for (const client_secret of ['old', 'new']) {
      expect((await authenticate({ client_id: id, client_secret })).id).toBe(id)
    }
    expect((await refusal(authenticate({ client_id: id, client_secret: 'older' }))).code).toBe(
      'invalid_client',
    )
  })

  it('under a brute force is locked for that address alone, and opens again after a minute', async () => {
    const ip = '203.0.113.66'
    const guess = (client_secret: string) => authenticate({ client_id: ledger.id, client_secret }, null, ip)
    for (let n = 0; n < 10; n++) {
      const error = await refusal(guess(`guess ${n}`))
      expect([error.code, error.headers['RateLimit-Remaining']]).toEqual(['invalid_client', String(9 - n)])
    }
    const locked = await refusal(guess(ledger.secret))
    expect([locked.code, locked.status]).toEqual(['temporarily_unavailable', 429])
    expect(Number(locked.headers['Retry-After'])).toBeGreaterThan(0)
    expect((await authenticate({ client_id: ledger.id, client_secret: ledger.secret })).id).toBe(ledger.id)
    expect((await authenticate({ client_id: notebook }, null, ip)).id).toBe(notebook)
    rig.clock.advance(60_001)
    expect((await guess(ledger.secret)).id).toBe(ledger.id)
  })

  it('that can’t be looked up now is asked to come back', async () => {
    const { createAuthenticateClient } = await import('./authenticate.ts')
    const find = async () => ({ found: 'unavailable' as const, why: 'Later' })
    const checkAssertion = () => Promise.reject(new Error('not asked'))
    const { rateLimiter } = rig.storage
    const later = createAuthenticateClient({ find, checkAssertion, rateLimiter, clock: rig.clock })
    const form = new URLSearchParams({ client_id: 'https://app.example/c' })
    const error = await refusal(later({ form, authorization: null, ip: outside }))
    expect([error.code, error.status]).toEqual(['temporarily_unavailable', 503])
  })
})

describe('a client made by hand', () => {
  const uris = ['https://ledger.example/callback']

  it('is trusted from the start, kept as a hash and written to the audit log', async () => {
    const input = { name: 'Books', redirectUris: uris, confidential: true, scopes: ['crm:read'] }
    const made = await rig.clients.manager.create(input)
    const client = await rig.table.find(made.clientId)
    expect(client).toMatchObject({ registration: 'manual', approved: true, scopes: ['crm:read'] })
    expect(client?.secrets.map(({ hash }) => hash)).toEqual([hashSecret(String(made.clientSecret))])
    expect(client?.fingerprint).toBe(client && fingerprintOf(client))
    const entries = await rig.audit.list({ limit: 10 })
    expect(entries.find(({ subject }) => subject?.id === made.clientId)?.event).toBe('client.created')
    rig.clock.advance(48 * 60 * 60 * 1000)
    expect((await rig.clients.find(made.clientId, { at: 'authorize', ip: outside })).found).toBe('client')
  })

  it('has no secret when it is public', async () => {
    expect(
      (await rig.clients.manager.create({ name: 'N', redirectUris: uris, confidential: false })).clientSecret,
    ).toBe(null)
  })

  it('is refused with what to change when a redirect URI or the name won’t do', async () => {
    const create = (name: string, redirectUris: string[]) =>
      refusal(rig.clients.manager.create({ name, redirectUris, confidential: false }))
    expect((await create('N', [...uris, 'http://app.example/'])).description).toContain('http://app.example/')
    expect((await create('\u200B', uris)).code).toBe('invalid_client_metadata')
    expect((await create('N', [])).code).toBe('invalid_redirect_uri')
  })
})

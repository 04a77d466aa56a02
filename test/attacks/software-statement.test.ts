import { SignJWT, UnsecuredJWT, exportJWK, generateKeyPair } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FetchedDocument } from '#oauth'
import { openTestClients } from '../support/clients.ts'
import type { Json, TestClients } from '../support/clients.ts'

const acme = 'https://vouch.acme.example'
const byAddress = 'https://published.acme.example'
const keysAt = `${byAddress}/keys.json`
const asked = { client_name: 'Notebook', redirect_uris: ['http://127.0.0.1/callback'] }
const vouchedFor = {
  client_name: 'Acme Notebook',
  redirect_uris: ['https://notebook.acme.example/callback'],
  software_id: 'acme-notebook',
}

let rig: TestClients
let key: CryptoKey
let publicKey: JWK
let stranger: CryptoKey
let document: FetchedDocument
let fetches = 0

beforeAll(async () => {
  const made = await generateKeyPair('ES256', { extractable: true })
  key = made.privateKey
  publicKey = { ...(await exportJWK(made.publicKey)), kid: 'one' }
  stranger = (await generateKeyPair('ES256')).privateKey
  const body = JSON.stringify({ keys: [publicKey] })
  document = { status: 200, contentType: 'application/json', body, etag: null, cacheControl: null }
  rig = await openTestClients({
    limits: { unclaimedPerAddress: 1000 },
    statementIssuers: [
      { issuer: acme, keys: { jwks: { keys: [publicKey] } } },
      { issuer: byAddress, keys: { uri: keysAt } },
    ],
    fetchDocument: async (url) => {
      fetches++
      return url === keysAt ? document : { status: 'unavailable', why: 'nothing there' }
    },
  })
})
afterAll(() => rig.close())

const sign = (claims: Json, { by = key, issuer = acme, kid = 'one', alg = 'ES256' } = {}) =>
  new SignJWT(claims).setProtectedHeader({ alg, kid }).setIssuer(issuer).sign(by)
let host = 0
const register = async (software_statement: unknown, metadata: Json = asked) => {
  const ip = `203.0.113.${++host % 250}`
  const { status, body } = await rig.register({ ...metadata, software_statement }, { ip })
  return { status, body, says: `${status} ${String(body['error'] ?? '')}`.trim() }
}
const inSeconds = (seconds: number) => Math.floor(rig.clock.now().getTime() / 1000) + seconds

describe('D6 software statements (RFC 7591 §2.3)', () => {
  it('D6 its claims take the place of what the client says, and it is returned as it came', async () => {
    const statement = await sign(vouchedFor)
    const { status, body } = await register(statement, { ...asked, software_version: '7' })
    expect(status).toBe(201)
    expect(body).toMatchObject({ ...vouchedFor, software_version: '7', software_statement: statement })
    expect(body).not.toHaveProperty('software_statement_issuer')
    const known = await rig.clients.manager.view(String(body['client_id']))
    expect(known?.vouchedFor).toBe(acme)
    expect(known?.redirectUris).toEqual(vouchedFor.redirect_uris)
  })

  it('D6 alg none and shared secrets are refused', async () => {
    const unsigned = new UnsecuredJWT(vouchedFor).setIssuer(acme).encode()
    expect((await register(unsigned)).says).toBe('400 invalid_software_statement')
    // The public key taken for a shared secret (attacks G2).
    const secret = new TextEncoder().encode(JSON.stringify(publicKey))
    const confused = await new SignJWT(vouchedFor)
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .setIssuer(acme)
      .sign(secret)
    expect((await register(confused)).says).toBe('400 invalid_software_statement')
  })

  it('D6 another issuer’s is unapproved, also when it is signed well or names nobody', async () => {
    for (const issuer of ['https://mallory.example', `${acme}/`, `${acme}.mallory.example`]) {
      expect((await register(await sign(vouchedFor, { issuer }))).says).toBe(
        '400 unapproved_software_statement',
      )
    }
    const nobody = await new SignJWT(vouchedFor).setProtectedHeader({ alg: 'ES256' }).sign(key)
    expect((await register(nobody)).says).toBe('400 unapproved_software_statement')
  })

  it('D6 signed by a stranger, changed afterwards, or with another’s key id is refused', async () => {
    expect((await register(await sign(vouchedFor, { by: stranger }))).says).toBe(
      '400 invalid_software_statement',
    )
    expect((await register(await sign(vouchedFor, { kid: 'two' }))).says).toBe(
      '400 invalid_software_statement',
    )
    const [head, , signature] = (await sign(vouchedFor)).split('.')
    const claims = Buffer.from(JSON.stringify({ iss: acme, client_name: 'Mallory' })).toString('base64url')
    expect((await register(`${head}.${claims}.${signature}`)).says).toBe('400 invalid_software_statement')
  })

  it('D6 expired, or not valid yet, it is refused; a minute of clock difference isn’t', async () => {
    expect((await register(await sign({ ...vouchedFor, exp: inSeconds(-61) }))).says).toBe(
      '400 invalid_software_statement',
    )
    expect((await register(await sign({ ...vouchedFor, nbf: inSeconds(61) }))).says).toBe(
      '400 invalid_software_statement',
    )
    expect((await register(await sign({ ...vouchedFor, exp: inSeconds(-30) }))).status).toBe(201)
  })

  it.each([
    ['text', 'x.y.z'],
    ['a number', 7],
    ['nothing', ''],
    ['a list', ['x']],
    ['a lot', 'x'.repeat(20_000)],
  ])('D6 that is %s is refused', async (_, statement) => {
    expect((await register(statement)).says).toBe('400 invalid_software_statement')
  })

  it('D6 gives no privilege: claims of that kind are ignored as they are from the client', async () => {
    const statement = await sign({
      ...vouchedFor,
      grant_types: ['authorization_code', 'client_credentials'],
      registration: 'manual',
      approved: true,
      owner: 'mem_ada',
      software_statement: 'another',
    })
    const { status, body } = await register(statement)
    expect(status).toBe(201)
    expect(body['grant_types']).toEqual(['authorization_code'])
    const client = await rig.table.find(String(body['client_id']))
    expect(client).toMatchObject({ registration: 'dynamic', approved: false, owner: null })
  })

  it('D6 its scopes are a ceiling, unlike those the client names itself', async () => {
    const own = await register(undefined, { ...asked, scope: 'crm:read' })
    const vouched = await register(await sign({ ...vouchedFor, scope: 'crm:read' }))
    const ceilingOf = async ({ body }: { body: Json }) =>
      (await rig.table.find(String(body['client_id'])))?.scopes
    expect([own.body['scope'], await ceilingOf(own)]).toEqual(['crm:read', null])
    expect([vouched.body['scope'], await ceilingOf(vouched)]).toEqual(['crm:read', ['crm:read']])
  })

  it('D6 the issuer’s keys are fetched from the address in the settings, once for many', async () => {
    fetches = 0
    const statement = await sign(vouchedFor, { issuer: byAddress })
    for (let n = 0; n < 3; n++) expect((await register(statement)).status).toBe(201)
    expect(fetches).toBe(1)
    for (let n = 0; n < 3; n++) {
      const unknown = await sign(vouchedFor, { issuer: byAddress, kid: `k${n}` })
      expect((await register(unknown)).says).toBe('400 invalid_software_statement')
    }
    // Keys that nobody has don't make us fetch at will (attacks A2).
    expect(fetches).toBe(1)
  })

  it('D6 whose issuer’s keys can’t be had is 503, not the client’s fault', async () => {
    const good = document
    document = { status: 'unavailable', why: 'down' }
    const alone = rig.clientsWith()
    const { status, body } = await rig.register(
      { ...asked, software_statement: await sign(vouchedFor, { issuer: byAddress }) },
      { ip: '203.0.113.251', by: alone },
    )
    expect([status, body['error']]).toEqual([503, 'temporarily_unavailable'])
    document = good
  })

  it('is ignored where no issuer is configured, as RFC 7591 §2 asks of what isn’t understood', async () => {
    const by = rig.clientsWith({ statementIssuers: [] })
    const { status, body } = await rig.register(
      { ...asked, software_statement: await sign(vouchedFor) },
      { ip: '203.0.113.252', by },
    )
    expect([status, body['client_name']]).toEqual([201, 'Notebook'])
    expect(body).not.toHaveProperty('software_statement')
  })

  it('D6 an approval is for the client that was vouched for: without its statement it lapses', async () => {
    const { body } = await register(await sign(asked))
    const id = String(body['client_id'])
    const client = await rig.table.find(id)
    if (!client) throw new Error('gone')
    await rig.storage.transaction<never, boolean>((tx) =>
      rig.table.claim(tx, client, { at: rig.clock.now(), approvedBy: 'mem_ada' }),
    )
    const update = new Request(String(body['registration_client_uri']), {
      method: 'PUT',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${String(body['registration_access_token'])}`,
      },
      body: JSON.stringify({ ...asked, client_id: id }),
    })
    expect((await rig.send(update)).status).toBe(200)
    expect(await rig.table.find(id, 'anew')).toMatchObject({ approved: false })
    expect((await rig.clients.manager.view(id))?.vouchedFor).toBeNull()
  })
})

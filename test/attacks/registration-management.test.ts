import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashSecret } from '#foundation'
import { sql } from '#storage'
import { openTestClients, outside } from '../support/clients.ts'
import type { Json, TestClients } from '../support/clients.ts'
import { postgresAvailable } from '../support/postgres.ts'

let rig: TestClients

const notebook = { client_name: 'Notebook', redirect_uris: ['http://127.0.0.1/callback'] }
const ledger = {
  client_name: 'Ledger',
  redirect_uris: ['https://ledger.example/callback'],
  token_endpoint_auth_method: 'client_secret_post',
}
type Held = { uri: string; token: string; id: string; body: Json }

let host = 0
/** Each from an address of its own, so that nothing but what is tested refuses. */
const register = async (metadata: Json): Promise<Held> => {
  const { status, body } = await rig.register(metadata, { ip: `203.0.113.${++host % 250}` })
  if (status !== 201) throw new Error(JSON.stringify(body))
  return {
    body,
    uri: String(body['registration_client_uri']),
    token: String(body['registration_access_token']),
    id: String(body['client_id']),
  }
}
const call = async (method: string, uri: string, token: string | null, body?: unknown) => {
  const headers = {
    ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
  }
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
  const response = await rig.send(new Request(uri, init))
  const text = await response.text()
  const json: Json = text === '' ? {} : (JSON.parse(text) as Json)
  return { status: response.status, headers: response.headers, body: json }
}
const update = (held: Held, metadata: Json, token = held.token) =>
  call('PUT', held.uri, token, { client_id: held.id, ...metadata })

const drivers = [
  ['embedded', true],
  ['server', postgresAvailable()],
] as const
describe.each(drivers)('on the %s database', (driver, available) => {
  if (!available) return it.skip('no PostgreSQL here')
  beforeAll(async () => {
    rig = await openTestClients({ driver, limits: { unclaimedPerAddress: 1000 } })
  })
  afterAll(() => rig.close())

  describe('RFC 7592 §2: a client’s own registration', () => {
    it('§2.1 is read with its token, as it was kept', async () => {
      const held = await register({ ...ledger, contacts: ['ada@acme.example'] })
      const { status, headers, body } = await call('GET', held.uri, held.token)
      expect(status).toBe(200)
      expect(headers.get('cache-control')).toBe('no-store')
      const { client_secret: _, client_secret_expires_at: __, ...said } = held.body
      expect(body).toEqual(said)
      expect(body['contacts']).toEqual(['ada@acme.example'])
    })

    it('§2.2 is replaced as a whole: what the update leaves out is gone', async () => {
      const held = await register({
        ...ledger,
        contacts: ['ada@acme.example'],
        policy_uri: 'https://ledger.example/p',
      })
      const { status, body } = await update(held, { ...ledger, client_name: 'Ledger 2' })
      expect(status).toBe(200)
      expect(body).toMatchObject({ client_id: held.id, client_name: 'Ledger 2' })
      expect(body).not.toHaveProperty('contacts')
      expect(body).not.toHaveProperty('policy_uri')
      expect((await rig.table.find(held.id, 'anew'))?.name).toBe('Ledger 2')
    })

    it('§2.2 keeps the secret, which can be said but not set', async () => {
      const held = await register(ledger)
      const secret = String(held.body['client_secret'])
      const kept = await update(held, { ...ledger, client_secret: secret })
      expect(kept.status).toBe(200)
      expect(kept.body).not.toHaveProperty('client_secret')
      const token = String(kept.body['registration_access_token'])
      const chosen = await update(held, { ...ledger, client_secret: 'chosen by Mallory' }, token)
      expect([chosen.status, chosen.body['error']]).toEqual([400, 'invalid_request'])
      const form = new Map([
        ['client_id', held.id],
        ['client_secret', secret],
      ])
      const who = await rig.clients.authenticate({ form, authorization: null, ip: outside })
      expect(who.id).toBe(held.id)
    })

    it('§2.2 that becomes confidential gets a secret; one that becomes public loses it', async () => {
      const held = await register(notebook)
      const confidential = await update(held, ledger)
      expect(confidential.body['client_secret']).toMatch(/^tnd_cs_/)
      expect(confidential.body['client_secret_expires_at']).toBe(0)
      const token = String(confidential.body['registration_access_token'])
      expect((await update(held, notebook, token)).body).not.toHaveProperty('client_secret')
      expect((await rig.table.find(held.id, 'anew'))?.secrets).toEqual([])
    })

    it.each([
      ['another client_id', { client_id: 'cli_00000000000000000000000000' }],
      ['no client_id', { client_id: undefined }],
      ['registration_access_token', { registration_access_token: 'x' }],
      ['registration_client_uri', { registration_client_uri: 'https://mallory.example' }],
      ['client_secret_expires_at', { client_secret_expires_at: 0 }],
      ['client_id_issued_at', { client_id_issued_at: 1 }],
    ])('§2.2 an update with %s is refused and changes nothing', async (_, more) => {
      const held = await register(notebook)
      const answer = await update(held, { ...notebook, client_name: 'Other', ...more })
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request'])
      expect((await call('GET', held.uri, held.token)).body['client_name']).toBe('Notebook')
    })

    it('§2.2 metadata that won’t do is refused, and the token lives on', async () => {
      const held = await register(notebook)
      const bad = await update(held, { redirect_uris: ['javascript:alert(1)'] })
      expect([bad.status, bad.body['error']]).toEqual([400, 'invalid_redirect_uri'])
      expect((await call('GET', held.uri, held.token)).status).toBe(200)
    })

    it('§2.3 is deleted: 204, unknown afterwards, its token dead', async () => {
      const held = await register(notebook)
      const { status, headers } = await call('DELETE', held.uri, held.token)
      expect([status, headers.get('cache-control')]).toEqual([204, 'no-store'])
      expect((await rig.clients.find(held.id, { at: 'token', ip: outside })).found).toBe('unknown')
      expect((await call('GET', held.uri, held.token)).status).toBe(401)
      const [entry] = (await rig.audit.list({ limit: 20 })).filter(({ event }) => event === 'client.deleted')
      expect(entry).toMatchObject({ subject: { id: held.id }, actor: { kind: 'client' } })
    })

    it('that an administrator blocked can’t be changed or deleted by the client', async () => {
      const held = await register(notebook)
      await sql`update client set blocked_at = now(), blocked_by = 'mem_ada' where id = ${held.id}`.execute(
        rig.storage.db<never>(),
      )
      expect((await update(held, { ...notebook, client_name: 'Other' })).status).toBe(403)
      expect((await call('DELETE', held.uri, held.token)).status).toBe(403)
      expect((await rig.table.find(held.id, 'anew'))?.blocked).toBe(true)
    })

    it('can’t become by an update what the policy would not let in', async () => {
      const held = await register(notebook)
      const strict = rig.clientsWith({ clientPolicy: 'local' })
      const send = (metadata: Json) =>
        rig.send(
          new Request(held.uri, {
            method: 'PUT',
            headers: { Authorization: `Bearer ${held.token}`, 'Content-Type': 'application/json' },
            body: JSON.stringify({ client_id: held.id, ...metadata }),
          }),
          outside,
          strict,
        )
      expect((await send(ledger)).status).toBe(400)
      expect((await send({ ...notebook, client_name: 'Still here' })).status).toBe(200)
    })
  })

  describe('D5 the registration access token', () => {
    it('D5 opens one client alone: another’s is 401, and nothing happens', async () => {
      const [mine, theirs] = [await register(notebook), await register(ledger)]
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body = method === 'PUT' ? { client_id: theirs.id, ...notebook } : undefined
        const answer = await call(method, theirs.uri, mine.token, body)
        expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_token'])
        expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
      }
      expect((await call('GET', theirs.uri, theirs.token)).body['client_name']).toBe('Ledger')
    })

    it('D5 of nobody, of no form, or none is 401, whether or not the client exists', async () => {
      const held = await register(notebook)
      const nowhere = held.uri.replace(held.id, 'cli_00000000000000000000000000')
      for (const uri of [held.uri, nowhere, `${held.uri}/x`, 'http://localhost:3000/oauth/register/']) {
        for (const token of [null, 'x', `tnd_rat_${'a'.repeat(43)}`]) {
          expect((await call('GET', uri, token)).status).toBe(401)
        }
      }
      expect((await call('GET', nowhere, held.token)).status).toBe(401)
    })

    it('D5 is rotated by an update: the old one is dead at once, also where it was just used', async () => {
      const held = await register(notebook)
      const elsewhere = rig.clientsWith()
      const read = (token: string, by = elsewhere) =>
        rig.send(new Request(held.uri, { headers: { Authorization: `Bearer ${token}` } }), outside, by)
      expect((await read(held.token)).status).toBe(200)
      const { body } = await update(held, notebook)
      const next = String(body['registration_access_token'])
      expect(next).not.toBe(held.token)
      expect((await read(held.token)).status).toBe(401)
      expect((await read(held.token, rig.clients)).status).toBe(401)
      expect((await read(next)).status).toBe(200)
    })

    it('D5 of sixteen updates at once with one token exactly one happens', async () => {
      const held = await register(notebook)
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, n) => update(held, { ...notebook, client_name: `Notebook ${n}` })),
      )
      const done = answers.filter(({ status }) => status === 200)
      expect(done).toHaveLength(1)
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(15)
      const now = await call('GET', held.uri, String(done[0]?.body['registration_access_token']))
      expect(now.body['client_name']).toBe(done[0]?.body['client_name'])
    })

    it('D5 is kept as a hash alone, and is no token for anything else', async () => {
      const held = await register(notebook)
      const rows = await sql`select * from client where id = ${held.id}`.execute(rig.storage.db<never>())
      expect(JSON.stringify(rows.rows)).not.toContain(held.token)
      expect(JSON.stringify(rows.rows)).toContain(hashSecret(held.token))
      expect(JSON.stringify(await rig.audit.list({ limit: 50 }))).not.toContain(held.token)
      // Not an initial access token either.
      const again = await rig.send(
        new Request('http://localhost:3000/oauth/register', {
          method: 'POST',
          headers: { Authorization: `Bearer ${held.token}`, 'Content-Type': 'application/json' },
          body: JSON.stringify(notebook),
        }),
      )
      expect(again.status).toBe(401)
    })

    it('D5 of a manual client and of one forgotten after a day opens nothing', async () => {
      const held = await register(notebook)
      const made = await rig.clients.manager.create({
        name: 'Made',
        redirectUris: [],
        confidential: true,
        grantTypes: ['urn:ietf:params:oauth:grant-type:token-exchange'],
      })
      expect((await call('GET', held.uri.replace(held.id, made.clientId), held.token)).status).toBe(401)
      rig.clock.advance(24 * 60 * 60 * 1000)
      expect((await call('GET', held.uri, held.token)).status).toBe(401)
    })

    it('D5 a changed redirect URI takes the approval away; a changed contact doesn’t', async () => {
      const held = await register(notebook)
      const client = await rig.table.find(held.id, 'anew')
      if (!client) throw new Error('gone')
      await rig.storage.transaction<never, boolean>((tx) =>
        rig.table.claim(tx, client, { at: rig.clock.now(), approvedBy: 'mem_ada' }),
      )
      const approved = async () => (await rig.table.find(held.id, 'anew'))?.approved
      const first = await update(held, { ...notebook, contacts: ['ada@acme.example'] })
      expect(await approved()).toBe(true)
      const moved = { ...notebook, redirect_uris: ['https://mallory.example/callback'] }
      await update(held, moved, String(first.body['registration_access_token']))
      expect(await approved()).toBe(false)
    })
  })
})

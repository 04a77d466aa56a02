import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '#foundation'
import { openTestClients, outside } from '../../../test/support/clients.ts'
import type { TestClients } from '../../../test/support/clients.ts'
import type { NewClient } from './manual-client.ts'

let rig: TestClients
beforeAll(async () => {
  rig = await openTestClients()
})
afterAll(() => rig.close())

const ada = { actor: { kind: 'member', id: 'mem_ada', name: 'Ada' }, ip: '203.0.113.1' } as const
const ledger: NewClient = {
  name: 'Ledger',
  redirectUris: ['https://ledger.example/callback'],
  confidential: true,
}
const jwks = () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { keys: [{ ...publicKey.export({ format: 'jwk' }) }] }
}
const create = (input: Partial<NewClient> = {}) => rig.clients.manager.create({ ...ledger, ...input }, ada)
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'accepted',
    (error: { code?: string }) => error.code,
  )
const enters = (clientId: string, secret: string) =>
  refusal(
    rig.clients.authenticate({
      form: new Map([
        ['client_id', clientId],
        ['client_secret', secret],
      ]),
      authorization: null,
      ip: outside,
    }),
  )

describe('a client made by hand', () => {
  it('is public, confidential, or has keys; a secret is there exactly when it needs one', async () => {
    const [open, secret, keys] = [
      await create({ confidential: false }),
      await create(),
      await create({ jwks: jwks() }),
    ]
    expect([open.clientSecret, secret.clientSecret, keys.clientSecret]).toEqual([
      null,
      expect.stringMatching(/^tnd_cs_/),
      null,
    ])
    const methods = async (id: string) => (await rig.clients.manager.view(id))?.authMethods
    expect(await methods(open.clientId)).toEqual(['none'])
    expect(await methods(secret.clientId)).toEqual(['client_secret_basic', 'client_secret_post'])
    expect(await methods(keys.clientId)).toEqual(['private_key_jwt'])
  })

  it('acts for itself only as a confidential one with an owner', async () => {
    const machine = { grantTypes: ['client_credentials' as const], redirectUris: [] }
    const owner = newId('mem')
    expect(await refusal(create(machine))).toBe('invalid_client_metadata')
    expect(await refusal(create({ ...machine, owner, confidential: false }))).toBe('invalid_client_metadata')
    const made = await create({ ...machine, owner })
    expect(await rig.clients.manager.view(made.clientId)).toMatchObject({
      owner,
      grantTypes: ['client_credentials'],
      redirectUris: [],
    })
    // An owner without that grant would be a right nobody uses yet.
    expect((await rig.clients.manager.view((await create({ owner })).clientId))?.owner).toBeNull()
  })

  it.each([
    ['a redirect URI that won’t do', { redirectUris: ['http://ledger.example/'] }, 'invalid_redirect_uri'],
    ['no redirect URI', { redirectUris: [] }, 'invalid_redirect_uri'],
    ['a scope that isn’t there', { scopes: ['crm:everything'] }, 'invalid_scope'],
    ['keys and no confidence', { jwks: jwks(), confidential: false }, 'invalid_client_metadata'],
    ['a key address that isn’t https', { jwksUri: 'http://ledger.example/k' }, 'invalid_client_metadata'],
    ['a name of nothing', { name: '\u200b' }, 'invalid_client_metadata'],
  ])('with %s is refused', async (_, input, code) => {
    expect(await refusal(create(input))).toBe(code)
  })

  it('is recorded with who made it, and its secret nowhere', async () => {
    const made = await create()
    const entries = await rig.audit.list({ limit: 50 })
    expect(entries.find(({ subject }) => subject?.id === made.clientId)).toMatchObject({
      event: 'client.created',
      actor: { kind: 'member', name: 'Ada' },
      ip: '203.0.113.1',
    })
    expect(JSON.stringify(entries)).not.toContain(made.clientSecret)
  })
})

describe('its secret', () => {
  it('is replaced: both work for the overlap, then the new one alone', async () => {
    const { clientId, clientSecret } = await create()
    const old = clientSecret ?? ''
    const next = (await rig.clients.manager.rotateSecret(clientId, 3600, ada)) ?? ''
    expect([await enters(clientId, old), await enters(clientId, next)]).toEqual(['accepted', 'accepted'])
    rig.clock.advance(3600 * 1000)
    expect([await enters(clientId, old), await enters(clientId, next)]).toEqual([
      'invalid_client',
      'accepted',
    ])
  })

  it('is replaced at once when there is no overlap', async () => {
    const { clientId, clientSecret } = await create()
    const next = (await rig.clients.manager.rotateSecret(clientId, 0, ada)) ?? ''
    expect(await enters(clientId, clientSecret ?? '')).toBe('invalid_client')
    expect(await enters(clientId, next)).toBe('accepted')
  })

  it('of three, the two newest live; a longer overlap gives an older one no more time', async () => {
    const { clientId, clientSecret } = await create()
    const second = (await rig.clients.manager.rotateSecret(clientId, 60, ada)) ?? ''
    const third = (await rig.clients.manager.rotateSecret(clientId, 3600, ada)) ?? ''
    expect(
      await Promise.all([clientSecret ?? '', second, third].map((one) => enters(clientId, one))),
    ).toEqual(['invalid_client', 'accepted', 'accepted'])
    expect((await rig.clients.manager.view(clientId))?.secrets).toHaveLength(2)
  })

  it('replaced by eight at once leaves two that work', async () => {
    const { clientId } = await create()
    const made = await Promise.all(
      Array.from({ length: 8 }, () => rig.clients.manager.rotateSecret(clientId, 3600, ada)),
    )
    const entered = await Promise.all(made.map((one) => enters(clientId, one ?? '')))
    expect(entered.filter((one) => one === 'accepted')).toHaveLength(2)
  })

  it('is not made for clients without one, nor for those that registered themselves', async () => {
    const open = await create({ confidential: false })
    const { body } = await rig.register({
      redirect_uris: ['https://app.example/cb'],
      token_endpoint_auth_method: 'client_secret_post',
    })
    for (const id of [open.clientId, String(body['client_id']), 'cli_nobody']) {
      expect(await rig.clients.manager.rotateSecret(id, 0, ada)).toBeNull()
    }
    expect(await enters(String(body['client_id']), String(body['client_secret']))).toBe('accepted')
  })
})

describe('what an administrator changes', () => {
  it('holds for the client, which stays trusted', async () => {
    const { clientId, clientSecret } = await create()
    const changed = await rig.clients.manager.change(
      clientId,
      { name: 'Ledger 2', redirectUris: ['https://ledger.example/two'], scopes: ['crm:read'] },
      ada,
    )
    expect(changed).toMatchObject({
      name: 'Ledger 2',
      redirectUris: ['https://ledger.example/two'],
      scopes: ['crm:read'],
      state: 'approved',
    })
    expect(await enters(clientId, clientSecret ?? '')).toBe('accepted')
  })

  it('leaves what isn’t named, and takes a ceiling away with null', async () => {
    const { clientId } = await create({ scopes: ['crm:read'] })
    expect((await rig.clients.manager.change(clientId, { name: 'Other' }, ada))?.scopes).toEqual(['crm:read'])
    expect((await rig.clients.manager.change(clientId, { scopes: null }, ada))?.scopes).toBeNull()
  })

  it('can’t make a public client act for itself, and a refusal changes nothing', async () => {
    const { clientId } = await create({ confidential: false })
    const to = { name: 'Machine', grantTypes: ['client_credentials' as const], owner: newId('mem') }
    expect(await refusal(rig.clients.manager.change(clientId, to, ada))).toBe('invalid_client_metadata')
    expect((await rig.clients.manager.view(clientId))?.name).toBe('Ledger')
  })

  it('is not what a client said of itself, nor somebody that isn’t there', async () => {
    const { body } = await rig.register({ client_name: 'Notebook', redirect_uris: ['http://127.0.0.1/cb'] })
    for (const id of [String(body['client_id']), 'cli_nobody']) {
      expect(await rig.clients.manager.change(id, { name: 'Mine now' }, ada)).toBeNull()
    }
    expect((await rig.table.find(String(body['client_id']), 'anew'))?.name).toBe('Notebook')
  })
})

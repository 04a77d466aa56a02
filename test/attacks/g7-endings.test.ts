import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '#audit'
import { epochSeconds, isId, newId, silentLog, systemClock } from '#foundation'
import type { GrantId } from '#foundation'
import { oauthMigrations, openOAuthStore } from '#oauth'
import type { SignedIn } from '#oauth'
import { openStorage, sql } from '#storage'
import { subjectOf } from '../../src/oauth/grants/grant.ts'
import { endIdle } from '../../src/oauth/grants/idle-ending.ts'
import { createSigningKeys } from '../../src/oauth/keys/signing-keys.ts'
import { signAccessToken } from '../../src/oauth/token/access-token.ts'
import {
  codeFor,
  composeTestOAuth,
  issuer,
  notebookRedirect,
  person,
  resource,
  testSecret,
} from '../support/oauth.ts'
import type { ComposedOAuth, Tokens } from '../support/oauth.ts'
import { postgresAvailable } from '../support/postgres.ts'
import { sharedPostgres } from '../support/storage.ts'

const day = 86_400_000
const grantIdleMs = 90 * day

/** What hangs from one grant that a person gave, and the token of it that somebody holds. */
type Held = {
  root: GrantId
  who: SignedIn
  clientId: string
  code: Record<string, string>
  refreshToken: string
  token: string
}

describe.skipIf(!postgresAvailable())('G7 a way to end access, on one replica', { retry: 2 }, () => {
  let here: ComposedOAuth
  let there: ComposedOAuth
  let store: ReturnType<typeof openOAuthStore>
  let keys: ReturnType<typeof createSigningKeys>

  beforeAll(async () => {
    const databaseUrl = await (await sharedPostgres()).database()
    const open = async () => {
      const migrations = [...auditMigrations, ...oauthMigrations]
      const storage = await openStorage({
        config: { databaseUrl },
        migrations,
        clock: systemClock,
        log: silentLog,
      })
      return composeTestOAuth(storage, systemClock, { grantIdleMs })
    }
    here = await open()
    there = await open()
    store = openOAuthStore(here.storage, here.audit)
    const { events } = here.storage
    keys = createSigningKeys({ store: store.keys, events, clock: systemClock, secret: testSecret })
  })
  afterAll(async () => {
    keys?.close()
    store?.close()
    await here?.close()
    await there?.close()
  })

  const ada = () => ({ member: here.people.ada.member, name: 'Ada' })
  const by = () => ({
    actor: { kind: 'member' as const, id: here.people.ada.member, name: 'Ada' },
    ip: '192.0.2.1',
  })
  const execute = (statement: ReturnType<typeof sql>) => statement.execute(here.storage.db<never>())
  const refresh = async (client_id: string, refresh_token: string): Promise<Tokens> => {
    const form = { grant_type: 'refresh_token', client_id, refresh_token }
    return (await (await here.post('/oauth/token', form)).json()) as Tokens
  }
  /** A token of a grant, as the token endpoint issues it. */
  const mint = async (grant: GrantId, binding: { jkt: string } | null = null): Promise<string> => {
    const terms = await store.grants.find(grant)
    if (!terms) throw new Error('no grant')
    const iat = epochSeconds(systemClock.now())
    return signAccessToken(await keys.current(), {
      iss: issuer,
      sub: subjectOf(terms),
      aud: terms.resource,
      client_id: terms.clientId,
      grant_id: grant,
      scope: terms.scopes.join(' '),
      jti: newId('grt'),
      iat,
      exp: iat + 600,
      ...(binding && { cnf: binding }),
    })
  }
  const become = (grant: GrantId, kind: string) =>
    execute(sql`update oauth_grant set kind = ${kind} where id = ${grant}`)
  const exchange = async (parent: GrantId): Promise<GrantId> => {
    const id = newId('grt')
    await execute(sql`insert into oauth_grant (id, kind, parent, member, client_id, client, resource, scopes, details, status, created_at)
      select ${id}, 'token_exchange', id, member, client_id, client, resource, scopes, details, 'active', created_at
      from oauth_grant where id = ${parent}`)
    return id
  }

  type Given = Pick<Held, 'root' | 'clientId'> & { tokens: Tokens }
  // A kind of token is a row here: its grant's kind, and how one of it comes about.
  const descendants: [string, (given: Given) => Promise<Partial<Held>>][] = [
    ['the access token', async () => ({})],
    [
      'a refreshed token',
      async ({ clientId, tokens }) => {
        const next = await refresh(clientId, tokens.refresh_token)
        return { token: next.access_token, refreshToken: next.refresh_token }
      },
    ],
    [
      'a device’s token',
      async ({ root }) => (await become(root, 'device_code'), { token: await mint(root) }),
    ],
    [
      'a machine’s own token',
      async ({ root }) => (await become(root, 'client_credentials'), { token: await mint(root) }),
    ],
    [
      'a token for an assertion',
      async ({ root }) => (await become(root, 'id_jag'), { token: await mint(root) }),
    ],
    ['an exchanged token', async ({ root }) => ({ token: await mint(await exchange(root)) })],
    [
      'one exchanged from an exchanged token',
      async ({ root }) => ({ token: await mint(await exchange(await exchange(root))) }),
    ],
    ['a token bound to a key', async ({ root }) => ({ token: await mint(root, { jkt: 'k'.repeat(43) }) })],
  ]

  const endings: [string, (held: Held) => Promise<unknown>][] = [
    [
      'its person ends it',
      ({ root, who }) => here.oauth.grants.end(root, { member: who.member, administrator: false }, 'x'),
    ],
    [
      'an administrator ends it',
      ({ root }) => here.oauth.grants.end(root, { ...ada(), administrator: true }, 'x'),
    ],
    ['an administrator ends some', ({ root }) => here.oauth.grants.endMany({ ids: [root] }, ada(), 'x')],
    [
      'an administrator ends all of one app',
      ({ clientId }) => here.oauth.grants.endMany({ client: clientId }, ada(), 'x'),
    ],
    [
      'an administrator ends all of one person',
      ({ who }) => here.oauth.grants.endMany({ member: who.member }, ada(), 'x'),
    ],
    ['an administrator ends everything', () => here.oauth.grants.endMany({ everything: true }, ada(), 'x')],
    ['its person is disabled', ({ who }) => here.oauth.grants.endAllOf(who.member, 'x')],
    [
      'an administrator blocks its app',
      async ({ clientId, who }) => {
        const client = await store.clients.find(clientId)
        const input = { client: clientId, fingerprint: client?.fingerprint ?? '', decision: 'block' as const }
        await here.oauth.approvals.decide(input, { ...by(), member: who.member })
      },
    ],
    ['an administrator deletes its app', ({ clientId }) => here.oauth.clients.remove([clientId], by())],
    [
      'an administrator ends what its app has',
      ({ clientId }) => here.oauth.clients.endGrants([clientId], by()),
    ],
    [
      'an old refresh token is used again',
      async ({ clientId, refreshToken }) => {
        const second = await refresh(clientId, refreshToken)
        await refresh(clientId, second.refresh_token)
        await refresh(clientId, refreshToken)
      },
    ],
    ['its code is used again', ({ code }) => here.post('/oauth/token', code)],
    [
      'the app signs itself out',
      ({ clientId, refreshToken }) =>
        here.post('/oauth/revoke', { client_id: clientId, token: refreshToken }),
    ],
    [
      'nobody used it for long',
      async ({ root }) => {
        const long = new Date(Date.now() - grantIdleMs - day)
        await execute(
          sql`update oauth_grant set created_at = ${long}, last_used_at = ${long} where id = ${root}`,
        )
        await endIdle({ store: store.grants, idleMs: grantIdleMs, clock: systemClock })
      },
    ],
    [
      'its end date comes',
      ({ root, who }) =>
        here.oauth.grants.narrow(root, who, { until: new Date(Date.now() + 200).toISOString() }),
    ],
    ['its person pauses it', ({ root, who }) => here.oauth.grants.pause(root, who)],
    [
      'an administrator stops all agents',
      () => here.oauth.stops.stop({ reason: 'x', endGrants: false }, ada()),
    ],
    [
      'an administrator stops that app',
      ({ clientId }) => here.oauth.stops.stop({ client: clientId, reason: 'x', endGrants: false }, ada()),
    ],
  ]

  /** How the other replica takes the token: it has seen it before, and has it in memory. */
  const taken = (token: string) =>
    there.oauth.verify(token, resource).then(
      (content) => (content ? 'taken' : 'refused'),
      (error: unknown) => (error instanceof Error && 'withheld' in error ? 'refused' : 'broken'),
    )

  const hold = async (make: (given: Given) => Promise<Partial<Held>>): Promise<Held> => {
    const who = person('Grace', false, systemClock)
    const { clientId } = await here.oauth.clients.create({
      name: 'Notebook',
      redirectUris: [notebookRedirect],
      confidential: false,
    })
    const { code, verifier } = await codeFor(here, { who, clientId })
    const exchanged = { grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier }
    const tokens = (await (await here.post('/oauth/token', exchanged)).json()) as Tokens
    const [view] = await here.oauth.grants.list(who.member)
    if (!isId('grt', view?.id)) throw new Error('no grant')
    const root = view.id
    const { access_token: token, refresh_token: refreshToken } = tokens
    const held = { root, who, clientId, code: exchanged, refreshToken, token }
    return { ...held, ...(await make({ root, clientId, tokens })) }
  }

  describe.each(endings)('%s:', (_how, end) => {
    it.each(descendants)(
      '%s is refused at the next call on another replica, within a second',
      async (_what, make) => {
        const held = await hold(make)
        expect(await taken(held.token)).toBe('taken')
        await end(held)
        await expect.poll(() => taken(held.token), { timeout: 1000, interval: 20 }).toBe('refused')
        for (const client of [null, held.clientId]) await here.oauth.stops.lift(client, ada())
      },
    )
  })

  it('what is lifted or resumed is taken again, there too', async () => {
    const held = await hold(async () => ({}))
    await expect.poll(() => taken(held.token), { timeout: 1000, interval: 20 }).toBe('taken')
    await here.oauth.grants.pause(held.root, held.who)
    await expect.poll(() => taken(held.token), { timeout: 1000, interval: 20 }).toBe('refused')
    await here.oauth.grants.resume(held.root, held.who)
    await expect.poll(() => taken(held.token), { timeout: 1000, interval: 20 }).toBe('taken')
    await here.oauth.stops.stop({ reason: 'x', endGrants: false }, ada())
    await expect.poll(() => taken(held.token), { timeout: 1000, interval: 20 }).toBe('refused')
    await here.oauth.stops.lift(null, ada())
    await expect.poll(() => taken(held.token), { timeout: 1000, interval: 20 }).toBe('taken')
  })

  it('narrowing holds there too, for an exchanged token as well', async () => {
    const held = await hold(async () => ({}))
    const child = await mint(await exchange(held.root))
    const scopes = async (token: string) => (await there.oauth.verify(token, resource))?.scopes
    expect(await scopes(held.token)).toEqual(['crm:read', 'crm:write'])
    expect(await scopes(child)).toEqual(['crm:read', 'crm:write'])
    await here.oauth.grants.narrow(held.root, held.who, { scopes: ['crm:read'], objects: ['company'] })
    await expect.poll(() => scopes(held.token), { timeout: 1000, interval: 20 }).toEqual(['crm:read'])
    await expect.poll(() => scopes(child), { timeout: 1000, interval: 20 }).toEqual(['crm:read'])
    expect((await there.oauth.verify(child, resource))?.details).toEqual({ objects: ['company'] })
  })

  it('another person’s access is untouched by all that ends one person’s', async () => {
    const other = await hold(async () => ({}))
    const held = await hold(async () => ({}))
    expect(await taken(other.token)).toBe('taken')
    await here.oauth.grants.endMany({ member: held.who.member }, ada(), 'x')
    await expect.poll(() => taken(held.token), { timeout: 1000, interval: 20 }).toBe('refused')
    expect(await taken(other.token)).toBe('taken')
  })
})

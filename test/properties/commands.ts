import * as fc from 'fast-check'
import { expect } from 'vitest'
import { resource } from '../support/oauth.ts'
import { authorize, consent, endInModel, exchange, pick } from './consent-deeds.ts'
import { goodFor, grace, mayRefresh, remember } from './grant-model.ts'
import type { Model } from './grant-model.ts'
import { parts } from './world.ts'
import type { ClientName, PersonName, World } from './world.ts'

type Command = fc.AsyncCommand<Model, World>
type Work = (model: Model, world: World) => Promise<void>
const command = (name: string, check: (model: Readonly<Model>) => boolean, work: Work): Command => ({
  check,
  run: work,
  toString: () => name,
})
const allScopes = ['crm:read', 'crm:write', 'crm:delete']
const client = fc.constantFrom<ClientName>('notebook', 'ledger', 'mallory')
const person = fc.constantFrom<PersonName>('ada', 'grace')
const scopes = fc.subarray(allScopes, { minLength: 1 })
const index = fc.nat(1000)
/** Mostly the usual: what never succeeds tries nothing. */
const rarely = <T, U>(odd: fc.Arbitrary<T>, usual: U) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: odd })

const asking = fc.tuple(client, person, scopes).map(([who, by, asked]) =>
  command(
    `authorize ${who} ${by} ${asked.join('+')}`,
    () => true,
    (model, world) => authorize(model, world, who, by, asked),
  ),
)
const deciding = fc.tuple(index, scopes, rarely(fc.constant(false), true)).map(([n, narrowed, allow]) =>
  command(
    `consent #${n} ${allow ? narrowed.join('+') : 'deny'}`,
    ({ requests }) => requests.length > 0,
    (model, world) => consent(model, world, n, narrowed, allow),
  ),
)
const exchanging = fc
  .tuple(
    index,
    rarely(client, null),
    rarely(fc.constant(true), false),
    rarely(fc.integer({ min: 2, max: 4 }), 1),
  )
  .map(([n, other, wrong, times]) =>
    command(
      `exchange #${n} as ${other ?? 'itself'}${wrong ? ' with a wrong verifier' : ''} ×${times}`,
      ({ codes }) => codes.length > 0,
      (model, world) => exchange(model, world, n, other, wrong, times),
    ),
  )

const refresh = fc
  .tuple(
    index,
    fc.constantFrom(0, 0, 0, 1, 1, 2),
    rarely(client, null),
    rarely(scopes, null),
    rarely(fc.integer({ min: 2, max: 6 }), 1),
  )
  .map(([n, back, other, asked, times]) =>
    command(
      `refresh #${n}, ${back} back, as ${other ?? 'itself'}, for ${asked?.join('+') ?? 'all'} ×${times}`,
      ({ grants }) => grants.length > 0,
      async (model, world) => {
        const grant = pick(model.grants, n)
        const token = grant.refresh[Math.max(0, grant.refresh.length - 1 - back)] ?? ''
        const age = grant.refresh.length - 1 - grant.refresh.indexOf(token)
        const who = other ?? grant.client
        const form = {
          grant_type: 'refresh_token',
          refresh_token: token,
          ...(asked ? { scope: asked.join(' ') } : {}),
        }
        const answers = await Promise.all(
          Array.from({ length: times }, () => world.as(who, '/oauth/token', form)),
        )
        const statuses = new Set(answers.map(({ status }) => status))
        const wider = asked?.some((scope) => !grant.scopes.includes(scope)) ?? false
        if (who !== grant.client || !mayRefresh(model, grant) || wider) {
          return expect(statuses, 'somebody else’s, ended or wider').toEqual(new Set([400]))
        }
        const replayed = age === 1 && model.now - grant.rotatedAt <= grace
        if (age > 0 && !replayed) {
          expect(statuses, 'a token that was replaced long ago').toEqual(new Set([400]))
          return endInModel(model, world, grant)
        }
        expect(statuses, 'the current token, or the one before within the grace').toEqual(new Set([200]))
        const successors = new Set(answers.map(({ body }) => body['refresh_token']))
        expect(successors.size, 'a fork').toBe(1)
        const [successor] = successors
        if (replayed) expect(successor, 'a fork').toBe(grant.refresh.at(-1))
        else expect(grant.refresh).not.toContain(successor)
        if (!replayed) Object.assign(grant, { rotatedAt: model.now, usedAt: model.now })
        for (const { body } of answers) {
          expect(new Set(parts(body['scope']))).toEqual(new Set(asked ?? grant.scopes))
          remember(model, grant, body)
        }
      },
    ),
  )

const revoke = fc.tuple(index, index, fc.boolean(), rarely(client, null)).map(([n, m, access, other]) =>
  command(
    `revoke #${n} ${access ? 'access' : 'refresh'} as ${other ?? 'itself'}`,
    ({ grants }) => grants.length > 0,
    async (model, world) => {
      const grant = pick(model.grants, n)
      const own = model.tokens.filter((one) => one.grant === grant && goodFor(model, one) === true)
      const token = access ? own[m % Math.max(1, own.length)]?.token : grant.refresh[m % grant.refresh.length]
      if (token === undefined) return
      const { status } = await world.as(other ?? grant.client, '/oauth/revoke', { token })
      expect(status).toBe(200)
      if ((other ?? grant.client) === grant.client) return endInModel(model, world, grant)
      for (const { token: kept } of own)
        expect(await world.oauth.verify(kept, resource), 'ended by a stranger').toBeDefined()
    },
  ),
)

const end = fc.tuple(index, person).map(([n, by]) =>
  command(
    `end #${n} by ${by}`,
    ({ grants }) => grants.length > 0,
    async (model, world) => {
      const grant = pick(model.grants, n)
      const { member, administrator } = world.people[by]
      const ended = await world.oauth.grants.end(grant.id, { member, administrator }, 'the property says so')
      const may = by === grant.person || administrator
      expect(ended).toBe(grant.alive && may)
      if (ended) await endInModel(model, world, grant)
    },
  ),
)

const narrow = fc.tuple(index, scopes).map(([n, kept]) =>
  command(
    `narrow #${n} to ${kept.join('+')}`,
    ({ grants }) => grants.length > 0,
    async (model, world) => {
      const grant = pick(model.grants, n)
      const left = grant.scopes.filter((scope) => kept.includes(scope))
      if (!grant.alive || left.length === 0 || left.length === grant.scopes.length) return
      await world.oauth.grants.narrow(
        grant.id,
        { member: world.people[grant.person].member },
        { scopes: left },
      )
      grant.scopes = left
      for (const token of model.tokens.filter((one) => one.grant === grant)) {
        const reach = async () =>
          (await world.oauth.verify(token.token, resource))?.scopes.filter(
            (scope) => !left.includes(scope),
          ) ?? []
        await expect.poll(reach, { timeout: 5000, interval: 5 }).toEqual([])
      }
    },
  ),
)

/** One of these wins; whichever it is, the grant is over, and what the loser was given is worth nothing. */
const race = index.map((n) =>
  command(
    `refresh and revoke #${n} at once`,
    ({ grants }) => grants.length > 0,
    async (model, world) => {
      const grant = pick(model.grants, n)
      const token = grant.refresh.at(-1) ?? ''
      const could = mayRefresh(model, grant)
      const [refreshed] = await Promise.all([
        world.as(grant.client, '/oauth/token', { grant_type: 'refresh_token', refresh_token: token }),
        world.as(grant.client, '/oauth/revoke', { token }),
      ])
      if (refreshed.status === 200) {
        expect(could, 'a resurrection').toBe(true)
        remember(model, grant, refreshed.body)
      }
      await endInModel(model, world, grant)
    },
  ),
)

const rotateKeys = rarely(fc.constant(true), false).map((compromised) =>
  command(
    compromised ? 'take all keys back' : 'rotate keys',
    () => true,
    async (model, world) => {
      const by = { kind: 'system', name: 'property' } as const
      const rotated = await world.oauth.keys.rotate(by, { compromised }).catch(() => undefined)
      if (compromised) {
        expect(rotated).toBeDefined()
        for (const token of model.tokens) token.revoked = true
      }
    },
  ),
)

const wait = fc
  .oneof(
    { weight: 12, arbitrary: fc.constantFrom(1000, 20_000, 50_000, 61_000) },
    { weight: 3, arbitrary: fc.constantFrom(5 * 60_000, 12 * 60_000) },
    { weight: 1, arbitrary: fc.constant(31 * 24 * 60 * 60_000) },
  )
  .map((ms) =>
    command(
      `wait ${ms / 1000} s`,
      () => true,
      async (model, world) => {
        world.clock.advance(ms)
        model.now += ms
      },
    ),
  )

/** Everything ever issued is worth what the model says, and never more than was granted. */
const look = fc.constant(
  command(
    'look at every token',
    () => true,
    async (model, world) => {
      for (const token of model.tokens) {
        const content = await world.oauth.verify(token.token, resource)
        const good = goodFor(model, token)
        if (good !== 'maybe')
          expect(content !== undefined, good ? 'a good token is refused' : 'a resurrection').toBe(good)
        if (!content) continue
        expect(content.grantId).toBe(token.grant.id)
        expect(content.resourceOwner).toBe(world.people[token.grant.person].member)
        const left = token.scopes.filter((scope) => token.grant.scopes.includes(scope))
        expect(new Set(content.scopes), 'a widening').toEqual(new Set(left))
        expect(await world.oauth.verify(token.token, 'http://localhost:3000/api')).toBeUndefined()
      }
    },
  ),
)

const often = { refresh: [refresh, refresh, refresh], time: [wait, wait] }

export const interleavings = fc.commands(
  [
    asking,
    deciding,
    exchanging,
    exchanging,
    ...often.refresh,
    ...often.time,
    revoke,
    end,
    narrow,
    race,
    rotateKeys,
    look,
  ],
  { maxCommands: 40, size: 'max' },
)

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditMigrations } from '#audit'
import { isId, silentLog, systemClock } from '#foundation'
import { oauthMigrations } from '#oauth'
import { openStorage } from '#storage'
import { askDevice, poll, registerDevice, typeCode } from '../support/device.ts'
import { allowExchange, exchange, exchanger } from '../support/exchange.ts'
import { assertionFor, jwtBearer, openIdp, present } from '../support/id-jag.ts'
import type { Idp } from '../support/id-jag.ts'
import { basic, composeTestOAuth, resource, tokensFor } from '../support/oauth.ts'
import type { ComposedOAuth, Tokens } from '../support/oauth.ts'
import { postgresAvailable } from '../support/postgres.ts'
import { sharedPostgres } from '../support/storage.ts'

const tokensOf = async (response: Response) => (await response.json()) as Tokens

describe.skipIf(!postgresAvailable())('two replicas on one PostgreSQL', () => {
  let one: ComposedOAuth
  let two: ComposedOAuth
  let idp: Idp
  beforeAll(async () => {
    const databaseUrl = await (await sharedPostgres()).database()
    idp = await openIdp()
    const open = async () => {
      const storage = await openStorage({
        config: { databaseUrl },
        migrations: [...auditMigrations, ...oauthMigrations],
        clock: systemClock,
        log: silentLog,
      })
      return composeTestOAuth(storage, systemClock, { enterpriseProviders: [idp.provider] })
    }
    one = await open()
    two = await open()
  })
  afterAll(async () => {
    await one?.close()
    await two?.close()
  })

  const endOn = async (at: ComposedOAuth, token: string) => {
    const id = (await at.oauth.verify(token, resource))?.grantId
    if (!isId('grt', id)) throw new Error('the token is not good')
    expect(await at.oauth.grants.end(id, { member: at.people.ada.member, administrator: true }, 'over')).toBe(
      true,
    )
  }
  /** Refused soon after its end, on the replica that had it in its memory. */
  const isOver = (at: ComposedOAuth, token: string) =>
    expect.poll(() => at.oauth.verify(token, resource), { timeout: 5000, interval: 20 }).toBeUndefined()

  it('a device asks one, its person answers at the other, and it collects at the first', async () => {
    const client = await registerDevice(one)
    const asked = await askDevice(one, client)
    const { browser, id } = await typeCode(two, two.people.grace, asked.user_code)
    const { csrf } = await browser.view(id)
    await browser.decide(id, { decision: 'allow', csrf })
    const answers = await Promise.all([one, two, one, two].map((at) => poll(at, client, asked.device_code)))
    const [given, ...more] = answers.filter(({ status }) => status === 200)
    if (!given) throw new Error('nobody got it')
    expect(more).toEqual([])
    const { access_token: token } = await tokensOf(given)
    expect(await one.oauth.verify(token, resource)).toBeDefined()
    await endOn(two, token)
    await isOver(one, token)
  })

  it('a machine that asks both at once has one grant, and none on either when it ended', async () => {
    const robot = await one.oauth.clients.create({
      name: 'Robot',
      redirectUris: [],
      confidential: true,
      grantTypes: ['client_credentials'],
      owner: one.people.grace.member,
    })
    const ask = (at: ComposedOAuth) =>
      at.post('/oauth/token', { grant_type: 'client_credentials' }, basic(robot))
    const tokens = await Promise.all(
      [one, two, one, two, one, two].map(async (at) => tokensOf(await ask(at))),
    )
    const grants = new Set<string | undefined>()
    for (const { access_token: token } of tokens)
      grants.add((await two.oauth.verify(token, resource))?.grantId)
    expect(grants.size).toBe(1)
    const [first] = tokens
    if (!first) throw new Error('no tokens')
    await endOn(one, first.access_token)
    await isOver(two, first.access_token)
    for (const at of [one, two]) expect((await ask(at)).status).toBe(400)
  })

  it('an exchanged token ends with the token it came from, on the other replica', async () => {
    const planner = await exchanger(one, 'Planner')
    await allowExchange(one, planner, resource)
    const { access_token: token } = await tokensFor(one)
    const given = await tokensOf(await exchange(two, planner, token))
    expect(await two.oauth.verify(given.access_token, resource)).toBeDefined()
    await endOn(one, token)
    await isOver(two, given.access_token)
    expect((await exchange(two, planner, token)).status).toBe(400)
  })

  it('A221 an assertion used at one is used at the other; its grant ends on both', async () => {
    const client = await one.oauth.clients.create({
      name: 'Assistant',
      redirectUris: [],
      confidential: true,
      grantTypes: [jwtBearer],
    })
    const from = () => assertionFor(idp, client.clientId, systemClock)
    const assertion = await from()
    const answers = await Promise.all([one, two, one, two].map((at) => present(at, client, assertion)))
    const [given, ...more] = answers.filter(({ status }) => status === 200)
    expect(more).toEqual([])
    if (!given) throw new Error('nobody got it')
    const { access_token: token } = await tokensOf(given)
    expect(await two.oauth.verify(token, resource)).toBeDefined()
    await endOn(one, token)
    await isOver(two, token)
    expect((await present(two, client, await from())).status).toBe(400)
  })
})

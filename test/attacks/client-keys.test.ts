import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assertionKey } from '../support/assertions.ts'
import { refusalOf } from '../support/bound-notebook.ts'
import { codeFor } from '../support/oauth.ts'
import type { TestOAuth } from '../support/oauth.ts'
import {
  authenticated,
  chat,
  chatRedirect,
  jwksUri,
  refused,
  startSigningClients,
} from '../support/signing-clients.ts'
import type { SigningClients } from '../support/signing-clients.ts'

let clients: SigningClients
let t: TestOAuth

beforeAll(async () => {
  clients = await startSigningClients()
  ;({ t } = clients)
  // A person connects it, so that it is known.
  await codeFor(t, { clientId: chat, redirectUri: chatRedirect })
})
afterAll(() => t.close())

const sign: SigningClients['sign'] = (...said) => clients.sign(...said)
/** What the client hears with this assertion. */
const answerTo = async (assertion: Promise<string>) => refusalOf(await clients.present(await assertion))

describe('A2: keys at an address', () => {
  const fetched = () => clients.fetched(jwksUri)

  it('A2 unknown kids fetch the set once a minute, however many come', async () => {
    t.clock.advance(120_000)
    const before = fetched()
    const storm = Array.from({ length: 50 }, () =>
      answerTo(sign({}, { kid: randomUUID() }, clients.malloryKey)),
    )
    // Wrong algorithm family for the set, and right one with an unknown kid.
    const right = Array.from({ length: 50 }, () => answerTo(sign({}, { kid: randomUUID() })))
    for (const answer of await Promise.all([...storm, ...right])) expect(answer).toEqual(refused)
    expect(fetched() - before).toBe(1)
    expect(await answerTo(sign())).toEqual(authenticated)
    expect(fetched() - before).toBe(1)
  })

  it('A183 a new key is found by its kid; a key that was taken back no longer counts', async () => {
    const next = await assertionKey('RS256')
    clients.publishKeys([next])
    t.clock.advance(61_000)
    expect(await answerTo(sign({}, {}, next))).toEqual(authenticated)
    expect(await answerTo(sign())).toEqual(refused)
    clients.publishKeys([clients.key])
    t.clock.advance(61_000)
    expect(await answerTo(sign())).toEqual(authenticated)
  })

  it('A71 while the keys can’t be had the last good ones count, and without them it is 503', async () => {
    t.documents.set(jwksUri, { status: 'unavailable', why: 'a test' })
    t.clock.advance(2 * 3600_000)
    expect(await answerTo(sign())).toEqual(authenticated)
    t.clock.advance(25 * 3600_000)
    expect(await answerTo(sign())).toEqual([503, 'temporarily_unavailable'])
    // Not asked again at once; afterwards it is.
    const before = fetched()
    expect(await answerTo(sign())).toEqual([503, 'temporarily_unavailable'])
    expect(fetched()).toBe(before)
    clients.publishKeys([clients.key])
    t.clock.advance(61_000)
    expect(await answerTo(sign())).toEqual(authenticated)
  })

  it('S6 a set with a private key in it counts for nothing', async () => {
    const leaked = { ...clients.key.jwk, d: 'AQAB' }
    const body = JSON.stringify({ keys: [leaked] })
    t.documents.set(jwksUri, {
      status: 200,
      contentType: 'application/json',
      body,
      etag: null,
      cacheControl: null,
    })
    t.clock.advance(26 * 3600_000)
    expect(await answerTo(sign())).toEqual([503, 'temporarily_unavailable'])
    clients.publishKeys([clients.key])
  })
})

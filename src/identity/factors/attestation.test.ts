import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { cose, isoCBOR } from '@simplewebauthn/server/helpers'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { grace, issuer, openAcme } from '../acme.fixture.ts'
import type { Acme } from '../acme.fixture.ts'

let acme: Acme
beforeAll(async () => {
  acme = await openAcme()
  await acme.reset()
})
afterAll(() => acme.close())

const sha256 = (data: string) => createHash('sha256').update(data).digest()
const base64url = (data: string | Uint8Array) => Buffer.from(data).toString('base64url')

/** What a device of Mallory's making says of a new passkey, attested as she likes (WebAuthn §6.1, §6.5). */
function newPasskey(challenge: string, fmt: string, attStmt: Map<string, unknown>) {
  const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    format: 'jwk',
  })
  const key = new Map<number, number | Uint8Array>([
    [cose.COSEKEYS.kty, cose.COSEKTY.EC2],
    [cose.COSEKEYS.alg, cose.COSEALG.ES256],
    [cose.COSEKEYS.crv, cose.COSECRV.P256],
    [cose.COSEKEYS.x, Buffer.from(x, 'base64url')],
    [cose.COSEKEYS.y, Buffer.from(y, 'base64url')],
  ])
  const id = randomBytes(16)
  // User present and verified, and a credential inside; no counter, no make.
  const head = Buffer.from([0x45, 0, 0, 0, 0, ...Buffer.alloc(16), 0, id.length])
  const authData = Buffer.concat([sha256(new URL(issuer).hostname), head, id, isoCBOR.encode(key)])
  const object = new Map<string, unknown>([
    ['fmt', fmt],
    ['attStmt', attStmt],
    ['authData', authData],
  ])
  return {
    id: base64url(id),
    rawId: base64url(id),
    type: 'public-key' as const,
    clientExtensionResults: {},
    response: {
      clientDataJSON: base64url(JSON.stringify({ type: 'webauthn.create', challenge, origin: issuer })),
      attestationObject: base64url(isoCBOR.encode(object as Parameters<typeof isoCBOR.encode>[0])),
      transports: ['internal'],
    },
  }
}

it('S1 what a new passkey says of its make is not looked at, whatever certificates it brings', async () => {
  const fetched = vi.spyOn(globalThis, 'fetch')
  const browser = await acme.signIn(grace)
  const who = await acme.actor(browser)
  const { security } = acme.identity
  const ask = async (): Promise<string> => {
    const { options, cookie } = await security.passkeyOptions(who, browser.from())
    browser.keep(cookie)
    return String('challenge' in options && options.challenge)
  }
  const statement = new Map<string, unknown>([
    ['alg', cose.COSEALG.ES256],
    ['sig', randomBytes(64)],
    ['x5c', [randomBytes(300), randomBytes(300)]],
  ])
  for (const [fmt, said] of [
    ['none', new Map<string, unknown>()],
    ['packed', statement],
    ['android-key', statement],
    ['apple', statement],
    ['of no standard', statement],
  ] as const) {
    const answer = newPasskey(await ask(), fmt, said)
    const added = await security.addPasskey(who, { name: fmt, answer }, browser.from())
    expect(added.passkey.name).toBe(fmt)
  }
  const answer = newPasskey(await ask(), 'none', new Map())
  const nonsense = { ...answer, response: { ...answer.response, attestationObject: base64url('nonsense') } }
  await expect(
    security.addPasskey(who, { name: 'nonsense', answer: nonsense }, browser.from()),
  ).rejects.toMatchObject({ code: 'passkey_refused' })
  expect(fetched).not.toHaveBeenCalled()
  fetched.mockRestore()
})

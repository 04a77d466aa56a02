import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { epochSeconds, newId } from '#foundation'
import type { GrantId, MemberId } from '#foundation'
import { issuer, resource, startTestOAuth, testSecret, tokensFor } from '../../../test/support/oauth.ts'
import type { TestOAuth } from '../../../test/support/oauth.ts'
import { createSigningKeys } from '../keys/signing-keys.ts'
import type { SigningKey } from '../keys/signing-keys.ts'
import { createKeyTable } from '../store/keys.ts'
import { signAccessToken } from './access-token.ts'
import type { AccessTokenClaims } from './access-token.ts'

let t: TestOAuth
/** Our real key: what forged content would look like if somebody could sign it. */
let key: SigningKey
let good: AccessTokenClaims
let token: string

beforeAll(async () => {
  t = await startTestOAuth()
  token = (await tokensFor(t)).access_token
  const keys = createSigningKeys({
    store: createKeyTable(t.storage, t.audit),
    events: t.storage.events,
    clock: t.clock,
    secret: testSecret,
  })
  key = await keys.current()
  keys.close()
  const content = await t.oauth.verify(token, resource)
  good = {
    iss: issuer,
    sub: content?.subject ?? '',
    aud: resource,
    client_id: t.clients.notebook.clientId,
    grant_id: content?.grantId as GrantId, // the one the server gave
    scope: 'crm:read',
    jti: 'j',
    iat: epochSeconds(t.clock.now()),
    exp: epochSeconds(t.clock.now()) + 600,
  }
})
afterAll(() => t.close())

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const signed = (more: Partial<Record<keyof AccessTokenClaims, unknown>>) =>
  t.oauth.verify(signAccessToken(key, { ...good, ...more } as AccessTokenClaims), resource)
const parts = () => token.split('.') as [string, string, string]

describe('an access token', () => {
  it('is verified by what it says, when we signed it', async () => {
    expect((await signed({}))?.scopes).toEqual(['crm:read'])
    expect((await signed({ scope: '' }))?.scopes).toEqual([])
    expect((await signed({ nbf: good.iat }))?.tokenId).toBe('j')
  })

  it.each([
    ['of another issuer', { iss: 'https://elsewhere.example' }],
    ['of an issuer that is nearly ours', { iss: `${issuer}/` }],
    ['for another audience', { aud: `${resource}-other` }],
    ['for a list of audiences', { aud: [resource] }],
    ['without an audience', { aud: undefined }],
    ['of a grant that isn’t there', { grant_id: newId('grt') }],
    ['without a grant', { grant_id: 'something' }],
    ['of another client than its grant’s', { client_id: newId('cli') }],
    ['of another person than its grant’s', { sub: newId('mem') as MemberId }],
    ['that expired', { exp: 1 }],
    ['that doesn’t say when', { exp: undefined }],
    ['issued in the future', { iat: epochSecondsAhead() }],
    ['not valid before the future', { nbf: epochSecondsAhead() }],
    ['without an id', { jti: undefined }],
  ])('%s is refused', async (_name, more) => {
    expect(await signed(more)).toBeUndefined()
  })

  it('with an algorithm or type of its own choice is refused', async () => {
    const [head, body, signature] = parts()
    const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { kid: string }
    for (const header of [
      { alg: 'none', typ: 'at+jwt', kid },
      { alg: 'HS256', typ: 'at+jwt', kid },
      { alg: 'ES256', typ: 'JWT', kid },
      { alg: 'ES256', typ: 'at+jwt' },
      { alg: 'ES256', typ: 'at+jwt', kid: '../../etc/passwd' },
      { alg: 'ES256', typ: 'at+jwt', kid, crit: ['exp'], exp: 1 },
    ]) {
      const input = `${encode(header)}.${body}`
      const hmac = createHmac('sha256', JSON.stringify(key.publicJwk)).update(input).digest('base64url')
      // Even our own signature doesn't make another type, algorithm or extension ours.
      const ours = sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
      const signatures = ['', signature, hmac, ours.toString('base64url')]
      for (const forged of signatures.map((one) => `${input}.${one}`)) {
        expect(await t.oauth.verify(forged, resource)).toBeUndefined()
      }
    }
  })

  it('signed by another key under our key’s name is refused', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const forged = signAccessToken({ ...key, privateKey }, good)
    expect(await t.oauth.verify(forged, resource)).toBeUndefined()
  })

  it('cut, glued, padded or made of rubbish is refused, never an error', async () => {
    const [head, body, signature] = parts()
    for (const forged of [
      '',
      '..',
      'a.b.c',
      `${head}.${body}`,
      `${token}.x`,
      `${head}.${body}.${signature.slice(0, -4)}`,
      `${head}.${body}.${signature}AAAA`,
      `${head}.${encode({ ...good, scope: 'crm:delete' })}.${signature}`,
      `${encode('text')}.${body}.${signature}`,
      `${encode(null)}.${body}.${signature}`,
      `${token}${'x'.repeat(9000)}`,
    ]) {
      expect(await t.oauth.verify(forged, resource)).toBeUndefined()
    }
    expect(await t.oauth.verify(token, resource)).toBeDefined()
  })
})

/** Two minutes after the tests' clock: more than any replica's clock may be ahead. */
function epochSecondsAhead(): number {
  return epochSeconds(new Date('2026-11-21T09:02:00Z'))
}

import {
  Client,
  ClientCredentialsProvider,
  CrossAppAccessProvider,
  PrivateKeyJwtProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import { exportPKCS8 } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GrantView, MemberView, UnattendedView } from '#contract'
import { isId, systemClock } from '#foundation'
import type { CreatedClient } from '../../src/oauth/clients/manual-client.ts'
import { assertionKey } from '../support/assertions.ts'
import type { Browser } from '../support/browser.ts'
import { assertionFor, idpIssuer, jwtBearer, openIdp } from '../support/id-jag.ts'
import type { Idp } from '../support/id-jag.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'

let tandem: RunningTandem
let idp: Idp
let ada: Browser
let grace: MemberView
beforeAll(async () => {
  idp = await openIdp()
  const settings = { issuer: idpIssuer, jwks: { keys: [{ ...idp.key.jwk, kty: 'EC' }] } }
  tandem = await startTandem({
    config: { TANDEM_ENTERPRISE_IDPS: [{ ...settings, email_domains: ['acme.example'] }] },
  })
  ada = await tandem.signIn('ada')
  const { body } = await ada.json('GET', '/api/members')
  const found = (body as { members: MemberView[] }).members.find(({ name }) => name === 'Grace')
  if (!found) throw new Error('Grace is not there')
  grace = found
})
afterAll(() => tandem?.close())

type Provider = ClientCredentialsProvider | PrivateKeyJwtProvider | CrossAppAccessProvider

/** Connects with nothing but an address and its credentials; the SDK finds the way. */
async function connect(authProvider: Provider) {
  const transport = new StreamableHTTPClientTransport(new URL('/mcp', tandem.url), { authProvider })
  const client = new Client({ name: 'nightly', version: '1' })
  await client.connect(transport)
  return client
}
async function whoami(client: Client): Promise<Record<string, unknown>> {
  const result = await client.callTool({ name: 'whoami', arguments: {} })
  return result.structuredContent as Record<string, unknown>
}
function memberId(id: string) {
  if (!isId('mem', id)) throw new Error('no member')
  return id
}
const robot = (more: Record<string, unknown> = {}): Promise<CreatedClient> =>
  tandem.parts.oauth.clients.create({
    name: 'Nightly report',
    redirectUris: [],
    confidential: true,
    grantTypes: ['client_credentials'],
    owner: memberId(grace.id),
    ...more,
  })
const grantsOf = async (who: Browser) => {
  const { body } = await who.json('GET', '/api/grants')
  return (body as { grants: GrantView[] }).grants.filter(({ status }) => status === 'active')
}

describe('the official client with nobody in front of it', () => {
  it('client_credentials: a secret is enough, and it works with its owner’s rights', async () => {
    const { clientId, clientSecret } = await robot({ scopes: ['crm:read'] })
    const client = await connect(
      new ClientCredentialsProvider({
        clientId,
        clientSecret: clientSecret ?? '',
        expectedIssuer: tandem.url,
      }),
    )
    expect(await whoami(client)).toMatchObject({
      person: { name: 'Grace' },
      app: 'Nightly report',
      scopes: ['crm:read'],
    })
    await client.close()
  })

  it('private_key_jwt: no secret crosses the wire (A153: its audience is the issuer)', async () => {
    const key = await assertionKey()
    const { clientId } = await robot({ name: 'Signing report', jwks: { keys: [key.jwk] } })
    const client = await connect(
      new PrivateKeyJwtProvider({
        clientId,
        privateKey: await exportPKCS8(key.privateKey),
        algorithm: 'ES256',
        expectedIssuer: tandem.url,
      }),
    )
    expect(await whoami(client)).toMatchObject({ app: 'Signing report' })
    await client.close()
  })

  it('cross-app access: the organisation’s provider says who uses it, and nobody is asked', async () => {
    const { clientId, clientSecret } = await tandem.parts.oauth.clients.create({
      name: 'Assistant',
      redirectUris: [],
      confidential: true,
      grantTypes: [jwtBearer],
    })
    const client = await connect(
      new CrossAppAccessProvider({
        clientId,
        clientSecret: clientSecret ?? '',
        expectedIssuer: tandem.url,
        assertion: async ({ authorizationServerUrl, resourceUrl, scope }) =>
          assertionFor(idp, clientId, systemClock, {
            aud: authorizationServerUrl,
            resource: resourceUrl,
            scope,
          }),
      }),
    )
    expect(await whoami(client)).toMatchObject({ person: { name: 'Grace' }, app: 'Assistant' })
    await client.close()
  })

  it('the owner sees each among her connected apps, in its kind, and ends it; an administrator lets it come again', async () => {
    const { clientId, clientSecret } = await robot({ name: 'Ended report' })
    const provider = () =>
      new ClientCredentialsProvider({
        clientId,
        clientSecret: clientSecret ?? '',
        expectedIssuer: tandem.url,
      })
    const client = await connect(provider())
    const hers = await tandem.signIn('grace')
    const grant = (await grantsOf(hers)).find(({ client: { name } }) => name === 'Ended report')
    expect(grant).toMatchObject({ kind: 'client_credentials', client: { id: clientId } })
    expect((await hers.json('DELETE', `/api/grants/${grant?.id}`)).status).toBe(204)
    await expect(whoami(client)).rejects.toThrow()
    await expect(connect(provider())).rejects.toThrow()

    const path = `/api/client/unattended?id=${clientId}`
    const open = '/api/client/unattended/open'
    expect((await hers.json('GET', path)).status).toBe(403)
    expect((await hers.json('POST', open, { id: clientId })).status).toBe(403)
    const seen = (await ada.json('GET', path)).body as UnattendedView
    expect(seen).toMatchObject({ closedSince: expect.any(String), exchangeable: null })
    expect((await ada.json('POST', open, { id: clientId })).status).toBe(204)
    const again = await connect(provider())
    expect(await whoami(again)).toMatchObject({ app: 'Ended report' })
    await again.close()
  })
})

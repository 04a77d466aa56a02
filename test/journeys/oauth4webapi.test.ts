import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { consentingPerson } from './consenting-person.ts'
import type { ConsentingPerson } from './consenting-person.ts'

let tandem: RunningTandem
let person: ConsentingPerson
beforeAll(async () => {
  tandem = await startTandem()
  person = await consentingPerson(tandem)
})
afterAll(async () => {
  await person?.close()
  await tandem?.close()
})

const insecure = { [oauth.allowInsecureRequests]: true }
const redirectUri = 'http://127.0.0.1:9999/callback'

describe('an independent, strict OAuth client (oauth4webapi)', () => {
  it.each(['none', 'client_secret_basic', 'client_secret_post'] as const)(
    'walks the whole way with the authentication method %s',
    async (method) => {
      const resource = new URL('/mcp', tandem.url)
      const protectedResource = await oauth.processResourceDiscoveryResponse(
        resource,
        await oauth.resourceDiscoveryRequest(resource, insecure),
      )
      const issuer = new URL(protectedResource.authorization_servers?.[0] ?? '')
      const as = await oauth.processDiscoveryResponse(
        issuer,
        await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
      )
      const client = await oauth.processDynamicClientRegistrationResponse(
        await oauth.dynamicClientRegistrationRequest(
          as,
          { client_name: 'Strict', redirect_uris: [redirectUri], token_endpoint_auth_method: method },
          insecure,
        ),
      )
      const authentication = {
        none: () => oauth.None(),
        client_secret_basic: () => oauth.ClientSecretBasic(String(client.client_secret)),
        client_secret_post: () => oauth.ClientSecretPost(String(client.client_secret)),
      }[method]()

      const verifier = oauth.generateRandomCodeVerifier()
      const state = oauth.generateRandomState()
      const authorize = new URL(as.authorization_endpoint ?? '')
      authorize.search = new URLSearchParams({
        client_id: client.client_id,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: 'crm:read',
        resource: protectedResource.resource,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
      }).toString()
      // Checks state and iss (RFC 9207).
      const parameters = oauth.validateAuthResponse(as, client, await person.allow(authorize), state)
      const granted = await oauth.authorizationCodeGrantRequest(
        as,
        client,
        authentication,
        parameters,
        redirectUri,
        verifier,
        insecure,
      )
      const tokens = await oauth.processAuthorizationCodeResponse(as, client, granted)
      expect(tokens.scope).toBe('crm:read')

      // Checks the signature by the published keys, and RFC 9068's claims.
      const request = new Request(resource, { headers: { authorization: `Bearer ${tokens.access_token}` } })
      const claims = await oauth.validateJwtAccessToken(as, request, protectedResource.resource, insecure)
      expect(claims).toMatchObject({ client_id: client.client_id, scope: 'crm:read' })

      const refreshed = await oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(
          as,
          client,
          authentication,
          tokens.refresh_token ?? '',
          insecure,
        ),
      )
      const answer = await oauth.protectedResourceRequest(
        refreshed.access_token,
        'POST',
        resource,
        new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream' }),
        JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami' } }),
        insecure,
      )
      expect(await answer.json()).toMatchObject({ result: { structuredContent: { app: 'Strict' } } })

      // Stepping up: the challenge says which scopes the call needs.
      const refused = oauth.protectedResourceRequest(
        refreshed.access_token,
        'POST',
        resource,
        new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream' }),
        JSON.stringify({
          jsonrpc: '2.0',
          id: 2,
          method: 'tools/call',
          params: { name: 'undo', arguments: { change_set: 'chs_1' } },
        }),
        insecure,
      )
      const challenged = await refused.then(
        () => undefined,
        (error: unknown) => error,
      )
      expect(challenged).toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
      if (challenged instanceof oauth.WWWAuthenticateChallengeError) {
        expect(challenged.status).toBe(403)
        expect(challenged.cause[0]).toMatchObject({
          scheme: 'bearer',
          parameters: { error: 'insufficient_scope', scope: 'crm:write' },
        })
      }
      const revoked = await oauth.revocationRequest(
        as,
        client,
        authentication,
        refreshed.refresh_token ?? '',
        insecure,
      )
      expect(await oauth.processRevocationResponse(revoked)).toBeUndefined()
    },
  )
})

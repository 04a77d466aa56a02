import { exportJWK } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Browser } from '../support/browser.ts'
import { consentTo } from '../support/connect-agent.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

// Everything there is against theft at once: a key to authenticate with, a pushed request, tokens bound to another
// key, nonces in every proof. With a strict client that isn't ours.
let tandem: RunningTandem
let browser: Browser
beforeAll(async () => {
  tandem = await startTandem({ config: { TANDEM_DPOP_NONCES: true } })
  browser = await tandem.signIn('grace')
})
afterAll(() => tandem?.close())

const insecure = { [oauth.allowInsecureRequests]: true }
const redirectUri = 'http://127.0.0.1:9999/callback'

/** As oauth4webapi says to: once more with the nonce that the first answer carried. */
async function withNonce<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return ask()
  }
}

async function discover() {
  const issuer = new URL(tandem.url)
  const answer = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
  return oauth.processDiscoveryResponse(issuer, answer)
}

describe('a client with every protection there is (oauth4webapi)', () => {
  it.each(['ES256', 'PS256'])('walks the whole way with %s', async (alg) => {
    const as = await discover()
    const authKeys = await oauth.generateKeyPair(alg, { extractable: true })
    const proofKeys = await oauth.generateKeyPair(alg)
    const jwk = { ...(await exportJWK(authKeys.publicKey)), kid: 'ours' }
    const { clientId } = await tandem.parts.oauth.clients.create({
      name: 'Careful',
      redirectUris: [redirectUri],
      confidential: true,
      jwks: { keys: [jwk] },
    })
    const client: oauth.Client = { client_id: clientId }
    const authentication = oauth.PrivateKeyJwt({ key: authKeys.privateKey, kid: 'ours' })
    const DPoP = oauth.DPoP(client, proofKeys)
    const options = { DPoP, ...insecure }

    const verifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    const parameters = {
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'crm:read',
      resource: `${tandem.url}/mcp`,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    }
    const pushed = await withNonce(async () =>
      oauth.processPushedAuthorizationResponse(
        as,
        client,
        await oauth.pushedAuthorizationRequest(as, client, authentication, parameters, options),
      ),
    )
    const authorize = new URL(as.authorization_endpoint ?? '')
    authorize.search = new URLSearchParams({
      client_id: clientId,
      request_uri: pushed.request_uri,
    }).toString()
    const { back, consent } = await consentTo(browser, authorize.href)
    expect(consent.scopes.map(({ scope }) => scope)).toEqual(['crm:read'])

    const answer = oauth.validateAuthResponse(as, client, back, state)
    const tokens = await withNonce(async () =>
      oauth.processAuthorizationCodeResponse(
        as,
        client,
        await oauth.authorizationCodeGrantRequest(
          as,
          client,
          authentication,
          answer,
          redirectUri,
          verifier,
          options,
        ),
      ),
    )
    expect(tokens.token_type).toBe('dpop')

    const call = async (accessToken: string, more: oauth.ProtectedResourceRequestOptions) => {
      const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami' } })
      const url = new URL('/mcp', tandem.url)
      return oauth.protectedResourceRequest(accessToken, 'POST', url, new Headers(headers), body, more)
    }
    const called = await withNonce(() => call(tokens.access_token, options))
    expect(await called.json()).toMatchObject({ result: { structuredContent: { app: 'Careful' } } })

    // A thief with the token alone.
    const stolen = await call(tokens.access_token, insecure).catch((error: unknown) => error)
    expect(stolen).toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
    if (stolen instanceof oauth.WWWAuthenticateChallengeError) {
      expect([stolen.status, stolen.cause[0]?.scheme]).toEqual([401, 'dpop'])
      expect(stolen.cause[0]?.parameters['algs']).toContain('ES256')
    }

    const refreshed = await withNonce(async () =>
      oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token ?? '', options),
      ),
    )
    expect((await withNonce(() => call(refreshed.access_token, options))).status).toBe(200)

    const introspected = await oauth.processIntrospectionResponse(
      as,
      client,
      await oauth.introspectionRequest(as, client, authentication, refreshed.access_token, insecure),
    )
    expect(introspected).toMatchObject({
      active: true,
      token_type: 'DPoP',
      cnf: { jkt: await DPoP.calculateThumbprint() },
    })
    const revoked = await oauth.revocationRequest(
      as,
      client,
      authentication,
      refreshed.refresh_token ?? '',
      insecure,
    )
    expect(await oauth.processRevocationResponse(revoked)).toBeUndefined()
    const gone = await withNonce(() => call(refreshed.access_token, options)).catch((error: unknown) => error)
    expect(gone).toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
  })
})

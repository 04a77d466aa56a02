import { epochSeconds } from '#foundation'
import { asserted, assertionKey } from './assertions.ts'
import type { AssertionKey } from './assertions.ts'
import { issuer, startTestOAuth } from './oauth.ts'
import type { TestOAuth } from './oauth.ts'

// ChatGPT's shape: a metadata document, private_key_jwt with RS256, the keys at a jwks_uri, `none` listed beside it.
export const chat = 'https://chat.example/oauth/client.json'
export const jwksUri = 'https://chat.example/oauth/jwks.json'
export const chatRedirect = 'https://chat.example/connector_platform_oauth_redirect'
// Mallory's own client, as well set up as ChatGPT's, with its key in the document.
export const mallory = 'https://mallory.example/client.json'
export const malloryRedirect = 'https://mallory.example/callback'

export type SigningClients = Awaited<ReturnType<typeof startSigningClients>>

/** An authorization server that two clients with keys of their own come to. `fetched` counts what it fetched. */
export async function startSigningClients() {
  const t: TestOAuth = await startTestOAuth()
  const fetches: string[] = []
  const get = t.documents.get.bind(t.documents)
  t.documents.get = (url) => {
    fetches.push(url)
    return get(url)
  }
  const [key, malloryKey] = [await assertionKey('RS256'), await assertionKey('ES256')]
  const publishKeys = (keys: AssertionKey[]): void => {
    const body = JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })
    const cacheControl = 'max-age=3600'
    t.documents.set(jwksUri, { status: 200, contentType: 'application/json', body, etag: null, cacheControl })
  }
  t.publish(chat, {
    client_name: 'ChatGPT',
    redirect_uris: [chatRedirect],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    token_endpoint_auth_signing_alg: 'RS256',
    jwks_uri: jwksUri,
  })
  t.publish(mallory, {
    client_name: 'Mallory’s',
    redirect_uris: [malloryRedirect],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [malloryKey.jwk] },
  })
  publishKeys([key])
  return {
    t,
    key,
    malloryKey,
    publishKeys,
    fetched: (url: string) => fetches.filter((one) => one === url).length,
    /** An assertion of ChatGPT's, by its key unless said otherwise. */
    sign: (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, by = key) =>
      by.sign(epochSeconds(t.clock.now()), { iss: chat, sub: chat, aud: issuer, ...claims }, header),
    /** A token request that fails at its grant, not before: only authentication is at stake. */
    probe: (form: Record<string, string>, headers: Record<string, string> = {}) =>
      t.post('/oauth/token', { grant_type: 'refresh_token', refresh_token: 'none', ...form }, headers),
    /** The same with an assertion. */
    present(assertion: string): Promise<Response> {
      return this.probe(asserted(assertion))
    },
  }
}

/** What a probe hears from a server that knows who asks, and from one that doesn't. */
export const authenticated = [400, 'invalid_grant']
export const refused = [401, 'invalid_client']

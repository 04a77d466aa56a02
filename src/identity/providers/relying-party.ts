import type * as OpenId from 'openid-client'
import type { Clock } from '#foundation'
import type { Claims, Provider } from './presets.ts'

const hour = 3_600_000
const patienceSeconds = 10

type Secrets = { state: string; nonce: string; verifier: string }
/** What a provider vouched for: who, in its own terms, and what it says of her. */
export type Vouched = { issuer: string; subject: string; claims: Claims }

/** The person said no at the provider, or it did. */
export class Denied extends Error {
  override readonly name = 'Denied'
}

export type RelyingParty = ReturnType<typeof createRelyingParty>

/** Our side of OpenID Connect: code flow with PKCE, state and nonce; the ID token's signature is checked. */
export function createRelyingParty(issuer: string, clock: Clock) {
  const known = new Map<string, { at: number; found: Promise<OpenId.Configuration> }>()
  const redirectUri = (provider: Provider) => `${issuer}/api/sign-in/${provider.name}/callback`

  /** Loaded with the first person who comes this way, not at every start. */
  const library = (): Promise<typeof OpenId> => import('openid-client')

  const discover = async (provider: Provider): Promise<OpenId.Configuration> => {
    const openid = await library()
    const { issuer: theirs, clientId, clientSecret } = provider
    // OIDC Discovery §3: without the member only client_secret_basic is promised.
    const authenticate: OpenId.ClientAuth = (server, client, body, headers) => {
      const post = server.token_endpoint_auth_methods_supported?.includes('client_secret_post')
      const method = post ? openid.ClientSecretPost : openid.ClientSecretBasic
      method(clientSecret)(server, client, body, headers)
    }
    return openid.discovery(new URL(theirs), clientId, undefined, authenticate, {
      timeout: patienceSeconds,
      execute: [
        // The answer comes straight from the provider, but its signature costs little to check (OIDC Core §3.1.3.7 item 6).
        openid.enableNonRepudiationChecks,
        // The settings allow http only for a provider on this computer.
        ...(theirs.startsWith('http:') ? [openid.allowInsecureRequests] : []),
      ],
    })
  }
  const configuration = (provider: Provider): Promise<OpenId.Configuration> => {
    const now = clock.now().getTime()
    const cached = known.get(provider.name)
    if (cached && now - cached.at < hour) return cached.found
    const found = discover(provider)
    known.set(provider.name, { at: now, found })
    found.catch(() => known.delete(provider.name))
    return found
  }

  return {
    /** Where the provider asks the person. */
    async authorizationUrl(provider: Provider, { state, nonce, verifier }: Secrets): Promise<string> {
      const openid = await library()
      const url = openid.buildAuthorizationUrl(await configuration(provider), {
        redirect_uri: redirectUri(provider),
        scope: 'openid email profile',
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
      })
      return url.href
    },

    /**
     * Checks the provider's answer and exchanges its code: state, `iss` (RFC 9207 §2.4, against mix-up), nonce,
     * signature, audience, times. @throws Denied — when the answer says that there is none.
     */
    async exchange(provider: Provider, search: string, secrets: Secrets): Promise<Vouched> {
      const openid = await library()
      const config = await configuration(provider)
      // Our own spelling of our address: behind a proxy the request doesn't know its scheme.
      const answer = new URL(redirectUri(provider))
      answer.search = search
      const tokens = await openid
        .authorizationCodeGrant(config, answer, {
          pkceCodeVerifier: secrets.verifier,
          expectedState: secrets.state,
          expectedNonce: secrets.nonce,
          idTokenExpected: true,
        })
        .catch((error: unknown) => {
          throw error instanceof openid.AuthorizationResponseError ? new Denied(error.error) : error
        })
      const token = tokens.claims()
      if (!token) throw new Error('no ID token')
      // Providers may keep the address for UserInfo when there is an access token (OIDC Core §5.4).
      const more =
        typeof token['email'] === 'string'
          ? {}
          : await openid.fetchUserInfo(config, tokens.access_token, token.sub)
      return { issuer: provider.issuer, subject: token.sub, claims: { ...more, ...token } }
    },
  }
}

import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'

/** An account at the provider: what it says of it. */
export type Account = { sub: string; email?: string; email_verified?: boolean; name?: string }

export type OpenIdProvider = {
  readonly issuer: string
  /** Who is at the provider's keyboard from now on; null: somebody who says no. */
  signInAs(account: Account | null): void
  close(): Promise<void>
}

export const clientSecret = 'not a secret to anybody, this is a test'

/** A real OpenID provider (oidc-provider) on this computer, whose person says yes to everything. */
/** `api`: also an authorization server of other servers, with JWT access tokens (RFC 9068) and public clients. */
type Options = { api?: { scope: string; clients: Record<string, string> } }

export async function startOpenIdProvider(
  redirectUris: Record<string, string>,
  { api }: Options = {},
): Promise<OpenIdProvider> {
  let who: Account | null = null
  let handle: ReturnType<Provider['callback']> = async () => undefined
  const accounts = new Map<string, Account>()
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.address() as AddressInfo // listening on a port, not on a pipe
  const issuer = `http://127.0.0.1:${port}`
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const provider = new Provider(issuer, {
    jwks: {
      keys: [{ ...pair.privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'one' }],
    },
    cookies: { keys: ['the cookie key of this test'] },
    clients: [
      ...Object.entries(redirectUris).map(([id, uri]) => ({
        client_id: id,
        client_secret: clientSecret,
        redirect_uris: [uri],
      })),
      ...Object.entries(api?.clients ?? {}).map(([id, uri]) => ({
        client_id: id,
        redirect_uris: [uri],
        application_type: 'native' as const,
        token_endpoint_auth_method: 'none' as const,
        grant_types: ['authorization_code', 'refresh_token'],
      })),
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_context: unknown, sub: string) => ({
      accountId: sub,
      claims: async () => accounts.get(sub) ?? { sub },
    }),
    features: {
      devInteractions: { enabled: false },
      ...(api && {
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context: unknown, resource: string) => ({
            scope: api.scope,
            audience: resource,
            accessTokenTTL: 600,
            accessTokenFormat: 'jwt' as const,
            jwt: { sign: { alg: 'RS256' as const } },
          }),
          useGrantedResource: () => true,
        },
      }),
    },
    ...(api && {
      extraTokenClaims: (_context: unknown, token: object) => {
        const accountId = 'accountId' in token ? String(token.accountId) : ''
        const { email, email_verified } = accounts.get(accountId) ?? {}
        return { email, email_verified }
      },
    }),
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      Grant: 600,
      IdToken: 600,
      Interaction: 600,
      Session: 600,
    },
    renderError: (context: { body: unknown }, out: unknown) => void (context.body = out),
  })
  handle = provider.callback()

  const answer: typeof handle = async (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return handle(request, response)
    const { prompt, params } = await provider.interactionDetails(request, response)
    if (who === null) {
      return provider.interactionFinished(request, response, { error: 'access_denied' })
    }
    accounts.set(who.sub, who)
    if (prompt.name === 'login') {
      return provider.interactionFinished(request, response, { login: { accountId: who.sub } })
    }
    const grant = new provider.Grant({ accountId: who.sub, clientId: String(params['client_id']) })
    grant.addOIDCScope(`openid email profile${api ? ' offline_access' : ''}`)
    const resource = params['resource']
    if (api && typeof resource === 'string') grant.addResourceScope(resource, api.scope)
    const consent = { grantId: await grant.save() }
    return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true })
  }

  return {
    issuer,
    signInAs: (account) => void (who = account),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

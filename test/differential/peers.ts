import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Provider, errors } from 'oidc-provider'
import { openBrowser } from '../support/browser.ts'
import { consentTo } from '../support/connect-agent.ts'
import { freePort, startTandem } from '../support/tandem.ts'

export const callback = 'https://app.example/callback'
export type Credentials = { id: string; secret: string }

/** An authorization server, its two clients, and a person who says yes. */
export type Peer = {
  origin: string
  resource: string
  metadata: Record<string, unknown>
  /** Public; its redirect URI is on this computer, with a port. */
  app: string
  /** With a secret. */
  service: Credentials
  other: Credentials
  /** Where the browser is when the person has allowed everything. Throws when nobody was asked. */
  allow(authorizeUrl: string): Promise<URL>
  close(): Promise<void>
}

export async function startOurs(): Promise<Peer> {
  const tandem = await startTandem()
  const { clients } = tandem.parts.oauth
  const app = await clients.create({
    name: 'App',
    redirectUris: ['http://127.0.0.1:7777/callback'],
    confidential: false,
  })
  const service = await clients.create({ name: 'Service', redirectUris: [callback], confidential: true })
  const other = await clients.create({ name: 'Other', redirectUris: [callback], confidential: true })
  const ada = await tandem.signIn('ada')
  return {
    origin: tandem.url,
    resource: `${tandem.url}/mcp`,
    metadata: await metadataOf(tandem.url),
    app: app.clientId,
    service: { id: service.clientId, secret: service.clientSecret ?? '' },
    other: { id: other.clientId, secret: other.clientSecret ?? '' },
    allow: async (url) => (await consentTo(ada, url)).back,
    close: () => tandem.close(),
  }
}

/** node-oidc-provider, set up as near to us as its options allow: PKCE for all, rotation, resources, JWT access tokens. */
export async function startTheirs(): Promise<Peer> {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const resource = `${origin}/mcp`
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const common = {
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code' as const],
    id_token_signed_response_alg: 'ES256' as const,
  }
  const secret = {
    token_endpoint_auth_method: 'client_secret_basic' as const,
    client_secret: 'a secret that only this test knows',
  }
  const provider = new Provider(origin, {
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'theirs' }] },
    cookies: { keys: ['a key that only this test knows'] },
    scopes: ['openid', 'offline_access', 'crm:read', 'crm:write'],
    clients: [
      {
        ...common,
        client_id: 'app',
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1:7777/callback'],
        token_endpoint_auth_method: 'none',
      },
      { ...common, ...secret, client_id: 'service', redirect_uris: [callback] },
      { ...common, ...secret, client_id: 'other', redirect_uris: [callback] },
    ],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: () => true,
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      revocation: { enabled: true },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo(_ctx, asked) {
          if (asked === resource)
            return { scope: 'crm:read crm:write', audience: resource, accessTokenFormat: 'jwt' }
          throw new errors.InvalidTarget()
        },
      },
    },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    renderError: (ctx, out) => {
      ctx.type = 'html'
      ctx.body = `<!doctype html><p>${out.error}</p>`
    },
  })
  const oidc = provider.callback()
  const server = createServer((request, response) => {
    const answered = request.url?.startsWith('/interaction/')
      ? sayYes(provider, request, response, resource)
      : oidc(request, response)
    Promise.resolve(answered).catch(() => response.writeHead(500).end())
  })
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
  return {
    origin,
    resource,
    metadata: await metadataOf(origin),
    app: 'app',
    service: { id: 'service', secret: secret.client_secret },
    other: { id: 'other', secret: secret.client_secret },
    async allow(authorizeUrl) {
      const browser = openBrowser(origin)
      let at = authorizeUrl
      for (let hops = 0; hops < 8; hops++) {
        const { location } = Object.fromEntries((await browser.fetch(at)).headers)
        if (!location) break
        at = new URL(location, origin).href
        if (!at.startsWith(origin)) return new URL(at)
      }
      throw new Error(`no consent page: ${at}`)
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The person: signs in and allows all that is asked. */
async function sayYes(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  resource: string,
): Promise<void> {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response)
  if (prompt.name === 'login')
    return provider.interactionFinished(request, response, { login: { accountId: 'ada' } })
  const known = grantId ? await provider.Grant.find(grantId) : undefined
  const grant =
    known ??
    new provider.Grant({ accountId: session?.accountId ?? 'ada', clientId: String(params['client_id']) })
  const asked = String(params['scope'] ?? '')
  grant.addOIDCScope(asked)
  grant.addResourceScope(resource, asked)
  return provider.interactionFinished(
    request,
    response,
    { consent: { grantId: await grant.save() } },
    { mergeWithLastSubmission: true },
  )
}

async function metadataOf(origin: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${origin}/.well-known/openid-configuration`)
  return (await response.json()) as Record<string, unknown>
}

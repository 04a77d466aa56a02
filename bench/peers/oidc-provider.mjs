import { generateKeyPairSync } from 'node:crypto'
import { Provider } from 'oidc-provider'
import { memoryAdapter } from './memory-adapter.mjs'
import { bodyOf, json, serve } from './serve.mjs'

// node oidc-provider.mjs [RS256 | ES256] [sqlite file]: without a file it keeps everything in memory.
// RS256 is what ID tokens are signed with unless a client asks for something else (OpenID Registration §2).
const [alg = 'RS256', file] = process.argv.slice(2)

await serve(async (origin) => {
  const adapter = file ? (await import('./sqlite-adapter.mjs')).sqliteAdapter(file) : memoryAdapter()
  const pair =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = pair.privateKey.export({ format: 'jwk' })
  const provider = new Provider(origin, {
    adapter,
    jwks: { keys: [{ ...key, alg, use: 'sig', kid: 'bench' }] },
    clients: [
      {
        client_id: 'service',
        client_secret: 'only the benchmark knows this',
        redirect_uris: ['https://notebook.example/callback'],
        grant_types: [
          'authorization_code',
          'refresh_token',
          'client_credentials',
          'urn:ietf:params:oauth:grant-type:device_code',
        ],
        response_types: ['code'],
      },
    ],
    clientDefaults: { id_token_signed_response_alg: alg },
    enabledJWA: { idTokenSigningAlgValues: [alg] },
    cookies: { keys: ['bench cookie key, thirty-two bytes long'] },
    scopes: ['openid', 'offline_access', 'profile', 'email'],
    claims: { profile: ['name'], email: ['email'] },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: 'Ada', email: 'ada@acme.example' }),
    }),
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true, issueRegistrationAccessToken: false },
      introspection: { enabled: true, allowedPolicy: () => true },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    ttl: {
      IdToken: 3600,
      Session: 86_400,
      Interaction: 3600,
      Grant: 86_400,
      AccessToken: 3600,
      ClientCredentials: 600,
      DeviceCode: 600,
      RefreshToken: 86_400,
    },
    routes: { registration: '/register' },
    renderError: (ctx, out) => void (ctx.body = out),
  })
  const oidc = provider.callback()

  return async (request, response) => {
    if (!request.url.startsWith('/interaction/')) return oidc(request, response)
    const { prompt, params, session, grantId } = await provider.interactionDetails(request, response)
    if (request.method === 'GET') {
      const client = await provider.Client.find(params.client_id)
      return json(response, { prompt: prompt.name, client: client.clientName, scope: params.scope })
    }
    const answer = JSON.parse(await bodyOf(request))
    const result = await decide(prompt, { answer, params, session, grantId })
    const location = await provider.interactionResult(request, response, result, {
      mergeWithLastSubmission: prompt.name === 'consent',
    })
    json(response, { location })
  }

  async function decide(prompt, { answer, params, session, grantId }) {
    if (prompt.name === 'login') return { login: { accountId: answer.login } }
    const known = grantId ? await provider.Grant.find(grantId) : undefined
    const grant = known ?? new provider.Grant({ accountId: session.accountId, clientId: params.client_id })
    const missing = prompt.details.missingOIDCScope
    if (missing) grant.addOIDCScope(missing.join(' '))
    return { consent: { grantId: await grant.save() } }
  }
})

import { callback } from './peers.ts'
import { said } from './client.ts'
import type { ScriptedClient } from './client.ts'

type Case = readonly [name: string, run: (client: ScriptedClient) => Promise<string>]

const register =
  (metadata: Record<string, unknown>, tell?: (body: Record<string, unknown>) => string) =>
  async ({ ask, endpoint }: ScriptedClient): Promise<string> => {
    const response = await ask(endpoint('registration'), { json: { client_name: 'New', ...metadata } })
    if (response.status !== 201 || !tell) return said(response)
    return tell((await response.json()) as Record<string, unknown>)
  }
const web = { redirect_uris: [callback] }
const keys = {
  keys: [
    {
      kty: 'EC',
      crv: 'P-256',
      x: 'WKn-ZIGevcwGIyyrzFoZNBdaq9_TsqzGl96oc0CWuis',
      y: 'y77t-RvAHRKTsSGdIYUfweuOvwrvDD-Q3Hv5J0fSKbE',
    },
  ],
}

/** The same deeds at every server. */
export const cases: readonly Case[] = [
  ['registering with a redirect URI and nothing else', register(web)],
  ['registering without redirect URIs', register({})],
  ['registering a redirect URI with a fragment', register({ redirect_uris: [`${callback}#x`] })],
  [
    'registering plain http on the network',
    register({ redirect_uris: ['http://app.example/cb'], application_type: 'web' }),
  ],
  [
    'registering http on this computer, kind not stated',
    register({ redirect_uris: ['http://127.0.0.1/cb'], token_endpoint_auth_method: 'none' }),
  ],
  [
    'registering Cursor’s scheme',
    register({
      redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'],
      application_type: 'native',
      token_endpoint_auth_method: 'none',
    }),
  ],
  ['registering javascript:', register({ redirect_uris: ['javascript:alert(1)'] })],
  [
    'registering a grant type nobody knows',
    register({ ...web, grant_types: ['authorization_code', 'urn:example:new'] }),
  ],
  [
    'registering a way to authenticate nobody knows',
    register({ ...web, token_endpoint_auth_method: 'carrier_pigeon' }),
  ],
  ['registering jwks and jwks_uri', register({ ...web, jwks: keys, jwks_uri: 'https://app.example/jwks' })],
  [
    'registering an unknown member',
    register({ ...web, favourite_colour: 'blue' }, (body) =>
      'favourite_colour' in body ? 'kept' : 'left out',
    ),
  ],
  [
    'registering an app on this computer without a method',
    register({ redirect_uris: ['http://127.0.0.1/cb'], application_type: 'native' }, (body) =>
      String(body['token_endpoint_auth_method']),
    ),
  ],
  [
    'registering with a form',
    async ({ ask, endpoint }) =>
      said(await ask(endpoint('registration'), { form: { redirect_uris: callback } })),
  ],

  ['asking as nobody', ({ authorize }) => authorize({ client_id: 'nobody' })],
  ['asking without a client', ({ authorize }) => authorize({ client_id: undefined })],
  ['asking to go elsewhere', ({ authorize }) => authorize({ redirect_uri: 'https://mallory.example/' })],
  ['asking to go to a path below', ({ authorize }) => authorize({ redirect_uri: `${callback}/x` })],
  [
    'asking without PKCE',
    ({ authorize }) => authorize({ code_challenge: undefined, code_challenge_method: undefined }),
  ],
  ['asking with PKCE plain', ({ authorize }) => authorize({ code_challenge_method: 'plain' })],
  ['asking with a challenge that is too short', ({ authorize }) => authorize({ code_challenge: 'short' })],
  ['asking for a token at once', ({ authorize }) => authorize({ response_type: 'token' })],
  ['asking without response_type', ({ authorize }) => authorize({ response_type: undefined })],
  ['asking for a fragment', ({ authorize }) => authorize({ response_mode: 'fragment' })],
  ['asking with scope twice', ({ authorize }) => authorize({}, '&scope=crm:write')],
  ['asking with client_id twice', ({ authorize }) => authorize({}, '&client_id=x')],
  ['asking without a person to see', ({ authorize }) => authorize({ prompt: 'none' })],
  ['asking for an unknown scope', ({ authorize }) => authorize({ scope: 'unheard-of' })],
  [
    'asking for another’s resource',
    ({ authorize }) => authorize({ resource: 'https://elsewhere.example/mcp' }),
  ],
  [
    'asking for a resource with a fragment',
    ({ authorize, peer }) => authorize({ resource: `${peer.resource}#x` }),
  ],
  [
    'asking with another port on this computer',
    ({ authorize, peer }) =>
      authorize({ client_id: peer.app, redirect_uri: 'http://127.0.0.1:41234/callback' }),
  ],
  [
    'asking with another name of this computer',
    ({ authorize, peer }) =>
      authorize({ client_id: peer.app, redirect_uri: 'http://localhost:7777/callback' }),
  ],
  ['asking with an unknown prompt', ({ authorize }) => authorize({ prompt: 'dance' })],
  ['asking with a max_age that is no number', ({ authorize }) => authorize({ max_age: 'old' })],
  ['asking with a request object', ({ authorize }) => authorize({ request: 'a.b.c' })],
  [
    'iss in the answer',
    async ({ peer, request }) =>
      (await peer.allow(request())).searchParams.get('iss') === peer.origin ? 'there' : 'missing',
  ],
  [
    'state in the answer',
    async ({ peer, request }) => String((await peer.allow(request())).searchParams.get('state')),
  ],

  ['a token request without anything', async ({ token }) => said(await token({}))],
  ['an unknown grant type', async ({ token }) => said(await token({ grant_type: 'wish' }))],
  [
    'a password',
    async ({ token }) => said(await token({ grant_type: 'password', username: 'ada', password: 'x' })),
  ],
  [
    'an unknown client',
    async ({ token }) =>
      said(
        await token(
          { grant_type: 'authorization_code', code: 'x', code_verifier: 'v'.repeat(43), client_id: 'nobody' },
          undefined,
        ),
      ),
  ],
  [
    'an unknown client with Basic',
    async ({ token, peer }) =>
      said(
        await token({ grant_type: 'refresh_token', refresh_token: 'x' }, { ...peer.service, id: 'nobody' }),
      ),
  ],
  [
    'a wrong secret',
    async ({ token, peer }) =>
      said(
        await token(
          { grant_type: 'refresh_token', refresh_token: 'x' },
          { ...peer.service, secret: 'wrong' },
        ),
      ),
  ],
  [
    'a secret in the header and in the body',
    async ({ token, peer }) =>
      said(
        await token({ grant_type: 'refresh_token', refresh_token: 'x', client_secret: peer.service.secret }),
      ),
  ],
  [
    'a secret in the body, registered for neither in particular',
    async ({ token, peer }) =>
      said(
        await token(
          {
            grant_type: 'refresh_token',
            refresh_token: 'x',
            client_id: peer.service.id,
            client_secret: peer.service.secret,
          },
          undefined,
        ),
      ),
  ],
  [
    'JSON instead of a form',
    async ({ ask, endpoint, peer }) =>
      said(await ask(endpoint('token'), { json: { grant_type: 'refresh_token' }, basic: peer.service })),
  ],
  ['a GET', async ({ ask, endpoint }) => said(await ask(endpoint('token')))],
  [
    'a parameter twice',
    async ({ ask, endpoint, peer }) =>
      said(
        await ask(endpoint('token'), {
          form: [
            ['grant_type', 'refresh_token'],
            ['grant_type', 'refresh_token'],
            ['refresh_token', 'x'],
          ],
          basic: peer.service,
        }),
      ),
  ],

  ['a code, exchanged', async ({ exchange }) => said(await exchange())],
  [
    'a code with a wrong verifier',
    async ({ exchange }) => said(await exchange({ code_verifier: 'v'.repeat(43) })),
  ],
  ['a code without its verifier', async ({ exchange }) => said(await exchange({ code_verifier: undefined }))],
  ['a code without redirect_uri', async ({ exchange }) => said(await exchange({ redirect_uri: undefined }))],
  [
    'a code with another redirect_uri',
    async ({ exchange }) => said(await exchange({ redirect_uri: 'https://mallory.example/' })),
  ],
  ['a code of another client', async ({ exchange, peer }) => said(await exchange({}, peer.other))],
  [
    'a code for another resource',
    async ({ exchange }) => said(await exchange({ resource: 'https://elsewhere.example/mcp' })),
  ],
  [
    'a code twice, and what the first use gave',
    async ({ code, exchange, refresh }) => {
      const once = await code()
      const first = (await (await exchange({ code: once })).json()) as Record<string, string>
      const second = await said(await exchange({ code: once }))
      return `${second}; then ${await said(await refresh(first['refresh_token']))}`
    },
  ],
  [
    'a code twice, the second time with a wrong verifier, and what the first use gave',
    async ({ code, exchange, refresh }) => {
      const once = await code()
      const first = (await (await exchange({ code: once })).json()) as Record<string, string>
      const second = await said(await exchange({ code: once, code_verifier: 'v'.repeat(43) }))
      return `${second}; then ${await said(await refresh(first['refresh_token']))}`
    },
  ],

  ['a refresh', async ({ tokens, refresh }) => said(await refresh((await tokens())['refresh_token']))],
  [
    'a refresh by another client',
    async ({ tokens, refresh, peer }) =>
      said(await refresh((await tokens())['refresh_token'], {}, peer.other)),
  ],
  [
    'a refresh for more',
    async ({ tokens, refresh }) =>
      said(await refresh((await tokens())['refresh_token'], { scope: 'crm:read crm:write' })),
  ],
  [
    'a refresh with an access token',
    async ({ tokens, refresh }) => said(await refresh((await tokens())['access_token'])),
  ],
  [
    'a refresh for another resource',
    async ({ tokens, refresh }) =>
      said(await refresh((await tokens())['refresh_token'], { resource: 'https://elsewhere.example/mcp' })),
  ],
  [
    'the same refresh again at once, as after a lost answer',
    async ({ tokens, refresh }) => {
      const { refresh_token } = await tokens()
      const first = (await (await refresh(refresh_token)).json()) as Record<string, string>
      const again = await refresh(refresh_token)
      if (!again.ok) return said(again)
      const second = (await again.json()) as Record<string, string>
      return second['refresh_token'] === first['refresh_token'] ? 'the same answer' : 'another answer'
    },
  ],
  [
    'a token from two refreshes ago, and the newest after it',
    async ({ tokens, refresh }) => {
      const { refresh_token } = await tokens()
      const first = (await (await refresh(refresh_token)).json()) as Record<string, string>
      const second = (await (await refresh(first['refresh_token'])).json()) as Record<string, string>
      const old = await said(await refresh(refresh_token))
      return `${old}; then ${await said(await refresh(second['refresh_token']))}`
    },
  ],

  [
    'taking back a made-up token',
    async ({ ask, endpoint, peer }) =>
      said(await ask(endpoint('revocation'), { form: { token: 'made-up' }, basic: peer.service })),
  ],
  [
    'taking back without saying who',
    async ({ ask, endpoint }) => said(await ask(endpoint('revocation'), { form: { token: 'made-up' } })),
  ],
  [
    'taking back another client’s token, and that token',
    async ({ ask, endpoint, peer, tokens, refresh }) => {
      const { refresh_token } = await tokens()
      const answer = await said(
        await ask(endpoint('revocation'), { form: { token: refresh_token }, basic: peer.other }),
      )
      return `${answer}; then ${await said(await refresh(refresh_token))}`
    },
  ],
  [
    'taking back a refresh token, and it',
    async ({ ask, endpoint, peer, tokens, refresh }) => {
      const { refresh_token } = await tokens()
      await ask(endpoint('revocation'), { form: { token: refresh_token }, basic: peer.service })
      return said(await refresh(refresh_token))
    },
  ],
  [
    'asking about a refresh token of one’s own',
    async ({ tokens, active }) => active((await tokens())['refresh_token']),
  ],
  [
    'asking about another client’s refresh token',
    async ({ tokens, active, peer }) => active((await tokens())['refresh_token'], peer.other),
  ],
  ['asking about a made-up token', ({ active }) => active('made-up')],
  [
    'asking about a token with a wrong secret',
    ({ active, peer }) => active('made-up', { ...peer.service, secret: 'wrong' }),
  ],
  [
    'an unknown well-known address',
    async ({ ask, peer }) => String((await ask(`${peer.origin}/.well-known/unheard-of`)).status),
  ],
]

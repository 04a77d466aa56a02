import { codeIn, expectStatus, pkce, textOf, type Visitor } from '../visitor.ts'
import { redirectUri, registration, type Flow, type Registered, type Tokens } from './flow.ts'

const base = '/api/auth'

/** better-auth's oauth-provider plugin: the consent page is the app's own, its two calls are made here. */
export const betterAuthFlow: Flow = {
  async signIn(visitor) {
    const json = { email: 'ada@acme.example', password: 'correct horse battery' }
    expectStatus(await visitor.ask(`${base}/sign-in/email`, { json, headers: fromPage(visitor) }), 200)
  },
  async discover(visitor) {
    expectStatus(await visitor.ask(`${base}/.well-known/openid-configuration`), 200)
  },
  async register(visitor): Promise<Registered> {
    const answer = await visitor.askAsClient(`${base}/oauth2/register`, { json: registration })
    return { clientId: textOf(expectStatus(answer, 200, 201).json(), 'client_id') }
  },
  async authorize(visitor, { clientId }) {
    const { verifier, challenge } = pkce()
    const request = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: 'openid offline_access',
      state: 'state',
      prompt: 'consent',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    })
    const begun = expectStatus(await visitor.ask(`${base}/oauth2/authorize?${request}`), 302)
    const query = new URL(begun.location ?? '', visitor.origin).search.slice(1)
    expectStatus(await visitor.ask(`${base}/oauth2/public-client?client_id=${clientId}`), 200)
    const decided = await visitor.ask(`${base}/oauth2/consent`, {
      json: { accept: true, oauth_query: query },
      headers: fromPage(visitor),
    })
    const answer = expectStatus(decided, 200).json()
    const code = codeIn(textOf(answer, 'url' in answer ? 'url' : 'redirect_uri'))
    return token(visitor, {
      grant_type: 'authorization_code',
      client_id: clientId,
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    })
  },
  refresh: (visitor, { clientId }, refresh) =>
    token(visitor, { grant_type: 'refresh_token', client_id: clientId, refresh_token: refresh }),
  async call(visitor, access) {
    const headers = { authorization: `Bearer ${access}` }
    const answer = await visitor.askAsClient(`${base}/oauth2/userinfo`, { headers })
    textOf(expectStatus(answer, 200).json(), 'sub')
  },
}

function fromPage(visitor: Visitor): Record<string, string> {
  return { origin: visitor.origin, accept: 'application/json' }
}

async function token(visitor: Visitor, form: Record<string, string>): Promise<Tokens> {
  const body = expectStatus(await visitor.askAsClient(`${base}/oauth2/token`, { form }), 200).json()
  return { access: textOf(body, 'access_token'), refresh: textOf(body, 'refresh_token') }
}

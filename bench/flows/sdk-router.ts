import { codeIn, expectStatus, pkce, textOf, type Visitor } from '../visitor.ts'
import { redirectUri, registration, type Flow, type Registered, type Tokens } from './flow.ts'
import { callTool } from './mcp-call.ts'

/** The MCP SDK's router with an in-memory provider: nobody signs in and nobody is asked. */
export const sdkRouterFlow: Flow = {
  async signIn() {},
  async discover(visitor) {
    expectStatus(await visitor.ask('/.well-known/oauth-authorization-server'), 200)
  },
  async register(visitor): Promise<Registered> {
    const answer = await visitor.askAsClient('/register', { json: registration })
    return { clientId: textOf(expectStatus(answer, 201).json(), 'client_id') }
  },
  async authorize(visitor, { clientId }) {
    const { verifier, challenge } = pkce()
    const request = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: 'mcp',
      state: 'state',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    })
    const code = codeIn(expectStatus(await visitor.ask(`/authorize?${request}`), 302).location)
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
  call: (visitor, access) => callTool(visitor, access, { name: 'whoami', arguments: {} }, '2025-06-18'),
}

async function token(visitor: Visitor, form: Record<string, string>): Promise<Tokens> {
  const body = expectStatus(await visitor.askAsClient('/token', { form }), 200).json()
  return { access: textOf(body, 'access_token'), refresh: textOf(body, 'refresh_token') }
}

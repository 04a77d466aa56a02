import { codeIn, expectStatus, pkce, textOf, type Answer, type Visitor } from '../visitor.ts'
import { askAsService, askForDevice, clientCredentials, introspect } from './service.ts'
import { redirectUri, registration, type Flow, type Registered, type Tokens } from './flow.ts'

const scope = 'openid offline_access'

/** node-oidc-provider: the browser goes through its interaction, `prompt=consent` makes each flow decide anew. */
export const oidcProviderFlow: Flow = {
  async signIn(visitor) {
    const { clientId } = await this.register(visitor)
    const { location } = expectStatus(await visitor.ask(`/auth?${request(clientId, pkce().challenge)}`), 303)
    const back = await decide(visitor, location, { login: 'ada' })
    expectStatus(await visitor.ask(back), 303)
  },
  async discover(visitor) {
    expectStatus(await visitor.ask('/.well-known/openid-configuration'), 200)
  },
  async register(visitor): Promise<Registered> {
    const answer = expectStatus(await visitor.askAsClient('/register', { json: registration }), 201)
    return { clientId: textOf(answer.json(), 'client_id') }
  },
  async authorize(visitor, { clientId }) {
    const { verifier, challenge } = pkce()
    const begun = expectStatus(await visitor.ask(`/auth?${request(clientId, challenge)}`), 303)
    const back = await decide(visitor, begun.location, {})
    const code = codeIn(expectStatus(await visitor.ask(back), 303).location)
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
  service: {
    async equip(visitor) {
      const service = { id: 'service', secret: 'only the benchmark knows this' }
      const { verifier, challenge } = pkce()
      const begun = expectStatus(await visitor.ask(`/auth?${request(service.id, challenge)}`), 303)
      const back = await decide(visitor, begun.location, {})
      const code = codeIn(expectStatus(await visitor.ask(back), 303).location)
      const form = {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
      }
      const body = await askAsService(visitor, service, '/token', form)
      return {
        ...service,
        tokens: { access: textOf(body, 'access_token'), refresh: textOf(body, 'refresh_token') },
      }
    },
    // Its tokens live for an hour.
    renew: async (_visitor, service) => service,
    introspect: (visitor, service) => introspect(visitor, service, '/token/introspection'),
    clientCredentials: (visitor, service) => clientCredentials(visitor, service, '/token'),
    device: (visitor, service) => askForDevice(visitor, service, '/device/auth', '/token', scope),
  },
  async call(visitor, access) {
    const answer = await visitor.askAsClient('/me', { headers: { authorization: `Bearer ${access}` } })
    textOf(expectStatus(answer, 200).json(), 'sub')
  },
}

function request(clientId: string, challenge: string): string {
  return new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state: 'state',
    prompt: 'consent',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  }).toString()
}

/** Reads what is asked, answers it, and returns where the flow goes on. */
async function decide(visitor: Visitor, page: string | null, answer: object): Promise<string> {
  if (!page) throw new Error('no interaction')
  expectStatus(await visitor.ask(page), 200)
  return textOf(expectStatus(await visitor.ask(page, { json: answer }), 200).json(), 'location')
}

async function token(visitor: Visitor, form: Record<string, string>): Promise<Tokens> {
  const answer: Answer = expectStatus(await visitor.askAsClient('/token', { form }), 200)
  const body = answer.json()
  return { access: textOf(body, 'access_token'), refresh: textOf(body, 'refresh_token') }
}

import { codeIn, expectStatus, pkce, textOf } from '../visitor.ts'
import type { Visitor } from '../visitor.ts'
import { redirectUri } from './flow.ts'
import type { ServiceFlow, Tokens } from './flow.ts'
import { askAsService, askForDevice, clientCredentials, deviceCode, introspect } from './service.ts'
import type { Service } from './service.ts'

const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessToken = 'urn:ietf:params:oauth:token-type:access_token'

/** What a confidential client does at Tandem; an administrator's browser set it up. `owner` is whose rights it has. */
export function tandemService(
  owner: string,
  fromPage: (visitor: Visitor) => Record<string, string>,
): ServiceFlow {
  /** The consent page's own two calls. */
  async function allow(visitor: Visitor, page: string): Promise<string> {
    const id = new URL(page, visitor.origin).pathname.replace('/consent/', '')
    const view = expectStatus(await visitor.ask(`/api/interactions/${id}`), 200).json()
    const decided = await visitor.ask(`/api/interactions/${id}/decision`, {
      json: { csrf: textOf(view, 'csrf'), decision: 'allow' },
      headers: fromPage(visitor),
    })
    return textOf(expectStatus(decided, 200).json(), 'location')
  }

  async function authorize(visitor: Visitor, service: Omit<Service, 'tokens'>): Promise<Tokens> {
    const { verifier, challenge } = pkce()
    const request = new URLSearchParams({
      response_type: 'code',
      client_id: service.id,
      redirect_uri: redirectUri,
      scope: 'crm:read crm:write',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    })
    const begun = expectStatus(await visitor.ask(`/oauth/authorize?${request}`), 302, 303)
    const code = codeIn(await allow(visitor, begun.location ?? ''))
    const form = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }
    return tokensOf(await askAsService(visitor, service, '/oauth/token', form))
  }

  return {
    async equip(visitor) {
      const json = {
        name: 'Bench service',
        redirectUris: [redirectUri],
        confidential: true,
        grantTypes: ['authorization_code', 'refresh_token', 'client_credentials', deviceCode, tokenExchange],
        owner,
      }
      const made = expectStatus(
        await visitor.ask('/api/clients', { json, headers: fromPage(visitor) }),
        200,
        201,
      ).json()
      const service = { id: textOf(made, 'clientId'), secret: textOf(made, 'clientSecret') }
      return { ...service, tokens: await authorize(visitor, service) }
    },
    async renew(visitor, service) {
      const form = { grant_type: 'refresh_token', refresh_token: service.tokens.refresh }
      return { ...service, tokens: tokensOf(await askAsService(visitor, service, '/oauth/token', form)) }
    },
    introspect: (visitor, service) => introspect(visitor, service, '/oauth/introspect'),
    clientCredentials: (visitor, service) =>
      clientCredentials(visitor, service, '/oauth/token', { scope: 'crm:read' }),
    async exchange(visitor, service) {
      const form = {
        grant_type: tokenExchange,
        subject_token: service.tokens.access,
        subject_token_type: accessToken,
        scope: 'crm:read',
      }
      textOf(await askAsService(visitor, service, '/oauth/token', form), 'access_token')
    },
    device: (visitor, service) =>
      askForDevice(visitor, service, '/oauth/device_authorization', '/oauth/token', 'crm:read'),
  }
}

function tokensOf(body: Record<string, unknown>): Tokens {
  return { access: textOf(body, 'access_token'), refresh: textOf(body, 'refresh_token') }
}

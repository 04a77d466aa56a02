import { z } from 'zod'
import type { AuthenticateClient } from '../clients/authenticate.ts'
import type { ClientGrantType } from '../clients/client.ts'
import type { Endpoint } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import { formOf, readForm } from '../router/read-params.ts'
import { authorizationCode } from './authorization-code.ts'
import { mayUse } from './grant-type.ts'
import type { Exchange, GrantType } from './grant-type.ts'
import { readParameters } from './read-parameters.ts'
import { refresh } from './refresh.ts'

const grantTypes: Record<ClientGrantType, GrantType> = {
  authorization_code: authorizationCode,
  refresh_token: refresh,
}
const parameters = z.object({ grant_type: z.string().max(200) })

/** `POST /oauth/token` (OAuth 2.1 §3.2). */
export function createTokenEndpoint(exchange: Exchange, authenticate: AuthenticateClient): Endpoint {
  return async (request, from) => {
    const params = await readForm(request)
    const { grant_type: type } = readParameters(parameters, params)
    if (!isGrantType(type))
      throw new OAuthError('unsupported_grant_type', 'Use authorization_code or refresh_token')
    const authorization = request.headers.get('authorization')
    const client = await authenticate({ form: formOf(params), authorization, ip: from.ip })
    if (!mayUse(client, type)) {
      throw new OAuthError('unauthorized_client', `This client is not registered for ${type}`)
    }
    const answer = await grantTypes[type](exchange, client, params, from)
    // A34, and RFC 6749 §5.1.
    return new Response(answer, {
      headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', Pragma: 'no-cache' },
    })
  }
}

function isGrantType(type: string): type is ClientGrantType {
  return Object.hasOwn(grantTypes, type)
}

import { z } from 'zod'
import type { AuditEntry } from '#audit'
import type { Place } from '#foundation'
import type { AuthenticateClient } from '../clients/authenticate.ts'
import type { Client, ClientGrantType } from '../clients/client.ts'
import type { Proofs } from '../dpop/read-proofs.ts'
import type { Endpoint, From } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import type { RateLimits } from '../router/rate-limits.ts'
import { formOf, readForm } from '../router/read-params.ts'
import type { Params } from '../router/read-params.ts'
import { authorizationCode } from './authorization-code.ts'
import { clientCredentials } from './client-credentials.ts'
import { deviceCode } from './device-code.ts'
import { mayUse } from './grant-type.ts'
import type { Exchange, GrantType } from './grant-type.ts'
import { readParameters } from './read-parameters.ts'
import { refresh } from './refresh.ts'

const grantTypes: Partial<Record<ClientGrantType, GrantType>> = {
  authorization_code: authorizationCode,
  refresh_token: refresh,
  client_credentials: clientCredentials,
  'urn:ietf:params:oauth:grant-type:device_code': deviceCode,
}
/** What discovery lists. */
export const servedGrantTypes: readonly ClientGrantType[] = Object.keys(grantTypes).filter(isGrantType)

const parameters = z.object({ grant_type: z.string().max(200) })

/** `POST /oauth/token` (OAuth 2.1 §3.2). */
export function createTokenEndpoint(
  exchange: Exchange,
  authenticate: AuthenticateClient,
  limits: Pick<RateLimits, 'tries'>,
  proofs: Proofs,
): Endpoint {
  return async (request, from) => {
    let client: Client | undefined
    let tried: Place | undefined
    try {
      const params = await readForm(request)
      const { type, run } = readGrantType(params)
      const authorization = request.headers.get('authorization')
      tried = await limits.tries(formOf(params).get('client_id') ?? authorization ?? '', from)
      const proof = await proofs.read(request)
      client = await authenticate({ form: formOf(params), authorization, ip: from.ip })
      if (client.blocked) throw new OAuthError('unauthorized_client', 'An administrator blocked this app')
      await exchange.life.checkClient(client.id)
      if (!mayUse(client, type)) {
        throw new OAuthError('unauthorized_client', `This client is not registered for ${type}`)
      }
      const binding = await proofs.spend(proof, client)
      const answer = await run(exchange, { client, params, from, binding })
      // Only what fails is counted: one busy app behind an address that many share locks nobody out.
      tried?.giveBack()
      return tokenResponse(answer, proofs.headersFor(proof))
    } catch (error) {
      if (error instanceof OAuthError && error.code === 'authorization_pending') tried?.giveBack()
      if (error instanceof OAuthError && isRefusal(error)) exchange.audit.note(refusedEntry(error, client, from))
      throw error
    }
  }
}

function readGrantType(params: Params): { type: ClientGrantType; run: GrantType } {
  const { grant_type: type } = readParameters(parameters, params)
  const run = isGrantType(type) ? grantTypes[type] : undefined
  if (isGrantType(type) && run) return { type, run }
  throw new OAuthError('unsupported_grant_type', `Use ${Object.keys(grantTypes).join(' or ')}`)
}

/** RFC 6749 §5.1; A34. */
function tokenResponse(answer: string, more: Record<string, string>): Response {
  return new Response(answer, {
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', Pragma: 'no-cache', ...more },
  })
}

/**
 * A device that is told to ask again wasn't refused, and does so every few seconds (RFC 8628 §3.5). Who asked too
 * often is told of once, by the limits.
 */
function isRefusal({ code, status }: OAuthError): boolean {
  return code !== 'authorization_pending' && code !== 'slow_down' && status !== 429
}

function refusedEntry(error: OAuthError, client: Client | undefined, { ip }: From): AuditEntry {
  return {
    event: 'token.refused',
    outcome: error.status >= 500 ? 'failed' : 'refused',
    actor: client ? { kind: 'client', id: client.id, name: client.name } : { kind: 'anonymous' },
    ip,
    detail: { error: error.code, why: error.description },
  }
}

function isGrantType(type: string): type is ClientGrantType {
  return Object.hasOwn(grantTypes, type)
}

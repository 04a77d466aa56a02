import { z } from 'zod'
import type { AuditEntry } from '#audit'
import type { Place } from '#foundation'
import type { AuthenticateClient } from '../clients/authenticate.ts'
import { checkBlocked } from '../clients/check-blocked.ts'
import type { Client, ClientGrantType } from '../clients/client.ts'
import { refuseDetails } from '../details/authorization-details.ts'
import { invalidProof } from '../dpop/read-proofs.ts'
import type { Proofs } from '../dpop/read-proofs.ts'
import type { Endpoint, From } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import type { RateLimits } from '../router/rate-limits.ts'
import { formOf, readForm } from '../router/read-params.ts'
import type { Params } from '../router/read-params.ts'
import { authorizationCode } from './authorization-code.ts'
import { clientCredentials } from './client-credentials.ts'
import { deviceCode } from './device-code.ts'
import { idJag } from './id-jag.ts'
import { mayUse } from './grant-type.ts'
import type { Exchange, GrantType } from './grant-type.ts'
import type { ReadIdJag } from './read-id-jag.ts'
import { readParameters } from './read-parameters.ts'
import { tokenExchange } from './token-exchange.ts'
import { refresh } from './refresh.ts'

const always: GrantTypes = {
  authorization_code: authorizationCode,
  refresh_token: refresh,
  client_credentials: clientCredentials,
  'urn:ietf:params:oauth:grant-type:token-exchange': tokenExchange,
  'urn:ietf:params:oauth:grant-type:device_code': deviceCode,
}
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

export type GrantTypes = Partial<Record<ClientGrantType, GrantType>>

/** What is served, and what discovery lists. Assertions are, once an identity provider is configured (A22). */
export function servedGrantTypes(readIdJag: ReadIdJag | null): GrantTypes {
  return readIdJag ? { ...always, [jwtBearer]: idJag(readIdJag) } : always
}

const parameters = z.object({ grant_type: z.string().max(200) })

export function namesOf(grantTypes: GrantTypes): ClientGrantType[] {
  return Object.keys(grantTypes).filter((name) => isServed(grantTypes, name))
}

/** `POST /oauth/token` (OAuth 2.1 §3.2). */
export function createTokenEndpoint(
  grantTypes: GrantTypes,
  exchange: Exchange,
  authenticate: AuthenticateClient,
  limits: Pick<RateLimits, 'tries'>,
  proofs: Proofs,
  issued: (grantType: string) => void = () => undefined,
): Endpoint {
  return async (request, from) => {
    let client: Client | undefined
    let tried: Place | undefined
    try {
      const params = await readForm(request)
      const { type, run } = readGrantType(grantTypes, params)
      if (type !== 'authorization_code' && type !== 'refresh_token') refuseDetails(params)
      const authorization = request.headers.get('authorization')
      tried = await limits.tries(claimedClient(formOf(params).get('client_id'), authorization), from)
      const proof = await proofs.read(request)
      // An app the identity provider speaks for may come here first, with a metadata document nobody fetched yet (A215).
      const at = type === jwtBearer ? 'authorize' : 'token'
      client = await authenticate({ form: formOf(params), authorization, ip: from.ip, at })
      checkBlocked(client)
      await exchange.life.checkClient(client.id)
      if (!mayUse(client, type)) {
        throw new OAuthError('unauthorized_client', `This client is not registered for ${type}`)
      }
      const binding = await proofs.spend(proof)
      // RFC 9449 §5.2.
      if (!binding && client.about.dpop_bound_access_tokens) {
        throw invalidProof('This client registered dpop_bound_access_tokens: send a DPoP proof')
      }
      const answer = await run(exchange, { client, params, from, binding })
      // Only what fails is counted: one busy app behind an address that many share locks nobody out.
      tried?.giveBack()
      issued(type)
      return tokenResponse(answer, proofs.headersFor(proof))
    } catch (error) {
      if (error instanceof OAuthError && isAskAgain(error)) tried?.giveBack()
      if (error instanceof OAuthError && isRefusal(error))
        exchange.audit.note(refusedEntry(error, client, from))
      throw error
    }
  }
}

/** Who it says it is, for counting alone: never its secret. */
function claimedClient(id: string | null | undefined, authorization: string | null): string {
  if (id) return id
  const encoded = /^basic +(\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
  return Buffer.from(encoded, 'base64').toString('utf8').split(':', 1)[0] ?? ''
}

/** A refusal that belongs to the way to a token: a device waits, a proof lacks the nonce that this answer brings. */
function isAskAgain({ code }: OAuthError): boolean {
  return code === 'authorization_pending' || code === 'use_dpop_nonce'
}

function readGrantType(grantTypes: GrantTypes, params: Params): { type: ClientGrantType; run: GrantType } {
  const { grant_type: type } = readParameters(parameters, params)
  const run = isServed(grantTypes, type) ? grantTypes[type] : undefined
  if (isServed(grantTypes, type) && run) return { type, run }
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

function isServed(grantTypes: GrantTypes, type: string): type is ClientGrantType {
  return Object.hasOwn(grantTypes, type)
}

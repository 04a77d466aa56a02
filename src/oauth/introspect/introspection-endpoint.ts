import { z } from 'zod'
import { epochSeconds, hashSecret, sameSecret } from '#foundation'
import type { Clock } from '#foundation'
import type { AuthenticateClient } from '../clients/authenticate.ts'
import { checkBlocked } from '../clients/check-blocked.ts'
import type { Client } from '../clients/client.ts'
import type { Endpoint } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import { subjectOf } from '../grants/grant.ts'
import { AccessWithheld } from '../grants/grant-life.ts'
import type { GrantLife } from '../grants/grant-life.ts'
import type { GrantStore } from '../grants/grant-store.ts'
import type { Verify } from '../grants/verifier.ts'
import type { TokenContent } from '../oauth.ts'
import { formOf, readForm } from '../router/read-params.ts'
import { readParameters } from '../token/read-parameters.ts'
import type { RefreshTokens } from '../token/refresh-token.ts'

const parameters = z.object({ token: z.string().max(8192) })

export type IntrospectionDependencies = {
  issuer: string
  authenticate: AuthenticateClient
  verify: Verify
  life: GrantLife
  grants: Pick<GrantStore, 'refreshState'>
  refreshTokens: RefreshTokens
  clock: Clock
}

type Answer = Record<string, unknown>

/**
 * `POST /oauth/introspect` (RFC 7662). A client sees its own tokens, a resource server the access tokens for its
 * resource (§4); everything else is `{"active":false}`, so that nobody learns what else there is.
 */
export function createIntrospectionEndpoint(deps: IntrospectionDependencies): Endpoint {
  return async (request, from) => {
    const params = await readForm(request)
    const authorization = request.headers.get('authorization')
    const client = await deps.authenticate({ form: formOf(params), authorization, ip: from.ip })
    // §2.1: the caller must be authorized, and a public client's name is everybody's to say (A93).
    if (client.authMethods.includes('none')) {
      throw new OAuthError('invalid_client', 'Introspection is for clients that authenticate')
    }
    checkBlocked(client)
    const { token } = readParameters(parameters, params)
    const answer = (await introspect(deps, token, client)) ?? { active: false }
    return Response.json(answer, { headers: { 'Cache-Control': 'no-store' } })
  }
}

async function introspect(
  deps: IntrospectionDependencies,
  token: string,
  client: Client,
): Promise<Answer | undefined> {
  try {
    const content = await deps.verify(token, (one) => maySee(client, one))
    return content ? accessAnswer(deps.issuer, content) : await refreshAnswer(deps, token, client)
  } catch (error) {
    // Paused or stopped: good again later, and not now.
    if (error instanceof AccessWithheld) return undefined
    throw error
  }
}

function maySee(client: Client, { clientId, audience }: TokenContent): boolean {
  return clientId === client.id || audience === client.servesResource
}

/** RFC 7662 §2.2, RFC 9449 §6.2, RFC 9396 §9.2; and under names of our own what a guard apart from us wants to know. */
function accessAnswer(issuer: string, content: TokenContent): Answer {
  const { act, boundTo, details, resourceOwner, subject } = content
  return {
    active: true,
    iss: issuer,
    sub: subject,
    aud: content.audience,
    client_id: content.clientId,
    scope: content.scopes.join(' '),
    token_type: boundTo === null ? 'Bearer' : 'DPoP',
    exp: content.expiresAt,
    iat: content.issuedAt,
    jti: content.tokenId,
    ...(boundTo === null ? {} : { cnf: { jkt: boundTo } }),
    // RFC 8693 §4.1.
    ...(act === null ? {} : { act }),
    ...authorizationDetails(details),
    grant_id: content.grantId,
    client_name: content.clientName,
    ...(resourceOwner === subject ? {} : { resource_owner: resourceOwner }),
  }
}

function authorizationDetails(details: unknown): Answer {
  const all: unknown[] = [details].flat()
  const typed = all.filter((one) => typeof one === 'object' && one !== null && 'type' in one)
  return typed.length > 0 ? { authorization_details: typed } : {}
}

/** A refresh token: only its client's to see, only while it is the newest of its family. */
async function refreshAnswer(
  { issuer, life, grants, refreshTokens, clock }: IntrospectionDependencies,
  token: string,
  client: Client,
): Promise<Answer | undefined> {
  const id = refreshTokens.read(token)
  const live = id && (await life.find(id))
  if (!id || !live || live.grant.clientId !== client.id) return undefined
  const now = clock.now()
  if ((await life.judge(live, now, 'token')) !== 'good') return undefined
  const state = await grants.refreshState(id, now)
  if (!state?.alive || state.currentHash === null || state.idleUntil === null) return undefined
  if (!sameSecret(state.currentHash, hashSecret(token))) return undefined
  const { grant } = live
  const ends = grant.expiresAt && grant.expiresAt < state.idleUntil ? grant.expiresAt : state.idleUntil
  return {
    active: true,
    iss: issuer,
    sub: subjectOf(grant),
    client_id: client.id,
    scope: grant.scopes.join(' '),
    exp: epochSeconds(ends),
    grant_id: id,
  }
}

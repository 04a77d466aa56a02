import type { Client } from '../clients/client.ts'
import type { Clients } from '../clients/clients.ts'
import type { PolicyDecision } from '../clients/policy/judge.ts'
import type { RedirectUri } from '../clients/redirect-uri.ts'
import { readAuthorizationDetails } from '../details/authorization-details.ts'
import type { DetailsTypes } from '../details/authorization-details.ts'
import { checkKey } from '../dpop/check-key.ts'
import type { From } from '../endpoint.ts'
import type { AuthorizationRequest, RedirectAnswer } from '../interaction/interaction.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { Resource, SignedIn } from '../ports.ts'
import type { Params } from '../router/read-params.ts'
import { checkOpenid } from './check-openid.ts'
import { checkPkce } from './check-pkce.ts'
import { checkPolicy, scopesUnderPolicy } from './check-policy.ts'
import { checkResponse } from './check-response.ts'
import { chooseResource } from './choose-resource.ts'
import type { Resources } from './choose-resource.ts'
import { narrowWithIdentity } from './scopes.ts'

export type RequestDependencies = {
  issuer: string
  clients: Clients
  resources: () => Resources
  detailsTypes: DetailsTypes
  keys: SigningKeys
}

/** A request whose client and redirect URI are known good. */
export type KnownRequest = {
  client: Client
  redirect: RedirectUri
  state: string | null
  params: Params
  /** Who is signed in at the browser that brought it; null when nobody is, or no browser did. */
  person: SignedIn | null
  from: From
}

export type CheckedRequest = {
  request: Pick<AuthorizationRequest, 'resource' | 'scopes'> & RedirectAnswer
  resource: Resource
  policy: PolicyDecision
}

/**
 * What the client asks for, checked and completed: the one way for requests that a browser brings and for those that
 * are pushed (RFC 9126 §2.1). Throws OAuthError.
 */
export async function checkRequest(deps: RequestDependencies, known: KnownRequest): Promise<CheckedRequest> {
  const { client, redirect, state, params, person, from } = known
  checkResponse(params)
  const codeChallenge = checkPkce(params)
  const dpopJkt = checkKey(params)
  const resource = chooseResource(deps.resources(), deps.issuer, params)
  const scopes = narrowWithIdentity(params.values['scope'], resource, client)
  const policy = await checkPolicy(deps.clients, client, redirect, {
    at: 'authorize',
    scopes,
    resource: resource.id,
    ip: from.ip,
  })
  const details = readAuthorizationDetails(deps.detailsTypes, params.values['authorization_details'])
  const openid = await checkOpenid(deps, params, person)
  const request: CheckedRequest['request'] = {
    redirectUri: redirect.uri,
    codeChallenge,
    ...(dpopJkt === undefined ? {} : { dpopJkt }),
    resource: resource.id,
    scopes: scopesUnderPolicy(policy, scopes, resource.defaultScopes),
    state,
    ...openid,
    ...(details && { authorizationDetails: details }),
  }
  return { request, resource, policy }
}

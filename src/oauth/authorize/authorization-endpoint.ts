import type { Audit } from '#audit'
import { hashSecret, newId } from '#foundation'
import type { Clock } from '#foundation'
import type { Client } from '../clients/client.ts'
import type { Clients } from '../clients/clients.ts'
import { redirectHost } from '../clients/redirect-uri.ts'
import type { RedirectUri } from '../clients/redirect-uri.ts'
import type { Endpoint, From } from '../endpoint.ts'
import { checkKey } from '../dpop/check-key.ts'
import { OAuthError } from '../errors.ts'
import { answerLocation } from '../interaction/answer.ts'
import type { AllowAgain } from '../interaction/allow-again.ts'
import type { BrowserBinding } from '../interaction/browser.ts'
import { interactionLife } from '../interaction/interaction.ts'
import type { Interaction, InteractionStore } from '../interaction/interaction.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { SignedIn, SignIn } from '../ports.ts'
import type { Params } from '../router/read-params.ts'
import { checkOpenid } from './check-openid.ts'
import { checkPkce } from './check-pkce.ts'
import { checkPolicy, scopesUnderPolicy } from './check-policy.ts'
import { checkPrompt, isBefore } from './check-prompt.ts'
import { checkRedirectUri } from './check-redirect-uri.ts'
import { checkResponse } from './check-response.ts'
import { checkState } from './check-state.ts'
import { chooseResource } from './choose-resource.ts'
import type { Resources } from './choose-resource.ts'
import { errorPage } from './error-page.ts'
import { findClient } from './find-client.ts'
import { readRequest } from './read-request.ts'
import { narrowWithIdentity } from './scopes.ts'

export type AuthorizationDependencies = {
  issuer: string
  clients: Clients
  interactions: InteractionStore
  browsers: BrowserBinding
  resources: Resources
  signIn: SignIn
  keys: SigningKeys
  /** The answer without a page, where she gave the same before. */
  allowAgain: AllowAgain
  clock: Clock
  audit: Audit
}

/** `/oauth/authorize` (OAuth 2.1 §4.1.1): checks the request, keeps it as an interaction, sends the person to decide. */
export function createAuthorizationEndpoint(deps: AuthorizationDependencies): Endpoint {
  return async (request, from) => {
    let onward: Known | undefined
    try {
      const params = await readRequest(request)
      const client = await findClient(deps.clients.find, params, from)
      const redirect = checkRedirectUri(deps.clients, client, params)
      onward = { client, redirect, state: null }
      onward.state = checkState(params)
      const person = await deps.signIn.current(request)
      return await beginInteraction(deps, request, { ...onward, params, person, from })
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      noteRefusal(deps.audit, error, onward?.client, from)
      return refuse(deps.issuer, error, onward)
    }
  }
}

type Known = { client: Client; redirect: RedirectUri; state: string | null }
type Asked = Known & { params: Params; person: SignedIn | null; from: From }

async function beginInteraction(
  deps: AuthorizationDependencies,
  request: Request,
  asked: Asked,
): Promise<Response> {
  const { client, redirect, state, params, person } = asked
  checkResponse(params)
  const codeChallenge = checkPkce(params)
  const dpopJkt = checkKey(params)
  const resource = chooseResource(deps.resources, deps.issuer, params)
  const scopes = narrowWithIdentity(params.values['scope'], resource, client)
  const policy = await checkPolicy(deps.clients, client, redirect, {
    at: 'authorize',
    scopes,
    resource: resource.id,
    ip: asked.from.ip,
  })
  const now = deps.clock.now()
  const prompt = checkPrompt(params, person, now)
  const openid = await checkOpenid(deps, params, person)
  const secret = deps.browsers.secretFor(request)
  const interaction: Interaction = {
    id: newId('itx'),
    browserHash: hashSecret(secret),
    clientId: client.id,
    request: {
      redirectUri: redirect.uri,
      codeChallenge,
      ...(dpopJkt === undefined ? {} : { dpopJkt }),
      resource: resource.id,
      scopes: scopesUnderPolicy(policy, scopes, resource.defaultScopes),
      state,
      ...openid,
    },
    signedInAfter: prompt.signedInAfter,
    expiresAt: new Date(now.getTime() + interactionLife),
  }
  const here = person !== null && !isBefore(person, prompt.signedInAfter)
  if (here && !prompt.ask) {
    const open = { interaction, person, client, redirect, resource, policy, csrf: '' }
    const location = await deps.allowAgain(open, asked.from)
    if (location !== undefined) return sendTo(location)
  }
  if (prompt.silent) {
    throw new OAuthError('consent_required', 'The person has to be asked; leave out prompt=none')
  }
  await deps.interactions.beginInteraction(interaction)
  const page = `/consent/${interaction.id}`
  const answer = sendTo(here ? page : deps.signIn.page(page, params.values['login_hint']))
  answer.headers.set('Set-Cookie', deps.browsers.cookie(secret))
  return answer
}

function sendTo(location: string): Response {
  return new Response(null, {
    status: 303,
    headers: { Location: location, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' },
  })
}

/**
 * Tells the client, or the person. OAuth 2.1 §7.12.2 and MCP "Open Redirection" (A42): a client that anyone could
 * have registered gets no redirect nobody clicked for, or a link to us would lead wherever its author likes.
 */
function refuse(issuer: string, error: OAuthError, onward: Known | undefined): Response {
  if (!onward) return errorPage(error)
  const { client, redirect, state } = onward
  const location = answerLocation({ redirectUri: redirect.uri, state }, issuer, error)
  if (client.registration !== 'manual') return errorPage(error, { location, host: redirectHost(redirect) })
  return sendTo(location)
}

function noteRefusal(audit: Audit, error: OAuthError, client: Client | undefined, from: From): void {
  audit.note({
    event: 'authorization.refused',
    outcome: 'refused',
    actor: client ? { kind: 'client', id: client.id, name: client.name } : { kind: 'anonymous' },
    ip: from.ip,
    detail: { error: error.code, why: error.description },
  })
}

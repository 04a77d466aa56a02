import type { Audit } from '#audit'
import { hashSecret, newId } from '#foundation'
import type { Clock } from '#foundation'
import type { Client } from '../clients/client.ts'
import { redirectHost } from '../clients/redirect-uri.ts'
import type { Endpoint, From } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import { answerLocation } from '../interaction/answer.ts'
import type { AllowAgain } from '../interaction/allow-again.ts'
import type { BrowserBinding } from '../interaction/browser.ts'
import { interactionLife } from '../interaction/interaction.ts'
import type { Interaction, InteractionStore } from '../interaction/interaction.ts'
import { checkPushed, openPushed } from '../par/open-pushed.ts'
import type { PushedRequests } from '../par/pushed-request.ts'
import type { SignIn } from '../ports.ts'
import { checkPrompt, isBefore } from './check-prompt.ts'
import { checkRedirectUri } from './check-redirect-uri.ts'
import { checkRequest } from './check-request.ts'
import type { KnownRequest, RequestDependencies } from './check-request.ts'
import { checkState } from './check-state.ts'
import { errorPage } from './error-page.ts'
import { findClient } from './find-client.ts'
import { readRequest } from './read-request.ts'

export type AuthorizationDependencies = RequestDependencies & {
  interactions: InteractionStore
  pushed: PushedRequests
  /** Only pushed requests are taken (RFC 9126 §5). */
  requirePar: boolean
  browsers: BrowserBinding
  signIn: SignIn
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
      const opened = await openPushed(deps, await readRequest(request))
      const { params, pushed } = opened
      const client = await findClient(deps.clients.find, params, from)
      const redirect = checkRedirectUri(deps.clients, client, params)
      onward = { client, redirect, state: null }
      onward.state = checkState(params)
      checkPushed(opened, client, deps)
      const person = await deps.signIn.current(request)
      return await beginInteraction(deps, request, { ...onward, params, person, from, pushed })
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      noteRefusal(deps.audit, error, onward?.client, from)
      return refuse(deps.issuer, error, onward)
    }
  }
}

type Known = Pick<KnownRequest, 'client' | 'redirect' | 'state'>
type Asked = KnownRequest & { pushed: string | undefined }

async function beginInteraction(
  deps: AuthorizationDependencies,
  request: Request,
  asked: Asked,
): Promise<Response> {
  const { client, redirect, params, person, pushed } = asked
  const { request: checked, resource, policy } = await checkRequest(deps, asked)
  const now = deps.clock.now()
  const prompt = checkPrompt(params, person, now)
  const secret = deps.browsers.secretFor(request)
  const interaction: Interaction = {
    id: newId('itx'),
    browserHash: hashSecret(secret),
    clientId: client.id,
    request: pushed === undefined ? checked : { ...checked, pushed },
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

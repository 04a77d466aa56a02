import { hashSecret, isId, sameSecret } from '#foundation'
import type { Clock } from '#foundation'
import type { Client } from '../clients/client.ts'
import type { Clients } from '../clients/clients.ts'
import type { PolicyDecision } from '../clients/policy/judge.ts'
import type { RedirectUri } from '../clients/redirect-uri.ts'
import type { Resources } from '../authorize/choose-resource.ts'
import { checkPolicy, scopesUnderPolicy } from '../authorize/check-policy.ts'
import { checkRedirectUri } from '../authorize/check-redirect-uri.ts'
import { OAuthError } from '../errors.ts'
import { signInResource } from '../openid/identity-scopes.ts'
import type { Resource, SignedIn, SignIn } from '../ports.ts'
import { csrfToken } from './browser.ts'
import type { BrowserBinding } from './browser.ts'
import type { Interaction, InteractionStore } from './interaction.ts'

/** An interaction in front of the person who may decide it. */
export type OpenInteraction = {
  interaction: Interaction
  person: SignedIn
  client: Client
  /** Null when the answer goes to a device. */
  redirect: RedirectUri | null
  resource: Resource
  policy: PolicyDecision
  /** The token the page must post back. */
  csrf: string
}

export type InteractionDependencies = {
  issuer: string
  clients: Clients
  interactions: InteractionStore
  browsers: BrowserBinding
  resources: () => Resources
  signIn: SignIn
  clock: Clock
}

/** Every check that stands before a consent page is shown, and again before its answer counts. Throws OAuthError. */
export async function openInteraction(
  deps: InteractionDependencies,
  request: Request,
  id: string,
): Promise<OpenInteraction> {
  const { issuer, clients, interactions, browsers, resources, signIn, clock } = deps
  const secret = browsers.read(request)
  const interaction = isId('itx', id) ? await interactions.findInteraction(id) : undefined
  // Attacks C1: only the browser that began it. A stranger's request and none at all look the same.
  if (!interaction || !secret || !sameSecret(hashSecret(secret), interaction.browserHash)) {
    throw gone('This request was begun in another browser, was answered already, or has expired.')
  }
  const now = clock.now()
  if (interaction.expiresAt <= now) throw gone('This request has expired.')
  const person = await signIn.current(request)
  if (!person || (interaction.signedInAfter !== null && person.signedInAt < interaction.signedInAfter)) {
    throw new OAuthError('login_required', 'Sign in to decide', { status: 401 })
  }
  if (!interaction.request.device && (interaction.request.subject ?? person.member) !== person.member) {
    throw new OAuthError(
      'access_denied',
      'The app asks for somebody else than is signed in here. Start again from the app.',
    )
  }
  // As the token endpoint looks: what the client is now in our own table, without asking its web server again.
  const found = await clients.find(interaction.clientId, { at: 'token', ip: '' })
  const resource = [...resources(), signInResource(issuer)].find(
    ({ id: one }) => one === interaction.request.resource,
  )
  if (found.found !== 'client' || !resource) throw gone('The app is no longer known here.')
  const { client } = found
  const redirect = redirectOf(clients, client, interaction)
  const policy = await checkPolicy(clients, client, redirect, {
    at: 'consent',
    scopes: interaction.request.scopes,
    resource: resource.id,
  })
  // The policy may have become stricter since the request was made.
  const scopes = scopesUnderPolicy(policy, interaction.request.scopes, [])
  const csrf = csrfToken(interaction.id, secret, person.session, client)
  const offered = { ...interaction, request: { ...interaction.request, scopes } }
  return { interaction: offered, person, client, redirect, resource, policy, csrf }
}

function redirectOf(clients: Clients, client: Client, { request }: Interaction): RedirectUri | null {
  if (request.device) return null
  return checkRedirectUri(clients, client, { values: { redirect_uri: request.redirectUri }, resource: [] })
}

export function gone(why: string): OAuthError {
  return new OAuthError('not_found', `${why} Start again from the app.`)
}

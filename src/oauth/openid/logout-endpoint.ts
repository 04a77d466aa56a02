import { createHmac } from 'node:crypto'
import type { Audit } from '#audit'
import { deriveKey, sameSecret } from '#foundation'
import type { FindClient } from '../clients/find.ts'
import type { Endpoint } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { SignedIn, SignIn } from '../ports.ts'
import { readForm, readQuery } from '../router/read-params.ts'
import type { Params } from '../router/read-params.ts'
import { logoutPage } from './logout-page.ts'
import { readLogout } from './read-logout.ts'
import type { Logout } from './read-logout.ts'

export type LogoutDependencies = {
  issuer: string
  secret: string
  find: FindClient
  keys: SigningKeys
  signIn: SignIn
  audit: Audit
}

/**
 * `/oauth/logout` (OpenID Connect RP-Initiated Logout 1.0): always asks the person, and sends her back only where the
 * app registered, to the letter (attacks R8).
 */
export function createLogoutEndpoint(deps: LogoutDependencies): Endpoint {
  const key = deriveKey(deps.secret, 'oauth logout')
  const csrfOf = ({ session }: SignedIn) => createHmac('sha256', key).update(session).digest('base64url')

  return async (request, from) => {
    const posted = request.method === 'POST'
    const params = posted ? await readForm(request) : readQuery(request)
    // Another site's form brings no cookie of ours (SameSite): the same question by a link does.
    if (posted && params.values['csrf'] === undefined) return again(params)
    try {
      const logout = await readLogout(deps, params, from)
      const person = await deps.signIn.current(request)
      if (!person) return signedOut(logout)
      if (!posted || !sameSecret(params.values['csrf'] ?? '', csrfOf(person))) {
        return logoutPage({ ask: { person, csrf: csrfOf(person), params: params.values }, logout })
      }
      const cookie = await deps.signIn.end(request, from)
      deps.audit.note({
        event: 'session.ended_for_app',
        outcome: 'ok',
        actor: { kind: 'member', id: person.member, name: person.name },
        ...(logout.client && { subject: { kind: 'client', id: logout.client.id, name: logout.client.name } }),
        ip: from.ip,
      })
      const answer = logout.returnTo === null ? logoutPage({ logout }) : sendTo(logout.returnTo)
      answer.headers.append('Set-Cookie', cookie)
      return answer
    } catch (error) {
      if (error instanceof OAuthError) return logoutPage({ problem: error })
      throw error
    }
  }
}

/** Nobody to ask. A page that nobody clicked sends people on only to what an administrator set up (A42). */
function signedOut(logout: Logout): Response {
  return logout.returnTo !== null && logout.client?.registration === 'manual'
    ? sendTo(logout.returnTo)
    : logoutPage({ logout })
}

function again({ values }: Params): Response {
  return sendTo(`?${new URLSearchParams(values)}`)
}

function sendTo(location: string): Response {
  return new Response(null, {
    status: 303,
    headers: { Location: location, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' },
  })
}

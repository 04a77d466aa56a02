import type { Client } from '../clients/client.ts'
import type { Clients } from '../clients/clients.ts'
import type { RedirectUri } from '../clients/redirect-uri.ts'
import { OAuthError } from '../errors.ts'
import type { Params } from '../router/read-params.ts'

/** The redirect URI the answer may go to. Until this has passed nothing is redirected (attacks R1; A40). */
export function checkRedirectUri(clients: Clients, client: Client, { values }: Params): RedirectUri {
  const requested = values['redirect_uri'] ?? onlyOne(client)
  const redirect = clients.matchRedirectUri(client, requested)
  if (!redirect) {
    throw new OAuthError(
      'invalid_request',
      'The app asked for the answer to go to an address that it has not registered (redirect_uri). ' +
        'If you did not start this, close the page. If you did, update the app or register it again.',
    )
  }
  return redirect
}

/** A48: it may be left out when there is just one. */
function onlyOne({ redirectUris }: Client): string {
  const [only, ...others] = redirectUris
  if (only === undefined || others.length > 0) {
    throw new OAuthError('invalid_request', 'The app did not say where the answer should go (redirect_uri).')
  }
  return only
}

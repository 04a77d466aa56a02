import type { Client } from '../clients/client.ts'
import type { FindClient } from '../clients/find.ts'
import type { From } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { Params } from '../router/read-params.ts'
import { readIdTokenHint } from './id-token.ts'

/** A checked request to sign out: for which app, and where to then. */
export type Logout = { client: Client | null; returnTo: string | null }

const longestState = 2048

/**
 * RP-Initiated Logout §2, §3. The app is known by its `client_id` or by an ID token of ours, and both must agree.
 * Without one there is nowhere to go back to. Throws OAuthError for people to read.
 */
export async function readLogout(
  { issuer, keys, find }: { issuer: string; keys: SigningKeys; find: FindClient },
  { values }: Params,
  { ip }: From,
): Promise<Logout> {
  const { id_token_hint: hint, client_id: named, post_logout_redirect_uri: uri, state } = values
  const hinted = hint === undefined ? undefined : await readIdTokenHint(keys, issuer, hint)
  if (named !== undefined && hinted && hinted.clientId !== named) {
    throw new OAuthError('invalid_request', 'The ID token was made for another app (client_id).')
  }
  const id = named ?? hinted?.clientId
  const found = id === undefined ? undefined : await find(id, { at: 'token', ip })
  const client = found?.found === 'client' ? found.client : null
  if (uri === undefined) return { client, returnTo: null }
  if (!client?.about.post_logout_redirect_uris?.includes(uri)) {
    throw new OAuthError(
      'invalid_request',
      'The app asked to continue at an address that it has not registered (post_logout_redirect_uri).',
    )
  }
  if (state !== undefined && Buffer.byteLength(state) > longestState) {
    throw new OAuthError('invalid_request', `state may have ${longestState} bytes at most`)
  }
  const more = state === undefined ? '' : `${uri.includes('?') ? '&' : '?'}${new URLSearchParams({ state })}`
  return { client, returnTo: uri + more }
}

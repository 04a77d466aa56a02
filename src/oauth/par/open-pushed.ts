import { hashSecret } from '#foundation'
import type { Clock } from '#foundation'
import type { Client } from '../clients/client.ts'
import { OAuthError } from '../errors.ts'
import type { Params } from '../router/read-params.ts'
import { requestUriPrefix } from './pushed-request.ts'
import type { PushedRequests } from './pushed-request.ts'

/** An authorization request as sent, and the hash of the pushed one it stood for. */
export type Opened = { params: Params; pushed?: string }

/**
 * The request that the browser brought: the pushed one where it names one (RFC 9126 §4), whose parameters alone count
 * then. It may be opened again until it was answered, by a reload or in another tab (§7.3).
 */
export async function openPushed(
  { pushed, clock }: { pushed: PushedRequests; clock: Clock },
  params: Params,
): Promise<Opened> {
  const uri = params.values['request_uri']
  // Others are refused with the rest of request objects.
  if (!uri?.startsWith(requestUriPrefix)) return { params }
  const hash = hashSecret(uri.slice(requestUriPrefix.length))
  const found = await pushed.find(hash, clock.now())
  // RFC 9126 §4: of this client's own. Somebody else's and none look the same.
  if (!found || found.clientId !== params.values['client_id']) {
    throw new OAuthError(
      'invalid_request',
      'This request was answered already or has expired. Start again from the app.',
    )
  }
  return { params: found.params, pushed: hash }
}

/** RFC 9126 §5, §6: where requests have to be pushed, one that wasn't is refused. */
export function checkPushed(opened: Opened, client: Client, { requirePar }: { requirePar: boolean }): void {
  if (opened.pushed !== undefined) return
  if (requirePar || client.about.require_pushed_authorization_requests) {
    throw new OAuthError('invalid_request', 'Push the authorization request first (RFC 9126)')
  }
}

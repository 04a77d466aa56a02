import type { Client } from '../clients/client.ts'
import type { FindClient } from '../clients/find.ts'
import type { From } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import type { Params } from '../router/read-params.ts'

/** The client that asks. Its errors go to the person, never to a redirect URI (A40). */
export async function findClient(find: FindClient, { values }: Params, from: From): Promise<Client> {
  const id = values['client_id']
  if (id === undefined) throw new OAuthError('invalid_request', 'The request names no client (client_id).')
  const result = await find(id, { at: 'authorize', ip: from.ip })
  switch (result.found) {
    case 'client':
      return result.client
    case 'unknown':
      // 400, not 401: a person reads this, and no browser dialog would help (A113).
      throw new OAuthError('invalid_client', result.why, { status: 400 })
    case 'unavailable':
      throw new OAuthError('temporarily_unavailable', result.why)
    case 'refused':
      throw new OAuthError('invalid_client', result.why, { status: 400 })
  }
}

import { z } from 'zod'
import { epochSeconds, isId } from '#foundation'
import type { Clock, GrantId } from '#foundation'
import type { AuthenticateClient } from '../clients/authenticate.ts'
import type { Client } from '../clients/client.ts'
import type { Endpoint } from '../endpoint.ts'
import type { GrantStore } from '../grants/grant-store.ts'
import type { LiveGrants } from '../grants/live-grants.ts'
import { endedEntry } from '../grants/manage-grants.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import { formOf, readForm } from '../router/read-params.ts'
import { readAccessToken } from '../token/access-token.ts'
import { readParameters } from '../token/read-parameters.ts'
import type { RefreshTokens } from '../token/refresh-token.ts'

const parameters = z.object({ token: z.string().max(8192) })
const reason = 'The app signed itself out.'

export type RevocationDependencies = {
  authenticate: AuthenticateClient
  grants: GrantStore
  live: LiveGrants
  keys: SigningKeys
  refreshTokens: RefreshTokens
  clock: Clock
}

/**
 * `POST /oauth/revoke` (RFC 7009). Either kind of token ends its grant: §2.1 asks it for refresh tokens and allows
 * it for access tokens, and ending grants is the one thing every replica already hears of within a second.
 * 200 for whatever isn't a token of this client's (§2.2), so that nobody learns what is.
 */
export function createRevocationEndpoint(deps: RevocationDependencies): Endpoint {
  const { authenticate, grants, live, clock } = deps
  return async (request, from) => {
    const params = await readForm(request)
    const authorization = request.headers.get('authorization')
    const client = await authenticate({ form: formOf(params), authorization, ip: from.ip })
    const { token } = readParameters(parameters, params)
    const grant = await grantOf(deps, token, client)
    const known = grant && (await live.find(grant))
    // A88: another client's token is none.
    if (grant && known?.grant.clientId === client.id) {
      const entry = endedEntry({ kind: 'client', id: client.id, name: client.name }, reason, from.ip)
      await grants.end({ grant }, reason, clock.now(), entry)
    }
    return new Response(null, { status: 200, headers: { 'Cache-Control': 'no-store' } })
  }
}

/** The token says itself what it is: `token_type_hint` may be wrong (RFC 7009 §2.1) and isn't needed. */
async function grantOf(
  { keys, refreshTokens, clock }: RevocationDependencies,
  token: string,
  client: Client,
): Promise<GrantId | undefined> {
  const family = refreshTokens.read(token)
  if (family) return family
  const claims = await readAccessToken(keys, token)
  // One that has expired is none any more (§2.2): who finds it in a log, and names a public client, ends nothing.
  const good = claims && claims.client_id === client.id && claims.exp > epochSeconds(clock.now())
  return good && isId('grt', claims.grant_id) ? claims.grant_id : undefined
}

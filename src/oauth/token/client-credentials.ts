import { OAuthError } from '../errors.ts'
import type { GrantTerms } from '../grants/grant.ts'
import { slotOf } from '../grants/slots.ts'
import { givenEntry } from './given-entry.ts'
import type { Exchange, GrantType, TokenRequest } from './grant-type.ts'
import { checkConfidential, issuedEntry, readAllowed, snapshotOf } from './unattended.ts'

/**
 * A client acts for itself, with the rights of the member an administrator made its owner (OAuth 2.1 §4.2; A149 to
 * A154). The grant behind it is made with the first token and ended like any other; ended, it stays so until an
 * administrator opens it again.
 */
export const clientCredentials: GrantType = async (exchange, request) => {
  const { ensure, issue, audit } = exchange
  const { client, from, binding } = request
  const terms = await termsOf(exchange, request)
  const slot = slotOf(['client_credentials', client.id], terms)
  const got = await ensure(
    slot,
    async () => ({ ...terms, details: await detailsOf(exchange, terms) }),
    (grant) => givenEntry(client, grant, from, terms),
    from,
  )
  if (typeof got === 'string') {
    throw new OAuthError(
      'unauthorized_client',
      'The access of this client was ended. An administrator has to allow it again',
    )
  }
  const { grant, made } = got
  if (!made) audit.note(issuedEntry(client, grant.id, from))
  // OAuth 2.1 §4.2.3: no refresh token, it can come again.
  const answer = { grant: grant.id, terms: grant, scopes: grant.scopes, refreshToken: undefined, binding }
  return JSON.stringify(await issue(answer))
}

async function termsOf(exchange: Exchange, request: TokenRequest): Promise<GrantTerms> {
  const { client } = request
  checkConfidential(client)
  // A149, attacks D8: nobody registers a client for this from outside, and its owner is an administrator's word.
  if (client.registration !== 'manual' || client.owner === null) {
    throw new OAuthError('unauthorized_client', 'No administrator allowed this client to act for itself')
  }
  const { resource, scopes, expiresAt } = await readAllowed(exchange, request)
  return {
    kind: 'client_credentials',
    parent: null,
    member: client.owner,
    clientId: client.id,
    client: snapshotOf(client),
    resource: resource.id,
    scopes,
    details: {},
    expiresAt,
  }
}

/** All that the owner may do, asked when the grant is made. Throws when the owner may not sign in. */
async function detailsOf({ people, details }: Exchange, { member }: GrantTerms) {
  if (!(await people.find({ member }))) {
    throw new OAuthError('unauthorized_client', 'The member whose rights this client has is no longer active')
  }
  const all = await details.narrow(member, {})
  if (typeof all === 'string') throw new OAuthError('server_error', all)
  return all
}

import { z } from 'zod'
import { readResource } from '../authorize/choose-resource.ts'
import { splitScope } from '../authorize/scopes.ts'
import { OAuthError } from '../errors.ts'
import type { GrantTerms } from '../grants/grant.ts'
import { slotOf } from '../grants/slots.ts'
import type { Person, Resource } from '../ports.ts'
import { givenEntry } from './given-entry.ts'
import type { Exchange, GrantType, TokenRequest } from './grant-type.ts'
import { refused } from './read-id-jag.ts'
import type { IdJag, ReadIdJag } from './read-id-jag.ts'
import { readParameters } from './read-parameters.ts'
import { allow, checkConfidential, issuedEntry, snapshotOf } from './unattended.ts'

const parameters = z.object({ assertion: z.string().max(16 * 1024) })

/**
 * Enterprise-managed authorization: the organisation's identity provider says which member uses which app with which
 * resource, so nobody is asked here (draft-ietf-oauth-identity-assertion-authz-grant; RFC 7523 §2.1; A214 to A226).
 * What is given is a grant that the member sees and ends; ended, it stays so until an administrator opens it.
 */
export function idJag(readIdJag: ReadIdJag): GrantType {
  return async (exchange, request) => {
    const { ensure, issue, audit } = exchange
    const { client, params, from, binding } = request
    checkConfidential(client)
    const { said, use } = await readIdJag(readParameters(parameters, params).assertion, client, from)
    // A224: the provider gave it to who holds this key.
    if (said.cnf && said.cnf.jkt !== binding?.jkt)
      throw refused('it is bound to a key that this request does not prove')
    const person = await personOf(exchange, said)
    const terms = await termsOf(exchange, request, said, person)
    await use()
    const got = await ensure(
      slotOf(['id_jag', client.id, person.member], terms, client.fingerprint),
      async () => ({ ...terms, details: await detailsOf(exchange, person) }),
      (grant) => givenEntry(client, grant, from, terms),
      from,
    )
    if (typeof got === 'string') {
      throw refused('the access of this app was ended, and an administrator has to allow it again')
    }
    const { grant, made } = got
    if (!made) audit.note(issuedEntry(client, grant.id, from))
    // A223: the provider is asked again instead.
    const answer = { grant: grant.id, terms: grant, scopes: grant.scopes, refreshToken: undefined, binding }
    return JSON.stringify(await issue(answer))
  }
}

/**
 * The member the provider means (A225): by the name it has for her since she signed in with it, or by her address where the
 * settings trust it with that domain. Nobody is made a member by an assertion.
 */
async function personOf({ people }: Exchange, said: IdJag): Promise<Person> {
  const { provider, sub: subject, email, email_verified: verified } = said
  const linked = await people.find({ issuer: provider.issuer, subject })
  if (linked) return linked
  const domain = email?.slice(email.lastIndexOf('@') + 1).toLowerCase()
  if (email !== undefined && verified === true && domain && provider.emailDomains.includes(domain)) {
    const named = await people.find({ email, unknownTo: { issuer: provider.issuer, subject } })
    if (named) return named
  }
  throw refused('nobody here is known by its subject')
}

async function termsOf(
  exchange: Exchange,
  request: TokenRequest,
  said: IdJag,
  { member }: Person,
): Promise<GrantTerms> {
  const { client, params } = request
  const resource = resourceOf(exchange, said, params.resource)
  const scopes = scopesOf(request, resource, said)
  const allowed = await allow(exchange, request, resource, scopes)
  return {
    kind: 'id_jag',
    parent: null,
    member,
    clientId: client.id,
    client: snapshotOf(client),
    resource: resource.id,
    scopes: allowed.scopes,
    details: {},
    expiresAt: allowed.expiresAt,
  }
}

/** A220: the assertion's own; what the request asks for beside it must be the same. */
function resourceOf({ resources }: Exchange, said: IdJag, asked: readonly string[]): Resource {
  try {
    const resource = readResource(resources(), [said.resource, ...asked])
    if (resource) return resource
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
  }
  throw refused('it is for a resource that is not here, or not the one that was asked for (resource)')
}

/** A222: what the provider, the client's ceiling and the request all have. */
function scopesOf({ client, params }: TokenRequest, resource: Resource, said: IdJag): string[] {
  const asked = params.values['scope']
  // Where the provider names none it gives the usual ones: nobody is there to agree to anything stronger.
  const granted = said.scope === undefined ? resource.defaultScopes : splitScope(said.scope)
  const wanted = asked === undefined ? granted : splitScope(asked).filter((scope) => granted.includes(scope))
  const scopes = wanted.filter(
    (scope) => Object.hasOwn(resource.scopes, scope) && (client.scopes?.includes(scope) ?? true),
  )
  if (scopes.length === 0) throw refused('it gives none of the scopes that were asked for (scope)')
  return scopes
}

async function detailsOf({ details }: Exchange, { member }: Person) {
  const all = await details.narrow(member, {})
  if (typeof all === 'string') throw new OAuthError('server_error', all)
  return all
}

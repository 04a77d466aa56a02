import { z } from 'zod'
import { isId } from '#foundation'
import { readResource } from '../authorize/choose-resource.ts'
import { splitScope } from '../authorize/scopes.ts'
import type { Client } from '../clients/client.ts'
import { OAuthError } from '../errors.ts'
import { checkCallers } from '../grants/check-callers.ts'
import { AccessWithheld } from '../grants/grant-life.ts'
import type { GrantTerms } from '../grants/grant.ts'
import type { LiveGrant } from '../grants/live-grants.ts'
import { slotOf } from '../grants/slots.ts'
import type { TokenContent } from '../oauth.ts'
import type { Resource } from '../ports.ts'
import type { ActClaim } from './access-token.ts'
import { givenEntry } from './given-entry.ts'
import type { Exchange, GrantType, TokenRequest } from './grant-type.ts'
import { readParameters } from './read-parameters.ts'
import { allow, checkConfidential, issuedEntry, snapshotOf } from './unattended.ts'

const accessToken = 'urn:ietf:params:oauth:token-type:access_token'
// RFC 8693 §3: our access tokens are JWTs, so both names mean the same thing.
const tokenType = z.enum([accessToken, 'urn:ietf:params:oauth:token-type:jwt'])

/** RFC 8693 §2.1. */
const parameters = z.object({
  subject_token: z.string().max(8192),
  subject_token_type: tokenType,
  requested_token_type: tokenType.optional(),
  audience: z.string().max(2000).optional(),
  scope: z.string().max(2000).optional(),
  actor_token: z.undefined().optional(),
  actor_token_type: z.undefined().optional(),
})

/** Exchanges of exchanges, the first included (attacks X4). */
const longestChain = 4

/**
 * A token for a token, only ever narrower (RFC 8693): the same resource, some of its scopes, no longer alive than
 * it. What is given is a grant of its own below the token's, so that ending either ends it.
 */
export const tokenExchange: GrantType = async (exchange, request) => {
  const { ensure, issue, audit } = exchange
  const { client, params, from, binding } = request
  checkConfidential(client)
  const sent = readParameters(parameters, params)
  const { subject, live } = await readSubject(exchange, request, sent.subject_token)
  const resource = readTarget(exchange, request, sent.audience, subject)
  const { scopes, expiresAt } = await allow(
    exchange,
    request,
    resource,
    readScopes(client, sent.scope, subject, resource),
  )
  const act = actFor(client, subject)
  const terms: GrantTerms = {
    kind: 'token_exchange',
    parent: live.grant.id,
    member: live.grant.member,
    clientId: client.id,
    client: snapshotOf(client),
    resource: resource.id,
    scopes,
    details: live.grant.details,
    expiresAt: earlier(live.grant.expiresAt, expiresAt),
  }
  const slot = slotOf(['token_exchange', live.grant.id, client.id], terms, JSON.stringify(act))
  const got = await ensure(
    slot,
    async () => terms,
    (grant) => givenEntry(client, grant, from, terms),
    from,
  )
  if (typeof got === 'string') throw unacceptable('what it was given for has ended')
  const { grant, made } = got
  if (!made) audit.note(issuedEntry(client, grant.id, from))
  // Not a second more than the token it came from: exchanging isn't refreshing.
  const until = earlier(grant.expiresAt, new Date(subject.expiresAt * 1000))
  const answer = await issue({
    grant: grant.id,
    terms: { ...grant, expiresAt: until },
    scopes: grant.scopes,
    refreshToken: undefined,
    binding,
    act,
  })
  return JSON.stringify({ ...answer, issued_token_type: accessToken })
}

type Subject = { subject: TokenContent; live: LiveGrant }

async function readSubject(
  { verify, live: grants, slots, clock }: Exchange,
  { client, binding, from }: TokenRequest,
  token: string,
): Promise<Subject> {
  const subject = await verify(token, () => true).catch(saidHere)
  // The verifier forgives replicas' clocks a few seconds; a token that makes new ones gets none.
  const good = subject && subject.expiresAt * 1000 > clock.now().getTime() ? subject : undefined
  // Attacks X1: another client's token is no more to this one than a forged one, unless an administrator said so.
  const own = good?.clientId === client.id
  if (!good || !(own || (await slots.exchangeableBy(client.id)).includes(good.audience))) {
    throw unacceptable('it is not valid for this client, or no longer')
  }
  // RFC 9449 §5: who stole a bound token can't launder it into an unbound one.
  if (good.boundTo !== null && binding?.jkt !== good.boundTo) {
    throw unacceptable('it is bound to a key that this request does not prove')
  }
  checkCallers(good.callers, from)
  const live = await grants.find(grantIdOf(good))
  if (!live) throw unacceptable('it is not valid for this client, or no longer')
  // A client acts for itself only; what it may do less of, it asks for less of.
  if (live.grant.kind === 'client_credentials') throw unacceptable('it stands for no person')
  // Only the app that asked for details knows what it may leave out of them.
  if (live.grant.authorizationDetails) throw unacceptable('it carries authorization_details')
  if (exchangesIn(live) >= longestChain) throw unacceptable('it was exchanged too often')
  return { subject: good, live }
}

/** What the verifier says to a resource, said to a client: it is to keep its tokens and come again. */
function saidHere(error: unknown): never {
  throw error instanceof AccessWithheld ? new AccessWithheld(error.withheld, 'token') : error
}

function grantIdOf({ grantId }: TokenContent): LiveGrant['grant']['id'] {
  if (!isId('grt', grantId)) throw unacceptable('it is not valid for this client, or no longer')
  return grantId
}

function exchangesIn(live: LiveGrant): number {
  let count = 0
  for (let one: LiveGrant | null = live; one; one = one.parent)
    if (one.grant.kind === 'token_exchange') count++
  return count
}

/** RFC 8693 §2.2.2 `invalid_target`: the subject token's own resource is the one its grant covers (attacks X2). */
function readTarget(
  { resources }: Exchange,
  { params }: TokenRequest,
  audience: string | undefined,
  subject: TokenContent,
): Resource {
  const wanted = [...params.resource, ...(audience === undefined ? [] : [audience])]
  const own = resources().find(({ id }) => id === subject.audience)
  const target = readResource(resources(), wanted) ?? own
  if (!own || target !== own) {
    throw new OAuthError('invalid_target', 'A token is exchanged for one of the same resource')
  }
  return own
}

/**
 * Some of the token's own, under the client's ceiling (attacks X2). Who the person is stays between her and the app
 * that she told it.
 */
function readScopes(
  client: Client,
  sent: string | undefined,
  subject: TokenContent,
  resource: Resource,
): string[] {
  const asked = splitScope(sent)
  if (!asked.every((scope) => subject.scopes.includes(scope))) {
    throw new OAuthError('invalid_scope', 'An exchange can only narrow the scopes of the subject_token')
  }
  const wanted = asked.length > 0 ? asked : subject.scopes
  const allowed = wanted.filter(
    (scope) => Object.hasOwn(resource.scopes, scope) && (client.scopes?.includes(scope) ?? true),
  )
  if (allowed.length === 0) throw new OAuthError('invalid_scope', 'This client may have none of these scopes')
  return allowed
}

/** RFC 8693 §4.1: who acts now, and who did before. A client that narrows its own token stays the one it was. */
function actFor(client: Client, { clientId, act }: TokenContent): ActClaim | null {
  if (clientId === client.id) return act
  return { sub: client.id, ...(act && { act }) }
}

function earlier(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other
  return one < other ? one : other
}

// RFC 8693 §2.2.2: invalid_request, whatever is wrong with the subject token.
function unacceptable(why: string): OAuthError {
  return new OAuthError('invalid_request', `The subject_token can not be exchanged: ${why}`)
}

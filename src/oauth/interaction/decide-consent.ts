import type { Audit, AuditEntry } from '#audit'
import type { ConsentAnswer, ConsentDecision } from '#contract'
import { epochSeconds, hashSecret, newSecret, sameSecret } from '#foundation'
import type { Clock } from '#foundation'
import { grantDays } from '../clients/policy/ceilings.ts'
import { redirectHost } from '../clients/redirect-uri.ts'
import { verifiedDomain } from '../clients/client.ts'
import type { From } from '../endpoint.ts'
import type { DetailsTypes } from '../details/authorization-details.ts'
import { keepDetails } from '../details/narrow-by-person.ts'
import { OAuthError } from '../errors.ts'
import type { ClientClaim, GrantStore } from '../grants/grant-store.ts'
import type { GrantTerms } from '../grants/grant.ts'
import { isSignInOnly } from '../openid/identity-scopes.ts'
import type { SignInFacts } from '../openid/id-token.ts'
import type { DetailsType, SignedIn } from '../ports.ts'
import { answerLocation } from './answer.ts'
import type { AuthorizationRequest, InteractionStore } from './interaction.ts'
import { gone } from './open-interaction.ts'
import type { OpenInteraction } from './open-interaction.ts'

/** Milliseconds a code lives (A44: ten minutes at most). */
export const codeLife = 60_000
const day = 24 * 60 * 60 * 1000

export type DecisionDependencies = {
  issuer: string
  grants: GrantStore
  interactions: InteractionStore
  details: DetailsType
  detailsTypes: DetailsTypes
  clock: Clock
  audit: Audit
}

/** What the person decided, once: a code or a device's yes, or the client's refusal. People can only narrow (design §4). */
export async function decideConsent(
  deps: DecisionDependencies,
  open: OpenInteraction,
  decision: ConsentDecision,
  from: From,
): Promise<ConsentAnswer> {
  const { interaction, csrf } = open
  if (!sameSecret(decision.csrf, csrf)) {
    deps.audit.note(entryOf('consent.refused', open, from, { why: 'csrf' }))
    throw new OAuthError('access_denied', 'This page is out of date. Load it again and decide once more.')
  }
  const location =
    decision.decision === 'allow' ? await allow(deps, open, decision, from) : await deny(deps, open, from)
  deps.interactions.forget(interaction.id)
  if (location === undefined) throw gone('This request was answered already or has expired.')
  return { location }
}

async function deny(
  { issuer, grants, clock }: DecisionDependencies,
  open: OpenInteraction,
  from: From,
): Promise<string | undefined> {
  const { id, browserHash, request } = open.interaction
  const entry = entryOf('consent.denied', open, from, {})
  const device = request.device?.hash ?? null
  const decided = await grants.deny(
    { interaction: id, browserHash, at: clock.now(), entry, pushed: pushedOf(request) },
    device,
  )
  if (!decided) return undefined
  if (request.device) return devicePage('denied')
  return answerLocation(request, issuer, new OAuthError('access_denied', 'The person said no'))
}

async function allow(
  deps: DecisionDependencies,
  open: OpenInteraction,
  decision: ConsentDecision,
  from: From,
): Promise<string | undefined> {
  const at = deps.clock.now()
  return give(deps, open, await termsOf(deps, open, decision, at), from)
}

/** Puts what she agreed to in the interaction's place. Resolves to where the browser goes, or undefined when it's gone. */
export async function give(
  deps: DecisionDependencies,
  open: OpenInteraction,
  terms: GrantTerms,
  from: From,
): Promise<string | undefined> {
  const { interaction, person, policy } = open
  const { id, browserHash, request } = interaction
  const at = deps.clock.now()
  const provisional = policy.outcome === 'ask' && !person.administrator
  const entry = entryOf('consent.allowed', open, from, { scope: terms.scopes.join(' '), provisional })
  const decided = { interaction: id, browserHash, at, entry, pushed: pushedOf(request) }
  if (request.device) {
    const offer = { device: request.device.hash, terms, provisional }
    const done = await deps.grants.allow(decided, offer, claimOf(open))
    return done ? devicePage(provisional ? 'waiting' : 'allowed') : undefined
  }
  const code = newSecret('ac')
  const offer = {
    hash: hashSecret(code),
    redirectUri: request.redirectUri,
    codeChallenge: request.codeChallenge,
    dpopJkt: request.dpopJkt ?? null,
    terms,
    provisional,
    expiresAt: new Date(at.getTime() + codeLife),
  }
  const done = await deps.grants.allow(decided, offer, claimOf(open))
  return done ? answerLocation(request, deps.issuer, { code }) : undefined
}

function pushedOf(request: AuthorizationRequest): string | undefined {
  return request.device ? undefined : request.pushed
}

/** Where the browser stays when the answer isn't its to carry. */
function devicePage(done: 'allowed' | 'waiting' | 'denied'): string {
  return `/device?done=${done}`
}

async function termsOf(
  { details, detailsTypes }: DecisionDependencies,
  open: OpenInteraction,
  { scopes: chosen, objects, days, details: parts }: ConsentDecision,
  at: Date,
): Promise<GrantTerms> {
  const { interaction, policy } = open
  const until = grantDays(policy.ceilings, days)
  const offered = interaction.request.scopes
  const scopes = chosen ? offered.filter((scope) => chosen.includes(scope)) : offered
  if (chosen && scopes.length !== new Set(chosen).size) {
    throw new OAuthError('invalid_scope', 'Only what the app asked for can be allowed')
  }
  if (scopes.length === 0)
    throw new OAuthError('invalid_scope', 'Choose at least one thing to allow, or refuse')
  const asked = interaction.request.device ? undefined : interaction.request.authorizationDetails
  const kept = await keepDetails(detailsTypes, asked, parts, open.person.member)
  return {
    ...termsFrom(open, scopes),
    ...(kept && { authorizationDetails: kept }),
    details: isSignInOnly(open.resource) || open.resource.foreign ? {} : await narrow(details, open, objects),
    expiresAt: until === null ? null : new Date(at.getTime() + until * day),
  }
}

/** What follows from the request itself, whatever the person chose. */
export function termsFrom(
  { interaction: { request }, client, person, redirect }: OpenInteraction,
  scopes: readonly string[],
): Omit<GrantTerms, 'details' | 'expiresAt'> {
  return {
    kind: request.device ? 'device_code' : 'authorization_code',
    parent: null,
    member: person.member,
    clientId: client.id,
    client: {
      name: client.name,
      registration: client.registration,
      verifiedDomain: verifiedDomain(client),
      fingerprint: client.fingerprint,
      redirectHost: redirect ? redirectHost(redirect) : '',
    },
    resource: request.resource,
    scopes,
    ...(scopes.includes('openid') && { signIn: signInOf(person, request) }),
  }
}

function signInOf({ signedInAt, amr }: SignedIn, request: AuthorizationRequest): SignInFacts {
  const nonce = request.device ? undefined : request.nonce
  return { authTime: epochSeconds(signedInAt), amr, ...(nonce !== undefined && { nonce }) }
}

async function narrow(
  details: DetailsType,
  { person }: OpenInteraction,
  objects: string[] | undefined,
): Promise<Record<string, unknown>> {
  const narrowed = await details.narrow(person.member, objects === undefined ? {} : { objects })
  if (typeof narrowed === 'string') throw new OAuthError('invalid_request', narrowed)
  return narrowed
}

/** A first consent keeps the client; an administrator's approves it too (design §4). Null when nothing changes. */
function claimOf({ client, person }: OpenInteraction): ClientClaim | null {
  if (client.registration === 'manual') return null
  const approvedBy = person.administrator && !client.approved ? person.member : null
  if (client.claimedAt !== null && approvedBy === null) return null
  return { id: client.id, fingerprint: client.fingerprint, approvedBy }
}

function entryOf(
  event: string,
  { interaction, client, person }: OpenInteraction,
  from: From,
  detail: NonNullable<AuditEntry['detail']>,
): AuditEntry {
  return {
    event,
    outcome: event === 'consent.refused' ? 'refused' : 'ok',
    actor: { kind: 'member', id: person.member, name: person.name },
    subject: { kind: 'client', id: client.id, name: client.name },
    ip: from.ip,
    detail: { interaction: interaction.id, ...detail },
  }
}

import { hashSecret, newSecret, rateHeaders } from '#foundation'
import type { Clock, RateDecision, RateLimiter } from '#foundation'
import type { Endpoint } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import { addressKey, isLoopbackAddress } from './address-key.ts'
import { checkPolicy } from './check-registration.ts'
import { clientInformation, managementUri } from './client-information.ts'
import type { Client, ClientStore } from './client.ts'
import { badToken, presentedToken } from './initial-access.ts'
import type { InitialAccessStore } from './initial-access.ts'
import { readClientMetadata } from './metadata.ts'
import type { Ceilings } from './policy/ceilings.ts'
import type { PolicyEngine } from './policy/client-policy.ts'
import { describeClient, unnamedClient } from './registered-client.ts'
import { readRegistrationBody } from './registration-body.ts'
import type { SoftwareStatements } from './software-statement.ts'
import type { Unclaimed } from './unclaimed.ts'

export type RegistrationDependencies = {
  store: ClientStore
  initialAccess: InitialAccessStore
  statements: SoftwareStatements
  unclaimed: Unclaimed
  rateLimiter: RateLimiter
  clock: Clock
  issuer: string
  policy: Pick<PolicyEngine, 'decide' | 'judgeBy' | 'current'>
  appSchemes: readonly string[]
  allowLoopback: boolean
}

/** `POST /oauth/register`: dynamic client registration (RFC 7591 §3). */
export function createRegistration(deps: RegistrationDependencies): Endpoint {
  return async (request, { ip }) => {
    const rate = await countRequest(deps, ip)
    // Before anything is read or decided: who comes too late leaves no trace (attacks D9).
    if (await deps.unclaimed.full()) throw tooManyWaiting()
    const initial = await readInitialAccess(deps, request)
    const { claimed, vouched } = await deps.statements(await readRegistrationBody(request), ip)
    const metadata = readClientMetadata(claimed, deps.appSchemes)
    const now = deps.clock.now()
    const token = newSecret('rat')
    const base = { ...unnamedClient(now), managementHash: hashSecret(token) }
    const { client, secret } = describeClient(base, metadata, vouched, { ...deps, now })
    const ceilings = await checkPolicy(deps.policy, client, {
      ip,
      initialAccessToken: initial !== null,
    })
    await countUnder(deps, ceilings, ip)
    await keep(deps, client, ip, initial, ceilings)
    const management = { token, uri: managementUri(deps.issuer, client.id) }
    return Response.json(clientInformation(client, { secret, management }), {
      status: 201,
      headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache', ...rate },
    })
  }
}

async function countRequest(deps: RegistrationDependencies, ip: string): Promise<Record<string, string>> {
  // On a loopback install everybody on this computer is the same person.
  if (deps.allowLoopback && isLoopbackAddress(ip)) return {}
  const { policy } = await deps.policy.current()
  const rate = { limit: policy.registrationsPerMinute, window: 60 }
  const taken = await deps.rateLimiter.take(`oauth.register:${addressKey(ip)}`, rate)
  if (taken.allowed) return rateHeaders(taken)
  throw tooMany(taken)
}

function tooMany(taken: RateDecision): OAuthError {
  return new OAuthError(
    'temporarily_unavailable',
    'Too many registrations from this address; try again later',
    { status: 429, headers: rateHeaders(taken) },
  )
}

/** The rule that let it in may let in fewer. */
async function countUnder(deps: RegistrationDependencies, { registrationsPerMinute }: Ceilings, ip: string) {
  if (registrationsPerMinute === undefined) return
  const rate = { limit: registrationsPerMinute, window: 60 }
  const taken = await deps.rateLimiter.take(`oauth.register.rule:${addressKey(ip)}`, rate)
  if (!taken.allowed) throw tooMany(taken)
}

/** The hash of the initial access token that a registration came with; the client policy says whether it needs one. */
async function readInitialAccess(
  { initialAccess, clock }: RegistrationDependencies,
  request: Request,
): Promise<string | null> {
  const hash = presentedToken(request)
  // One that was presented must be good, also where none is needed: its holder believes that it counts.
  if (hash === null || (await initialAccess.isGood(hash, clock.now()))) return hash
  throw badToken(badInitialToken)
}

const badInitialToken = 'The initial access token is unknown, used up, withdrawn or expired'

async function keep(
  { store, unclaimed, initialAccess, clock }: RegistrationDependencies,
  client: Client,
  ip: string,
  initial: string | null,
  { unclaimedPerAddress }: Ceilings,
): Promise<void> {
  const { full, quota } = await unclaimed.room(ip, unclaimedPerAddress)
  const { software_statement_issuer: voucher } = client.about
  const entry = {
    event: 'client.registered',
    outcome: 'ok' as const,
    actor: { kind: 'client' as const, id: client.id, name: client.name },
    subject: { kind: 'client', id: client.id, name: client.name },
    ip,
    detail: {
      registration: client.registration,
      redirectUris: client.redirectUris.join(' ').slice(0, 1000),
      ...(voucher === undefined ? {} : { voucher }),
    },
  }
  const now = clock.now()
  const using = initial === null ? undefined : { hash: initial, at: now }
  if (!full && (await store.add(client, entry, quota, using))) return
  // Others used it up since it was looked at (attacks D4).
  if (initial !== null && !(await initialAccess.isGood(initial, now))) throw badToken(badInitialToken)
  throw tooManyWaiting()
}

function tooManyWaiting(): OAuthError {
  return new OAuthError(
    'temporarily_unavailable',
    'Too many registered clients wait for their first use; use one of them, or try again tomorrow',
    { status: 429, headers: { 'Retry-After': '3600' } },
  )
}

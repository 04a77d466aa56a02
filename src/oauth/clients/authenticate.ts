import { hashSecret, rateHeaders, sameSecret } from '#foundation'
import type { Clock, RateLimiter } from '#foundation'
import { OAuthError } from '../errors.ts'
import { addressKey } from './address-key.ts'
import { readAssertion } from './client-assertion.ts'
import type { Assertion, CheckAssertion } from './client-assertion.ts'
import type { Client, ClientAuthMethod } from './client.ts'
import type { FindClient } from './find.ts'

/** The request's form, read and bounded before. */
export type AuthenticationRequest = {
  form: { get(name: string): string | null | undefined }
  /** The Authorization header. */
  authorization: string | null
  ip: string
  /** `authorize` where a client may come for the first time, so that its metadata document may be fetched. */
  at?: 'authorize' | 'token'
  /** The endpoint's own address, where assertions may name it as audience (RFC 9126 §2). */
  endpoint?: string
}

/**
 * Who calls an endpoint that clients authenticate at (OAuth 2.1 §2.4). Throws OAuthError: invalid_client (401, with a
 * challenge when the header was used), invalid_request, temporarily_unavailable.
 */
export type AuthenticateClient = (request: AuthenticationRequest) => Promise<Client>

type Presented =
  | { id: string; method: 'none' }
  | { id: string; method: 'client_secret_basic' | 'client_secret_post'; secret: string }
  | { id: string; method: 'private_key_jwt'; assertion: Assertion }

/** Wrong secrets from one address for one client, before it is locked out for the rest of the window. */
const wrongSecrets = { limit: 10, window: 60 }
const mostLocks = 10_000

export function createAuthenticateClient(deps: {
  find: FindClient
  checkAssertion: CheckAssertion
  rateLimiter: RateLimiter
  clock: Clock
}): AuthenticateClient {
  const { find, checkAssertion, rateLimiter, clock } = deps
  // Locked out in this process; the count itself is shared among replicas. OAuth 2.1 §2.4.1: brute force.
  const lockedUntil = new Map<string, number>()

  const checkLock = (key: string) => {
    const until = lockedUntil.get(key)
    if (until === undefined) return
    const seconds = Math.ceil((until - clock.now().getTime()) / 1000)
    if (seconds <= 0) return void lockedUntil.delete(key)
    throw new OAuthError(
      'temporarily_unavailable',
      'Too many wrong client secrets; wait before the next try',
      {
        status: 429,
        headers: { 'Retry-After': String(seconds) },
      },
    )
  }

  const countWrong = async (key: string): Promise<Record<string, string>> => {
    const taken = await rateLimiter.take(key, wrongSecrets)
    if (taken.remaining === 0) {
      const [oldest] = lockedUntil.keys()
      if (lockedUntil.size >= mostLocks && oldest !== undefined) lockedUntil.delete(oldest)
      lockedUntil.set(key, clock.now().getTime() + taken.reset * 1000)
    }
    return rateHeaders(taken)
  }

  const checkSecret = async (client: Client, secret: string, ip: string, refuse: Refuse) => {
    const key = `oauth.secret:${client.id}:${addressKey(ip)}`
    checkLock(key)
    const hash = hashSecret(secret)
    // Every live secret is compared, in constant time each.
    const now = clock.now().getTime()
    const live = client.secrets.filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > now)
    const matching = live.filter((one) => sameSecret(one.hash, hash))
    if (matching.length === 0) throw refuse('The client secret is wrong', await countWrong(key))
  }

  return async (request) => {
    const { ip, endpoint, at = 'token' } = request
    const presented = readPresented(request)
    const refuse: Refuse = (why, headers = {}) => invalidClient(why, request.authorization !== null, headers)

    const result = await find(presented.id, { at, ip })
    if (result.found === 'unavailable') throw new OAuthError('temporarily_unavailable', result.why)
    if (result.found !== 'client') throw refuse(result.why)
    const { client } = result

    if (!client.authMethods.includes(presented.method)) throw refuse(methodAdvice(client, presented.method))
    switch (presented.method) {
      case 'none':
        return client
      case 'private_key_jwt': {
        const wrong = await checkAssertion(presented.assertion, client, { ip, endpoint })
        // RFC 7523 §3.2.
        if (wrong !== undefined) throw refuse(wrong)
        return client
      }
      case 'client_secret_basic':
      case 'client_secret_post':
        await checkSecret(client, presented.secret, ip, refuse)
        return client
    }
  }
}

type Refuse = (why: string, headers?: Record<string, string>) => OAuthError

/** Reads the one way in which the request authenticates. */
function readPresented({ form, authorization }: AuthenticationRequest): Presented {
  // RFC 6749 §3.2: a parameter without a value counts as left out.
  const id = form.get('client_id') || null
  const secret = form.get('client_secret') || null
  const assertion = form.get('client_assertion') || null
  const assertionType = form.get('client_assertion_type') || null
  const asserts = assertion !== null || assertionType !== null
  // OAuth 2.1 §2.4: not more than one method in a request (attacks A1).
  if ([authorization !== null, secret !== null, asserts].filter(Boolean).length > 1) {
    throw new OAuthError(
      'invalid_request',
      'Authenticate in one way: the Authorization header, client_secret or client_assertion',
    )
  }
  if (asserts) return readAsserted(id, assertionType, assertion)
  if (authorization !== null) {
    const basic = readBasic(authorization)
    if (id !== null && id !== basic.id) {
      throw new OAuthError('invalid_request', 'client_id differs from the Authorization header')
    }
    return { ...basic, method: 'client_secret_basic' }
  }
  // OAuth 2.1 §3.2.2: without authentication the client_id is required.
  if (id === null) throw new OAuthError('invalid_request', 'client_id is missing')
  return secret === null ? { id, method: 'none' } : { id, secret, method: 'client_secret_post' }
}

function readAsserted(id: string | null, type: string | null, text: string | null): Presented {
  const assertion = readAssertion(type, text)
  if (typeof assertion === 'string') throw invalidClient(assertion, false)
  const { sub } = assertion.claims
  // RFC 7521 §4.2: client_id may be left out; what is sent must name the same client.
  if (id !== null && id !== sub) throw invalidClient('client_id differs from the assertion’s sub', false)
  return { id: sub, method: 'private_key_jwt', assertion }
}

function readBasic(authorization: string): { id: string; secret: string } {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1]
  if (!encoded) throw invalidClient('The Authorization header is not HTTP Basic', true)
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  try {
    // OAuth 2.1 §2.4.1: id and secret are form-urlencoded each before they are joined.
    const decode = (part: string) => decodeURIComponent(part.replaceAll('+', ' '))
    const basic = { id: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) }
    if (colon > 0 && basic.secret !== '') return basic
  } catch {
    // A stray percent sign: not form-urlencoded. Answered below.
  }
  throw invalidClient(
    'The Authorization header does not hold a client id and a secret, form-urlencoded',
    true,
  )
}

function methodAdvice(client: Client, used: ClientAuthMethod): string {
  if (client.authMethods.includes('none')) {
    return 'This client is registered without a secret; send its client_id in the body and no secret'
  }
  const registered = client.authMethods.join(' or ')
  return used === 'none'
    ? `This client must authenticate with ${registered}`
    : `This client is registered for ${registered}`
}

// RFC 6749 §5.2: the challenge only answers the Authorization header; elsewhere it would open a browser's dialog.
function invalidClient(why: string, challenged: boolean, headers: Record<string, string> = {}): OAuthError {
  const challenge = challenged ? { 'WWW-Authenticate': 'Basic realm="oauth", charset="UTF-8"' } : {}
  return new OAuthError('invalid_client', why, { headers: { ...headers, ...challenge } })
}

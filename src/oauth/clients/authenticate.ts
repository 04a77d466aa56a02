import { hashSecret, rateHeaders, sameSecret } from '#foundation'
import type { Clock, RateLimiter } from '#foundation'
import { OAuthError } from '../errors.ts'
import { addressKey } from './address-key.ts'
import type { Client, ClientAuthMethod } from './client.ts'
import type { FindClient } from './find.ts'

/** The request's form, read and bounded before. */
export type AuthenticationRequest = {
  form: { get(name: string): string | null | undefined }
  /** The Authorization header. */
  authorization: string | null
  ip: string
}

/**
 * Who calls the token or revocation endpoint (OAuth 2.1 §2.4). Throws OAuthError: invalid_client (401, with a
 * challenge when the header was used), invalid_request, temporarily_unavailable.
 */
export type AuthenticateClient = (request: AuthenticationRequest) => Promise<Client>

type Presented = { id: string; secret: string | null; method: ClientAuthMethod }

/** Wrong secrets from one address for one client, before it is locked out for the rest of the window. */
const wrongSecrets = { limit: 10, window: 60 }
const mostLocks = 10_000

export function createAuthenticateClient(deps: {
  find: FindClient
  rateLimiter: RateLimiter
  clock: Clock
}): AuthenticateClient {
  const { find, rateLimiter, clock } = deps
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

  return async (request) => {
    const presented = readPresented(request)
    const refuse = (why: string, headers: Record<string, string> = {}) =>
      invalidClient(why, request.authorization !== null, headers)

    const result = await find(presented.id, { at: 'token', ip: request.ip })
    if (result.found === 'unavailable') throw new OAuthError('temporarily_unavailable', result.why)
    if (result.found !== 'client') throw refuse(result.why)
    const { client } = result

    if (!client.authMethods.includes(presented.method)) throw refuse(methodAdvice(client, presented.method))
    if (presented.secret === null) return client
    const key = `oauth.secret:${client.id}:${addressKey(request.ip)}`
    checkLock(key)
    const hash = hashSecret(presented.secret)
    // Every live secret is compared, in constant time each.
    const now = clock.now().getTime()
    const live = client.secrets.filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > now)
    const matching = live.filter((one) => sameSecret(one.hash, hash))
    if (matching.length === 0) throw refuse('The client secret is wrong', await countWrong(key))
    return client
  }
}

/** Reads the one way in which the request authenticates. */
function readPresented({ form, authorization }: AuthenticationRequest): Presented {
  // RFC 6749 §3.2: a parameter without a value counts as left out.
  const id = form.get('client_id') || null
  const secret = form.get('client_secret') || null
  if (form.get('client_assertion') || form.get('client_assertion_type')) {
    throw invalidClient('private_key_jwt is not supported by this server yet', authorization !== null)
  }
  if (authorization !== null) {
    // OAuth 2.1 §2.4: not more than one method in a request.
    if (secret !== null) {
      throw new OAuthError(
        'invalid_request',
        'Authenticate with the Authorization header or the body, not both',
      )
    }
    const basic = readBasic(authorization)
    if (id !== null && id !== basic.id) {
      throw new OAuthError('invalid_request', 'client_id differs from the Authorization header')
    }
    return { ...basic, method: 'client_secret_basic' }
  }
  // OAuth 2.1 §3.2.2: without authentication the client_id is required.
  if (id === null) throw new OAuthError('invalid_request', 'client_id is missing')
  return secret === null ? { id, secret, method: 'none' } : { id, secret, method: 'client_secret_post' }
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

import { hashSecret, newId, newSecret, rateHeaders } from '#foundation'
import type { Clock, RateLimiter } from '#foundation'
import type { Endpoint } from '../endpoint.ts'
import { OAuthError } from '../errors.ts'
import { readBytes } from '../router/read-bytes.ts'
import type { ClientPolicyPreset } from '../ports.ts'
import { addressKey, isLoopbackAddress } from './address-key.ts'
import type { Client, ClientAuthMethod, ClientStore } from './client.ts'
import { fingerprintOf, newcomer, secretOf } from './client.ts'
import type { ClientMetadata } from './metadata.ts'
import { readClientMetadata } from './metadata.ts'
import { decide } from './policy.ts'
import { readRedirectUri } from './redirect-uri.ts'
import { parseStrictJson } from './strict-json.ts'
import type { ClientLimits, Unclaimed } from './unclaimed.ts'

const maxBytes = 64 * 1024

export type RegistrationDependencies = {
  store: ClientStore
  unclaimed: Unclaimed
  rateLimiter: RateLimiter
  clock: Clock
  limits: ClientLimits
  clientPolicy: ClientPolicyPreset
  appSchemes: readonly string[]
  allowLoopback: boolean
}

/** `POST /oauth/register`: dynamic client registration (RFC 7591 §3). */
export function createRegistration(deps: RegistrationDependencies): Endpoint {
  return async (request, { ip }) => {
    const rate = await countRequest(deps, ip)
    const metadata = readClientMetadata(await readBody(request), deps.appSchemes)
    checkPolicy(deps.clientPolicy, metadata)
    const { client, secret } = newClient(metadata, deps)
    await keep(deps, client, ip)
    return answer(client, secret, rate)
  }
}

async function countRequest(deps: RegistrationDependencies, ip: string): Promise<Record<string, string>> {
  // On a loopback install everybody on this computer is the same person.
  if (deps.allowLoopback && isLoopbackAddress(ip)) return {}
  const rate = { limit: deps.limits.registrationsPerMinute, window: 60 }
  const taken = await deps.rateLimiter.take(`oauth.register:${addressKey(ip)}`, rate)
  if (taken.allowed) return rateHeaders(taken)
  throw new OAuthError(
    'temporarily_unavailable',
    'Too many registrations from this address; try again later',
    {
      status: 429,
      headers: rateHeaders(taken),
    },
  )
}

async function readBody(request: Request): Promise<Record<string, unknown>> {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new OAuthError('invalid_client_metadata', 'Send the metadata as application/json')
  }
  const bytes = await readBytes(request, maxBytes)
  if (bytes === null) {
    throw new OAuthError('invalid_client_metadata', `The metadata may have ${maxBytes} bytes at most`, {
      status: 413,
    })
  }
  try {
    return parseStrictJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch (cause) {
    if (cause instanceof OAuthError) throw cause
    throw new OAuthError('invalid_client_metadata', 'The metadata is not valid UTF-8', { cause })
  }
}

function checkPolicy(preset: ClientPolicyPreset, { redirectUris }: ClientMetadata): void {
  const { outcome, why, rule } = decide(preset, { registration: 'dynamic', redirectUris, approved: false })
  if (outcome !== 'refuse') return
  throw rule === 'local-only'
    ? new OAuthError('invalid_redirect_uri', why)
    : new OAuthError('access_denied', why)
}

function newClient(metadata: ClientMetadata, deps: RegistrationDependencies) {
  const authMethods = acceptedMethods(metadata, deps.appSchemes)
  const secret = authMethods.includes('none') ? null : newSecret('cs')
  const { redirectUris, grantTypes, links } = metadata
  const shown = { name: metadata.name || 'Unnamed app', redirectUris, authMethods }
  const now = deps.clock.now()
  const client: Client = {
    ...newcomer,
    ...shown,
    id: newId('cli'),
    registration: 'dynamic',
    grantTypes,
    scopes: null,
    links,
    keys: metadata.keys,
    secrets: secret === null ? [] : [secretOf(hashSecret(secret), now)],
    fingerprint: fingerprintOf({ ...shown, keys: metadata.keys }),
    firstSeenAt: now,
  }
  return { client, secret }
}

/** The secret exists exactly when the method needs one (attacks D3). */
function acceptedMethods({ authMethod, redirectUris }: ClientMetadata, appSchemes: readonly string[]) {
  const methods: readonly ClientAuthMethod[] = ['none', 'client_secret_basic', 'client_secret_post']
  const stated = methods.find((method) => method === authMethod)
  if (stated) return [stated]
  if (authMethod !== undefined) {
    const known = methods.join(', ')
    throw new OAuthError('invalid_client_metadata', `token_endpoint_auth_method is one of ${known}`)
  }
  // A102: an app on somebody's computer can't keep a secret, whatever RFC 7591 §2 has as its default.
  const native = redirectUris.some((uri) => {
    const read = readRedirectUri(uri, appSchemes)
    return typeof read !== 'string' && read.kind !== 'https'
  })
  // A67: where no method was stated, either way to send the secret will do.
  const either: ClientAuthMethod[] = ['client_secret_basic', 'client_secret_post']
  return native ? (['none'] satisfies ClientAuthMethod[]) : either
}

async function keep(
  { store, unclaimed }: RegistrationDependencies,
  client: Client,
  ip: string,
): Promise<void> {
  const { full, quota } = await unclaimed.room(ip)
  const entry = {
    event: 'client.registered',
    outcome: 'ok' as const,
    actor: { kind: 'client' as const, id: client.id, name: client.name },
    subject: { kind: 'client', id: client.id, name: client.name },
    ip,
    detail: { registration: client.registration, redirectUris: client.redirectUris.join(' ').slice(0, 1000) },
  }
  if (!full && (await store.add(client, entry, quota))) return
  throw new OAuthError(
    'temporarily_unavailable',
    'Too many registered clients wait for their first use; use one of them, or try again tomorrow',
    { status: 429, headers: { 'Retry-After': '3600' } },
  )
}

/** RFC 7591 §3.2.1: everything as it was registered, no nulls, a secret with the time it ends (0: never). */
function answer(client: Client, secret: string | null, headers: Record<string, string>): Response {
  const body = {
    client_id: client.id,
    client_id_issued_at: Math.floor(client.firstSeenAt.getTime() / 1000),
    ...(secret === null ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
    client_name: client.name,
    redirect_uris: client.redirectUris,
    grant_types: client.grantTypes,
    response_types: ['code'],
    token_endpoint_auth_method: client.authMethods[0],
    ...client.links,
  }
  return Response.json(body, {
    status: 201,
    headers: { 'Cache-Control': 'no-store', ...headers },
  })
}

import { hashSecret, newId, newSecret } from '#foundation'
import type { Clock, MemberId } from '#foundation'
import { OAuthError } from '../errors.ts'
import type { ClientDirectory } from './client-directory.ts'
import type { Client, ClientAbout, ClientAuthMethod, ClientGrantType, ClientStore } from './client.ts'
import { fingerprintOf, newcomer, secretOf } from './client.ts'
import { clientEntry } from './client-entry.ts'
import type { By } from './client-entry.ts'
import { readClientMetadata } from './metadata.ts'
import { readRedirectUri } from './redirect-uri.ts'

export type ManualDependencies = {
  store: ClientStore & ClientDirectory
  clock: Clock
  appSchemes: readonly string[]
  /** Scopes that something answers to. */
  scopes: () => readonly string[]
  /** Resources that tokens are issued for. */
  resources: () => readonly { id: string }[]
}

/** A client as an administrator sets it up. */
export type NewClient = {
  name: string
  redirectUris: string[]
  confidential: boolean
  grantTypes?: ClientGrantType[] | undefined
  scopes?: string[] | null | undefined
  jwks?: { keys: Record<string, unknown>[] } | undefined
  jwksUri?: string | undefined
  owner?: MemberId | undefined
  /** OpenID Connect RP-Initiated Logout §3.1. */
  postLogoutRedirectUris?: string[] | undefined
  /** The resource it is the server of, whose access tokens it may introspect. */
  servesResource?: string | null | undefined
  /** It gets tokens bound to a key alone (RFC 9449 §5.2), and only pushed requests of its are taken (RFC 9126 §6). */
  boundTokens?: boolean | undefined
  pushedRequests?: boolean | undefined
}
/** What changes; the way it authenticates stays. */
type Changeable = Omit<NewClient, 'confidential'>
export type ManualChange = { [Member in keyof Changeable]?: Changeable[Member] | undefined }
export type CreatedClient = {
  clientId: string
  clientSecret: string | null
  name: string
  redirectUris: string[]
}

/** Grants that need nobody in front of them: whoever holds the client's name alone must not get them (A149). */
const unattended: readonly ClientGrantType[] = [
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
]

/**
 * Sets up a client by hand. The secret is shown this once. Throws OAuthError with what to change; unlike a
 * registration it refuses what it can't accept instead of leaving it out.
 */
export async function createClient(
  deps: ManualDependencies,
  input: NewClient,
  by: By,
): Promise<CreatedClient> {
  const asked = input.jwks ?? input.jwksUri
  if (asked !== undefined && !input.confidential) {
    throw new OAuthError('invalid_client_metadata', 'A client with keys is a confidential one')
  }
  const secret = input.confidential && asked === undefined ? newSecret('cs') : null
  const authMethods: ClientAuthMethod[] = secret
    ? ['client_secret_basic', 'client_secret_post']
    : [asked === undefined ? 'none' : 'private_key_jwt']
  const now = deps.clock.now()
  const blank: Client = {
    ...newcomer,
    id: newId('cli'),
    registration: 'manual',
    name: '',
    redirectUris: [],
    grantTypes: [],
    authMethods,
    scopes: null,
    links: {},
    secrets: secret === null ? [] : [secretOf(hashSecret(secret), now)],
    fingerprint: '',
    firstSeenAt: now,
    approved: true,
  }
  const client = described(deps, blank, input)
  await deps.store.add(client, clientEntry('client.created', client, by, detailOf(client)))
  const { id, name, redirectUris } = client
  return { clientId: id, clientSecret: secret, name, redirectUris: [...redirectUris] }
}

/** Changes what an administrator said of a client; undefined when there is no such manual client. */
export function changeClient(
  deps: ManualDependencies,
  id: string,
  change: ManualChange,
  by: By,
): Promise<Client | undefined> {
  return deps.store.change(
    id,
    (client) => (client.registration === 'manual' ? described(deps, client, change) : undefined),
    (client) => clientEntry('client.changed', client, by, detailOf(client)),
  )
}

/** A secret's life after its successor was made: long enough to carry the new one everywhere. */
export const longestOverlap = 30 * 24 * 60 * 60

/**
 * Makes a new secret beside the newest one, which ends after `overlap` seconds; at most two live (design §4).
 * Undefined when there is no such manual client with a secret.
 */
export async function rotateSecret(
  deps: ManualDependencies,
  id: string,
  overlap: number,
  by: By,
): Promise<string | undefined> {
  const secret = newSecret('cs')
  const now = deps.clock.now()
  const ends = new Date(now.getTime() + Math.min(overlap, longestOverlap) * 1000).toISOString()
  const changed = await deps.store.change(
    id,
    (client) => {
      const newest = client.secrets.at(-1)
      if (client.registration !== 'manual' || !newest) return undefined
      const old = overlap > 0 ? [{ ...newest, expiresAt: earlier(newest.expiresAt, ends) }] : []
      return { ...client, secrets: [...old, secretOf(hashSecret(secret), now)] }
    },
    (client) => clientEntry('client.secret_rotated', client, by, { old_ends: overlap > 0 ? ends : null }),
  )
  return changed && secret
}

function earlier(known: string | null, ends: string): string {
  return known !== null && known < ends ? known : ends
}

function described(deps: ManualDependencies, base: Client, to: ManualChange): Client {
  const redirectUris = to.redirectUris ?? [...base.redirectUris]
  const afterLogout = to.postLogoutRedirectUris ?? base.about.post_logout_redirect_uris
  for (const uri of [...redirectUris, ...(afterLogout ?? [])]) {
    const read = readRedirectUri(uri, deps.appSchemes)
    if (typeof read === 'string') throw new OAuthError('invalid_redirect_uri', `${uri}: ${read}`)
  }
  const grantTypes = to.grantTypes ?? [...base.grantTypes]
  const keys = keysOf(base, to)
  const servesResource = to.servesResource === undefined ? base.servesResource : to.servesResource
  if (servesResource !== null && !deps.resources().some(({ id }) => id === servesResource)) {
    throw new OAuthError('invalid_target', `Tokens are not issued for ${servesResource} here`)
  }
  // RFC 7662 §2.1: whoever may introspect must prove who it is.
  if (servesResource !== null && base.authMethods.includes('none')) {
    throw new OAuthError('invalid_client_metadata', 'A resource server is a confidential client')
  }
  const onlyServes = servesResource !== null && redirectUris.length === 0 && grantTypes.length === 0
  const asked = {
    client_name: to.name ?? base.name,
    redirect_uris: redirectUris,
    grant_types: grantTypes,
    token_endpoint_auth_method: base.authMethods[0],
    ...keys,
  }
  const metadata = readClientMetadata(asked, deps.appSchemes, 'manual', onlyServes)
  if (metadata.name === '') throw new OAuthError('invalid_client_metadata', 'The client needs a name')
  const shown = {
    name: metadata.name,
    redirectUris: metadata.redirectUris,
    authMethods: base.authMethods,
    keys: metadata.keys,
  }
  const scopes = to.scopes === undefined ? base.scopes : to.scopes
  const unknown = scopes?.find((scope) => !deps.scopes().includes(scope))
  if (unknown !== undefined) throw new OAuthError('invalid_scope', `There is no scope ${unknown}`)
  const owner = metadata.grantTypes.includes('client_credentials') ? (to.owner ?? base.owner) : null
  checkUnattended(metadata.grantTypes, base.authMethods, owner)
  return {
    ...base,
    ...shown,
    about: {
      ...base.about,
      ...(afterLogout && { post_logout_redirect_uris: afterLogout }),
      ...promises(to),
    },
    grantTypes: metadata.grantTypes,
    scopes,
    owner,
    servesResource,
    fingerprint: fingerprintOf(shown),
  }
}

/** What an administrator holds a client to. */
function promises({ boundTokens, pushedRequests }: ManualChange): ClientAbout {
  return {
    ...(boundTokens !== undefined && { dpop_bound_access_tokens: boundTokens }),
    ...(pushedRequests !== undefined && { require_pushed_authorization_requests: pushedRequests }),
  }
}

function keysOf({ keys }: Client, to: ManualChange): Record<string, unknown> {
  if (to.jwks !== undefined || to.jwksUri !== undefined) return { jwks: to.jwks, jwks_uri: to.jwksUri }
  if (keys === null) return {}
  return 'uri' in keys ? { jwks_uri: keys.uri } : { jwks: keys.jwks }
}

function checkUnattended(
  grantTypes: readonly ClientGrantType[],
  authMethods: readonly ClientAuthMethod[],
  owner: string | null,
): void {
  const alone = grantTypes.find((type) => unattended.includes(type))
  if (alone && authMethods.includes('none')) {
    throw new OAuthError('invalid_client_metadata', `${alone} needs a confidential client`)
  }
  if (grantTypes.includes('client_credentials') && owner === null) {
    throw new OAuthError(
      'invalid_client_metadata',
      'client_credentials needs an owner: the member whose rights the client has when it acts for itself',
    )
  }
}

function detailOf(client: Client) {
  return {
    confidential: !client.authMethods.includes('none'),
    grant_types: client.grantTypes.join(' '),
    owner: client.owner,
    serves_resource: client.servesResource,
    redirectUris: client.redirectUris.join(' ').slice(0, 1000),
  }
}

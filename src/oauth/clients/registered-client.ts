import { hashSecret, newId, newSecret } from '#foundation'
import { OAuthError } from '../errors.ts'
import type { Client, ClientAuthMethod } from './client.ts'
import { fingerprintOf, newcomer, secretOf } from './client.ts'
import type { ClientMetadata } from './metadata.ts'
import { readRedirectUri } from './redirect-uri.ts'
import type { Vouched } from './software-statement.ts'

/** A client as nobody has described it yet. */
export function unnamedClient(now: Date): Client {
  return {
    ...newcomer,
    id: newId('cli'),
    registration: 'dynamic',
    name: '',
    redirectUris: [],
    grantTypes: [],
    authMethods: ['none'],
    scopes: null,
    links: {},
    fingerprint: '',
    firstSeenAt: now,
  }
}

/**
 * `base` with everything it says of itself replaced (RFC 7592 §2.2), and the secret when one had to be made. The
 * secret exists exactly when the method needs one (attacks D3); one that is there stays.
 */
export function describeClient(
  base: Client,
  metadata: ClientMetadata,
  vouched: Vouched | null,
  how: { appSchemes: readonly string[]; now: Date },
): { client: Client; secret: string | null } {
  const { redirectUris, grantTypes, links, keys } = metadata
  const authMethods = acceptedMethods(metadata, how.appSchemes)
  const shares = authMethods.some((method) => method.startsWith('client_secret_'))
  const secret = shares && base.secrets.length === 0 ? newSecret('cs') : null
  const made = secret === null ? [] : [secretOf(hashSecret(secret), how.now)]
  const about = {
    ...metadata.about,
    ...(vouched && { software_statement: vouched.statement, software_statement_issuer: vouched.issuer }),
  }
  const shown = { name: metadata.name || 'Unnamed app', redirectUris, authMethods, keys, about }
  const fingerprint = fingerprintOf(shown)
  const client: Client = {
    ...base,
    ...shown,
    grantTypes,
    // Its own word is no ceiling (decision 9); that of who vouches for it is.
    scopes: vouched?.scopes ?? null,
    links,
    secrets: shares ? [...base.secrets, ...made] : [],
    fingerprint,
    // What an administrator approved was what it was (A134).
    approved: base.approved && fingerprint === base.fingerprint,
  }
  return { client, secret }
}

const methods: readonly ClientAuthMethod[] = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
]

function acceptedMethods(
  { authMethod, redirectUris, grantTypes, keys }: ClientMetadata,
  appSchemes: readonly string[],
): ClientAuthMethod[] {
  const stated = methods.find((method) => method === authMethod)
  // A109.
  if (stated === 'private_key_jwt' && keys === null) {
    throw new OAuthError('invalid_client_metadata', 'private_key_jwt needs jwks or jwks_uri')
  }
  if (stated) return [stated]
  if (authMethod !== undefined) {
    const known = methods.join(', ')
    throw new OAuthError('invalid_client_metadata', `token_endpoint_auth_method is one of ${known}`)
  }
  // A102: an app on somebody's computer, or a device, can't keep a secret, whatever RFC 7591 §2 has as its default.
  const native =
    !grantTypes.includes('authorization_code') ||
    redirectUris.some((uri) => {
      const read = readRedirectUri(uri, appSchemes)
      return typeof read !== 'string' && read.kind !== 'https'
    })
  // A67: where no method was stated, either way to send the secret will do.
  return native ? ['none'] : ['client_secret_basic', 'client_secret_post']
}

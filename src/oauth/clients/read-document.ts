import { OAuthError } from '../errors.ts'
import type { Client } from './client.ts'
import { fingerprintOf, newcomer } from './client.ts'
import { readClientMetadata } from './metadata.ts'
import { parseStrictJson } from './strict-json.ts'

/**
 * The client that a metadata document describes. Throws OAuthError with what its author should change.
 * Rules: requirements A121 to A125; attacks S5, S6.
 */
export function clientFromDocument(
  url: string,
  answer: { contentType: string; body: string },
  about: { appSchemes: readonly string[]; firstSeenAt: Date; document: NonNullable<Client['document']> },
): Client {
  if (!isJson(answer.contentType)) throw refuse('It is not served as application/json')
  const document = parseStrictJson(answer.body)
  // Simple string comparison (CIMD draft §4; RFC 3986 §6.2.1).
  if (document['client_id'] !== url) throw refuse('Its client_id is not the address it was fetched from')
  if ('client_secret' in document || 'client_secret_expires_at' in document) {
    throw refuse('It holds a client secret, which everybody can read')
  }
  const metadata = readClientMetadata(document, about.appSchemes)
  if (metadata.name === '') throw refuse('It has no client_name')
  checkAuthMethod(metadata.authMethod, document['token_endpoint_auth_methods_supported'])
  const shown = { name: metadata.name, redirectUris: metadata.redirectUris, authMethods: ['none'] as const }
  return {
    ...newcomer,
    ...shown,
    id: url,
    registration: 'metadata-document',
    grantTypes: metadata.grantTypes,
    scopes: null,
    links: metadata.links,
    keys: metadata.keys,
    fingerprint: fingerprintOf({ ...shown, keys: metadata.keys }),
    firstSeenAt: about.firstSeenAt,
    document: about.document,
  }
}

function isJson(contentType: string): boolean {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return type === 'application/json' || (type.startsWith('application/') && type.endsWith('+json'))
}

/**
 * ChatGPT's document names private_key_jwt as its method and lists `none` beside it: such a client is taken as
 * public, protected by PKCE (requirements 7.1, A125).
 */
function checkAuthMethod(stated: string | undefined, supported: unknown): void {
  // CIMD draft §4.1: no method that rests on a shared secret.
  if (stated?.startsWith('client_secret_'))
    throw refuse('It names an authentication method with a shared secret')
  const offersNone = Array.isArray(supported) && supported.includes('none')
  if (stated === undefined || stated === 'none' || offersNone) return
  throw refuse(`It asks for ${stated}, which this server does not support yet; offer none as well`)
}

function refuse(why: string): OAuthError {
  return new OAuthError('invalid_client_metadata', why)
}

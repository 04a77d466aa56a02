import { OAuthError } from '../errors.ts'
import type { Client, ClientAuthMethod, ClientKeys } from './client.ts'
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
  const metadata = readClientMetadata(document, about.appSchemes, 'metadata-document')
  if (metadata.name === '') throw refuse('It has no client_name')
  const offered = document['token_endpoint_auth_methods_supported']
  const authMethods = [authMethodOf(metadata.authMethod, offered, metadata.keys)]
  const shown = { name: metadata.name, redirectUris: metadata.redirectUris, authMethods }
  return {
    ...newcomer,
    ...shown,
    id: url,
    registration: 'metadata-document',
    grantTypes: metadata.grantTypes,
    scopes: null,
    links: metadata.links,
    keys: metadata.keys,
    about: metadata.about,
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
 * The one way a document's client authenticates: with its published keys when it names private_key_jwt, which
 * ChatGPT does whenever a server takes it (A125, A186). `none` listed beside it is for servers that don't: honoured
 * here, it would let a stolen refresh token be used by whoever has no key.
 */
function authMethodOf(
  stated: string | undefined,
  supported: unknown,
  keys: ClientKeys | null,
): ClientAuthMethod {
  // CIMD draft §4.1: no method that rests on a shared secret.
  if (stated?.startsWith('client_secret_'))
    throw refuse('It names an authentication method with a shared secret')
  if (stated === undefined || stated === 'none') return 'none'
  const offers = (method: string) =>
    stated === method || (Array.isArray(supported) && supported.includes(method))
  if (offers('private_key_jwt') && keys !== null) return 'private_key_jwt'
  if (offers('none')) return 'none'
  throw refuse(`It asks for ${stated}; this server takes none and private_key_jwt from documents`)
}

function refuse(why: string): OAuthError {
  return new OAuthError('invalid_client_metadata', why)
}

import { z } from 'zod'
import { OAuthError } from '../errors.ts'
import type { ClientAbout, ClientGrantType, ClientKeys, ClientRegistration } from './client.ts'
import { cleanClientName } from './client-name.ts'
import { promises, readAbout, readLinks, withoutUndefined } from './metadata-about.ts'
import { readClientKeys } from './metadata-keys.ts'
import { readRedirectUri } from './redirect-uri.ts'

/** RFC 7591 §2 as we read it. Members that aren't here are ignored, privileged ones with them (attacks D2, D8). */
const schema = promises.extend({
  client_name: z.string().max(1000).optional(),
  redirect_uris: z.array(z.string()).max(32).optional(),
  grant_types: z.array(z.string()).max(32).optional(),
  response_types: z.array(z.string()).max(32).optional(),
  token_endpoint_auth_method: z.string().max(100).optional(),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(32) }).optional(),
  jwks_uri: z.string().max(2000).optional(),
})

const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code'
// A82: clients that don't say which grants they use still expect refresh tokens.
const usual: readonly ClientGrantType[] = ['authorization_code', 'refresh_token']
/** A149, attacks D8: whoever acts without a person in front of it was set up by an administrator. */
const forAnyone: readonly ClientGrantType[] = [...usual, deviceCode]
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
/** By registration. A215: an address that vouches for its app may say it comes with an identity provider's assertion. */
const allowedGrants: Record<ClientRegistration, readonly ClientGrantType[]> = {
  dynamic: forAnyone,
  'metadata-document': [...forAnyone, jwtBearer],
  manual: [...forAnyone, 'client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange', jwtBearer],
}

export type ClientMetadata = {
  name: string
  redirectUris: string[]
  grantTypes: ClientGrantType[]
  /** As stated; undefined when it wasn't. */
  authMethod: string | undefined
  links: Record<string, string>
  keys: ClientKeys | null
  about: ClientAbout
}

/**
 * One validation for manual, metadata-document and dynamic clients. Unsupported values are left out, and the
 * answer shows what is left (RFC 7591 §3.2.1, A105, A198): a refusal would end the whole registration.
 * Throws invalid_redirect_uri or invalid_client_metadata.
 */
export function readClientMetadata(
  input: Record<string, unknown>,
  appSchemes: readonly string[],
  registration: ClientRegistration = 'dynamic',
  /** A resource server asks for no grant at all. */
  needsNoGrant = false,
): ClientMetadata {
  // RFC 7591 §2 knows no null; some clients write one for "not set".
  const set = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null))
  const parsed = schema.safeParse(set)
  if (!parsed.success) throw metadataError(parsed.error)
  const { client_name, redirect_uris, grant_types, response_types, jwks, jwks_uri, ...rest } = parsed.data
  const allowed = allowedGrants[registration]
  const grantTypes = needsNoGrant ? [] : acceptedGrants(grant_types, allowed)
  const redirects = grantTypes.includes('authorization_code')
  if (redirects && response_types && !response_types.includes('code')) {
    throw new OAuthError('invalid_client_metadata', 'response_types must include code')
  }
  const { token_endpoint_auth_method: authMethod, ...held } = rest
  return {
    name: cleanClientName(client_name ?? ''),
    redirectUris: redirects ? acceptedUris(redirect_uris ?? [], appSchemes) : [],
    grantTypes,
    authMethod,
    links: readLinks(set),
    keys: readClientKeys(jwks, jwks_uri),
    about: { ...readAbout(set, appSchemes), ...withoutUndefined(held) },
  }
}

function metadataError(error: z.ZodError): OAuthError {
  const issue = error.issues[0]
  const where = issue?.path.map(String).join('.') ?? ''
  const code = where.startsWith('redirect_uris') ? 'invalid_redirect_uri' : 'invalid_client_metadata'
  return new OAuthError(code, `${where}: ${issue?.message ?? 'wrong'}`)
}

function acceptedUris(uris: string[], appSchemes: readonly string[]): string[] {
  const read = [...new Set(uris)].map((uri) => readRedirectUri(uri, appSchemes))
  const accepted = read.flatMap((one) => (typeof one === 'string' ? [] : [one.uri]))
  if (accepted.length > 0) return accepted
  const why = read.find((one) => typeof one === 'string')
  throw new OAuthError('invalid_redirect_uri', why ?? 'redirect_uris is empty')
}

function acceptedGrants(asked: string[] | undefined, allowed: readonly ClientGrantType[]): ClientGrantType[] {
  if (!asked || asked.length === 0) return [...usual]
  const accepted = allowed.filter((type) => asked.includes(type))
  // A refresh token comes from another grant; alone it gets nobody in.
  if (accepted.some((type) => type !== 'refresh_token')) return accepted
  const ways = allowed.filter((type) => type !== 'refresh_token').join(' or ')
  throw new OAuthError('invalid_client_metadata', `grant_types must include ${ways}`)
}

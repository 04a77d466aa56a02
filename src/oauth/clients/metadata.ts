import { z } from 'zod'
import { OAuthError } from '../errors.ts'
import type { ClientGrantType, ClientKeys } from './client.ts'
import { cleanClientName } from './client-name.ts'
import { readRedirectUri } from './redirect-uri.ts'

/** RFC 7591 §2 as we read it. Members that aren't here are ignored, privileged ones with them (attacks D2, D8). */
const schema = z.object({
  client_name: z.string().max(1000).optional(),
  redirect_uris: z.array(z.string()).min(1).max(32),
  grant_types: z.array(z.string()).max(32).optional(),
  response_types: z.array(z.string()).max(32).optional(),
  token_endpoint_auth_method: z.string().max(100).optional(),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(32) }).optional(),
  jwks_uri: z.string().max(2000).optional(),
})

const linkNames = ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri'] as const
const grantTypes: readonly ClientGrantType[] = ['authorization_code', 'refresh_token']
// RFC 7518 §6: members of a JWK that only its owner may know.
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

export type ClientMetadata = {
  name: string
  redirectUris: string[]
  grantTypes: ClientGrantType[]
  /** As stated; undefined when it wasn't. */
  authMethod: string | undefined
  links: Record<string, string>
  keys: ClientKeys | null
}

/**
 * One validation for manual, metadata-document and dynamic clients. Unsupported values are left out, and the
 * answer shows what is left (RFC 7591 §3.2.1, A105, A198): a refusal would end the whole registration.
 * Throws invalid_redirect_uri or invalid_client_metadata.
 */
export function readClientMetadata(
  input: Record<string, unknown>,
  appSchemes: readonly string[],
): ClientMetadata {
  // RFC 7591 §2 knows no null; some clients write one for "not set".
  const set = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null))
  const parsed = schema.safeParse(set)
  if (!parsed.success) throw metadataError(parsed.error)
  const { client_name, redirect_uris, grant_types, response_types, ...rest } = parsed.data
  if (response_types && !response_types.includes('code')) {
    throw new OAuthError('invalid_client_metadata', 'response_types must include code')
  }
  return {
    name: cleanClientName(client_name ?? ''),
    redirectUris: acceptedUris(redirect_uris, appSchemes),
    grantTypes: acceptedGrants(grant_types),
    authMethod: rest.token_endpoint_auth_method,
    links: acceptedLinks(set),
    keys: acceptedKeys(rest.jwks, rest.jwks_uri),
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

// A82: clients that don't say which grants they use still expect refresh tokens.
function acceptedGrants(asked: string[] | undefined): ClientGrantType[] {
  if (!asked || asked.length === 0) return [...grantTypes]
  if (!asked.includes('authorization_code')) {
    throw new OAuthError('invalid_client_metadata', 'grant_types must include authorization_code')
  }
  return grantTypes.filter((type) => asked.includes(type))
}

// RFC 7591 §5: https alone, so never javascript: or data:. Nothing is fetched.
function acceptedLinks(set: Record<string, unknown>): Record<string, string> {
  const links: Record<string, string> = {}
  for (const name of linkNames) {
    const value = set[name]
    if (typeof value !== 'string' || value.length > 2000 || !URL.canParse(value)) continue
    const url = new URL(value)
    if (url.protocol === 'https:' && !url.username && !url.password) links[name] = url.href
  }
  return links
}

function acceptedKeys(
  jwks: { keys: Record<string, unknown>[] } | undefined,
  uri: string | undefined,
): ClientKeys | null {
  // RFC 7591 §2: jwks and jwks_uri MUST NOT both be present.
  if (jwks && uri !== undefined) {
    throw new OAuthError('invalid_client_metadata', 'Give jwks or jwks_uri, not both')
  }
  for (const key of jwks?.keys ?? []) {
    if (key['kty'] === 'oct' || privateMembers.some((member) => member in key)) {
      throw new OAuthError('invalid_client_metadata', 'jwks holds a private or symmetric key')
    }
  }
  if (uri !== undefined) return { uri }
  return jwks ? { jwks } : null
}

/** What a 401 says of the way in (RFC 9728 §5.1, RFC 6750 §3): where the resource's metadata is, which scopes it wants. */
export type Challenge = { metadata: string | null; scopes: string[] | null }

const parameter = /([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi
const longest = 8192

/** Reads the Bearer challenge among those of a `WWW-Authenticate` header; both null when there is none. */
export function readChallenge(header: string | null): Challenge {
  const bearer = /(?:^|,)\s*Bearer\s+(.*)$/is.exec((header ?? '').slice(0, longest))?.[1]
  const found = new Map<string, string>()
  for (const [, name = '', quoted, plain] of (bearer ?? '').matchAll(parameter)) {
    const key = name.toLowerCase()
    // The first one counts: a second challenge may follow in the same header.
    if (!found.has(key)) found.set(key, quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '')
  }
  const scopes = found.get('scope')?.split(' ').filter(Boolean)
  return {
    metadata: found.get('resource_metadata') ?? null,
    scopes: scopes && scopes.length > 0 ? scopes : null,
  }
}

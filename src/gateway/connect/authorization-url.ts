import type { OAuthLibrary } from './library.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import type { ResourceFacts } from './resource-metadata.ts'
import type { Server } from './server-metadata.ts'

type Asked = {
  clientId: string
  redirectUri: string
  scopes: readonly string[]
  state: string
  verifier: string
  resource: string
}

/** Where the person is asked. What the server put into its own address stays, unless it is a parameter of ours. */
export async function authorizationUrl(library: OAuthLibrary, server: Server, asked: Asked): Promise<string> {
  const oauth = await library()
  const url = new URL(server.authorization_endpoint)
  const { clientId, redirectUri, scopes, state, verifier, resource } = asked
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    // RFC 8707 §2.1
    resource,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    // OIDC Core §11: offline access is asked for each time.
    ...(scopes.includes(offline) && { prompt: 'consent' }),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

const offline = 'offline_access'

/**
 * MCP 2026-07-28, "Scope Selection Strategy": what the challenge wants, else what the resource lists, else nothing; the
 * administrator's own list before all of it. `offline_access` where the server has it, so that connections last.
 */
export function scopesFor({ auth }: Upstream, { scopes }: ResourceFacts, server: Server): readonly string[] {
  if (auth.kind === 'oauth' && auth.scopes !== undefined) return auth.scopes
  const wanted = (scopes ?? [])
    .filter((scope) => /^[\x21\x23-\x5B\x5D-\x7E]{1,200}$/.test(scope))
    .slice(0, 100)
  return server.scopes_supported?.includes(offline) && !wanted.includes(offline)
    ? [...wanted, offline]
    : wanted
}

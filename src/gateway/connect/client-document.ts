import type { Upstream } from '../upstreams/upstream.ts'

/** Where an authorization server sends people back to: one address for each upstream, so that none answers for another (RFC 9700 §4.4.2). */
export function redirectUriOf(issuer: string, { name }: Pick<Upstream, 'name'>): string {
  return `${issuer}/connect/${name}/callback`
}

/** Our client id where we are known by a document. Only an https issuer can have one. */
export function documentAddressOf(issuer: string, { name }: Pick<Upstream, 'name'>): string | null {
  return issuer.startsWith('https:') ? `${issuer}/oauth-client/${name}.json` : null
}

/** What authorization servers are told of us, by registration or by document. */
export function clientMetadata(issuer: string, upstream: Pick<Upstream, 'name'>) {
  const { host, protocol } = new URL(issuer)
  return {
    client_name: `Tandem at ${host}`,
    client_uri: issuer,
    redirect_uris: [redirectUriOf(issuer, upstream)],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    // OpenID Connect Registration §2: a web client's redirect URI is https and not on this computer.
    application_type: protocol === 'https:' ? 'web' : 'native',
  }
}

/** The client ID metadata document (CIMD). No secret: PKCE and the redirect URI are what proves us. */
export function clientDocument(issuer: string, upstream: Pick<Upstream, 'name'>) {
  return {
    client_id: documentAddressOf(issuer, upstream),
    ...clientMetadata(issuer, upstream),
    token_endpoint_auth_method: 'none',
  }
}

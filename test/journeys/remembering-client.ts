import type {
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'

export type RememberingClient = OAuthClientProvider & {
  /** Where the client last wanted to send its person. */
  asked: URL | undefined
  registered: StoredOAuthClientInformation | undefined
  held: StoredOAuthTokens | undefined
}

/** What an MCP client keeps while it signs in: its registration, its tokens, its verifier. In memory; both SDKs take it. */
export function rememberingClient(
  options: { redirectUri?: string; metadataUrl?: string; name?: string } = {},
): RememberingClient {
  const { redirectUri = 'http://127.0.0.1:9999/callback', metadataUrl, name = 'Notebook' } = options
  let verifier = ''
  let discovered: OAuthDiscoveryState | undefined
  const metadata: OAuthClientMetadata = {
    client_name: name,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  }
  const client: RememberingClient = {
    asked: undefined,
    registered: undefined,
    held: undefined,
    redirectUrl: redirectUri,
    clientMetadata: metadata,
    ...(metadataUrl === undefined ? {} : { clientMetadataUrl: metadataUrl }),
    clientInformation: () => client.registered,
    saveClientInformation: (information) => void (client.registered = information),
    tokens: () => client.held,
    saveTokens: (tokens) => void (client.held = tokens),
    redirectToAuthorization: (url) => void (client.asked = url),
    saveCodeVerifier: (text) => void (verifier = text),
    codeVerifier: () => verifier,
    discoveryState: () => discovered,
    saveDiscoveryState: (state) => void (discovered = state),
  }
  return client
}

import { codeAndRefresh, sdkHeaders } from './shape.ts'
import type { ClientShape } from './shape.ts'

const claudeCallbacks = [
  'https://claude.ai/api/mcp/auth_callback',
  'https://claude.com/api/mcp/auth_callback',
]

/** Claude on the web and on phones: Anthropic's servers call ours. */
const claudeAi: ClientShape = {
  name: 'Claude.ai',
  sources: [
    'claude.com/docs/connectors/building/authentication',
    'anthropics/claude-ai-mcp#1043',
    '#667',
    '#966',
  ],
  patience: { step: 10_000, refresh: 30_000 },
  probe: 'GET',
  discoveryHeaders: { Accept: 'application/json', 'User-Agent': 'python-httpx/0.28' },
  resourceMetadata: ['challenge', 'path', 'root'],
  pageOrigin: null,
  documents: [
    {
      url: 'https://claude.ai/oauth/mcp-oauth-client-metadata',
      onlyWith: ['none'],
      content: {
        client_name: 'Claude',
        client_uri: 'https://claude.ai',
        redirect_uris: claudeCallbacks,
        // Declared for enterprise-managed authorization; to be ignored where it isn't offered.
        grant_types: [...codeAndRefresh, 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
      cacheControl: 'public, max-age=3600',
    },
  ],
  registration: {
    client_name: 'Claude',
    redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
    grant_types: codeAndRefresh,
    response_types: ['code'],
    scope: 'claudeai',
  },
  registersWith: ['client_secret_post', 'none'],
  redirectUri: 'https://claude.ai/api/mcp/auth_callback',
  scopes: { from: ['challenge', 'resource'], otherwise: null, offlineAccess: true },
  resource: 'once',
  strictAboutIss: false,
  refresh: { scope: 'omitted', atOnce: 1 },
}

const chatGptRedirect = 'https://chatgpt.com/connector_platform_oauth_redirect'

/** ChatGPT's connectors: signs its token requests with a key where the server takes that. */
const chatGpt: ClientShape = {
  name: 'ChatGPT',
  sources: [
    'Gentleman-Programming/engram#1633',
    'Altinity/altinity-mcp#118',
    'pomerium/pomerium#6692',
    'ha-mcp PR#368',
  ],
  patience: { step: 10_000, refresh: 30_000 },
  probe: 'POST',
  discoveryHeaders: { Accept: 'application/json' },
  resourceMetadata: ['challenge', 'path', 'root'],
  pageOrigin: null,
  documents: [
    {
      url: 'https://chatgpt.com/oauth/client.json',
      onlyWith: ['iss'],
      content: {
        client_name: 'ChatGPT',
        client_uri: 'https://chatgpt.com',
        redirect_uris: [chatGptRedirect],
        grant_types: codeAndRefresh,
        response_types: ['code'],
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
        token_endpoint_auth_signing_alg: 'RS256',
      },
      cacheControl: 'public, max-age=300',
      keys: 'https://chatgpt.com/oauth/jwks.json',
    },
  ],
  registration: {
    client_name: 'ChatGPT',
    redirect_uris: [chatGptRedirect],
    grant_types: codeAndRefresh,
    response_types: ['code'],
  },
  registersWith: ['none', 'client_secret_post', 'client_secret_basic'],
  redirectUri: chatGptRedirect,
  scopes: { from: ['challenge', 'resource'], otherwise: null, offlineAccess: true },
  resource: 'once',
  strictAboutIss: true,
  refresh: { scope: 'omitted', atOnce: 1 },
}

/** The Inspector's page: discovery, registration and tokens are fetched by the browser itself. */
const inspector: ClientShape = {
  name: 'MCP Inspector',
  sources: [
    'modelcontextprotocol/inspector#982',
    'twentyhq/twenty PR#19836',
    'envoyproxy/ai-gateway PR#2307',
  ],
  patience: { step: 30_000, refresh: 30_000 },
  probe: 'POST',
  discoveryHeaders: sdkHeaders,
  resourceMetadata: ['challenge', 'path', 'root'],
  pageOrigin: 'http://localhost:6274',
  documents: [],
  registration: {
    client_name: 'MCP Inspector',
    client_uri: 'https://github.com/modelcontextprotocol/inspector',
    redirect_uris: ['http://localhost:6274/oauth/callback'],
    grant_types: codeAndRefresh,
    response_types: ['code'],
  },
  registersWith: ['none'],
  redirectUri: 'http://localhost:6274/oauth/callback',
  scopes: { from: ['challenge', 'resource'], otherwise: null, offlineAccess: true },
  resource: 'once',
  strictAboutIss: true,
  refresh: { scope: 'omitted', atOnce: 1 },
}

export const hostedClients = [claudeAi, chatGpt, inspector] as const

import { codeAndRefresh, sdkHeaders } from './shape.ts'
import type { ClientShape } from './shape.ts'

/** Several sessions on one computer share one login, and refresh it at the same moment. */
const claudeCode: ClientShape = {
  name: 'Claude Code',
  sources: ['anthropics/claude-code#89862', '#83681', '#37747', '#52871', '#66210', '#55055'],
  patience: { step: 10_000, refresh: 30_000 },
  probe: 'POST',
  discoveryHeaders: sdkHeaders,
  resourceMetadata: ['challenge', 'root'],
  pageOrigin: null,
  documents: [
    {
      url: 'https://claude.ai/oauth/claude-code-client-metadata',
      onlyWith: ['none'],
      content: {
        client_name: 'Claude Code',
        client_uri: 'https://claude.ai',
        // Without a port: any will do on this computer (RFC 8252 §7.3).
        redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
        grant_types: codeAndRefresh,
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
      cacheControl: 'public, max-age=3600',
    },
  ],
  registration: {
    client_name: 'Claude Code',
    redirect_uris: ['http://localhost:3118/callback'],
    grant_types: codeAndRefresh,
    response_types: ['code'],
  },
  registersWith: ['none'],
  redirectUri: 'http://localhost:3118/callback',
  scopes: { from: ['challenge', 'resource'], otherwise: null, offlineAccess: false },
  resource: 'once',
  strictAboutIss: false,
  refresh: { scope: 'omitted', atOnce: 3 },
}

/** Believes announcements: an `iss` that is announced and missing ends the sign-in. Names no scopes. */
const codex: ClientShape = {
  name: 'Codex',
  sources: ['openai/codex#33354', '#37300', '#15643', '#5480', 'cloudflare/mcp-server-cloudflare#449'],
  patience: { step: 10_000, refresh: 30_000 },
  probe: 'POST',
  discoveryHeaders: { Accept: 'application/json' },
  resourceMetadata: ['challenge', 'path', 'root'],
  pageOrigin: null,
  documents: [
    {
      url: 'https://chatgpt.com/oauth/codex/client.json',
      onlyWith: ['none', 'iss'],
      content: {
        client_name: 'Codex',
        redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
        grant_types: codeAndRefresh,
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
      cacheControl: 'public, max-age=300',
    },
  ],
  registration: {
    client_name: 'Codex',
    redirect_uris: ['http://127.0.0.1:41357/callback'],
    grant_types: codeAndRefresh,
    response_types: ['code'],
  },
  registersWith: ['none'],
  redirectUri: 'http://127.0.0.1:41357/callback',
  scopes: { from: [], otherwise: null, offlineAccess: false },
  resource: 'twice',
  strictAboutIss: true,
  refresh: { scope: 'omitted', atOnce: 1 },
}

const vsCodeRedirects = ['http://127.0.0.1:33418/', 'http://127.0.0.1/', 'https://vscode.dev/redirect']

/** Without a challenge it goes by the default addresses of 2025-03-26. */
const vsCode: ClientShape = {
  name: 'VS Code',
  sources: ['microsoft/vscode#261120', '#282472', '#278512', '#269883', '#337174'],
  patience: { step: 10_000, refresh: 30_000 },
  probe: 'POST',
  discoveryHeaders: sdkHeaders,
  resourceMetadata: ['challenge', 'path', 'root'],
  pageOrigin: null,
  documents: [
    {
      url: 'https://vscode.dev/oauth/client-metadata.json',
      onlyWith: [],
      content: {
        client_name: 'Visual Studio Code',
        client_uri: 'https://vscode.dev',
        redirect_uris: vsCodeRedirects,
        grant_types: [...codeAndRefresh, 'urn:ietf:params:oauth:grant-type:device_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        application_type: 'native',
      },
      cacheControl: 'no-store',
    },
  ],
  registration: {
    client_name: 'Visual Studio Code',
    client_uri: 'https://code.visualstudio.com',
    redirect_uris: vsCodeRedirects,
    grant_types: [...codeAndRefresh, 'urn:ietf:params:oauth:grant-type:device_code'],
    response_types: ['code'],
    application_type: 'native',
  },
  registersWith: ['none'],
  redirectUri: 'http://127.0.0.1:33418/',
  scopes: { from: ['challenge', 'resource'], otherwise: null, offlineAccess: false },
  resource: 'once',
  strictAboutIss: false,
  refresh: { scope: 'repeated', atOnce: 1 },
}

const cursorRedirects = [
  'cursor://anysphere.cursor-mcp/oauth/callback',
  'https://www.cursor.com/agents/mcp/oauth/callback',
  'http://localhost:8787/callback',
]

/** One registration for its app, its website and its computer; any refusal ends all of it. */
const cursor: ClientShape = {
  name: 'Cursor',
  sources: [
    'agent-connector-for-wp#111',
    'better-auth#10946',
    'bytebase#20510',
    'laravel/mcp#173',
    'forum.cursor.com 148096',
  ],
  patience: { step: 10_000, refresh: 30_000 },
  probe: 'POST',
  discoveryHeaders: sdkHeaders,
  resourceMetadata: ['challenge', 'path', 'root'],
  pageOrigin: null,
  documents: [],
  registration: {
    client_name: 'Cursor',
    redirect_uris: cursorRedirects,
    grant_types: codeAndRefresh,
    response_types: ['code'],
    application_type: 'web',
  },
  registersWith: ['none'],
  redirectUri: 'cursor://anysphere.cursor-mcp/oauth/callback',
  scopes: { from: ['challenge', 'resource'], otherwise: null, offlineAccess: true },
  resource: 'once',
  strictAboutIss: false,
  refresh: { scope: 'omitted', atOnce: 1 },
}

/** Stands between desktop apps that speak stdio and servers on the network. */
const mcpRemote: ClientShape = {
  name: 'mcp-remote',
  sources: ['mcp-remote 0.15.1', 'geelen/mcp-remote#72', '#176', '#184', '#240'],
  patience: { step: 5000, refresh: 30_000 },
  probe: 'POST',
  discoveryHeaders: sdkHeaders,
  resourceMetadata: ['challenge', 'path', 'root'],
  pageOrigin: null,
  documents: [],
  registration: {
    client_name: 'MCP CLI Proxy',
    client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
    redirect_uris: ['http://localhost:3334/oauth/callback'],
    grant_types: codeAndRefresh,
    response_types: ['code'],
    software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
    software_version: '0.15.1',
  },
  registersWith: ['none', 'client_secret_basic', 'client_secret_post'],
  redirectUri: 'http://localhost:3334/oauth/callback',
  scopes: {
    from: ['challenge', 'resource', 'server'],
    otherwise: 'openid email profile',
    offlineAccess: true,
  },
  resource: 'once',
  strictAboutIss: true,
  refresh: { scope: 'repeated', atOnce: 2 },
}

export const desktopClients = [claudeCode, codex, vsCode, cursor, mcpRemote] as const

import { createHash, randomBytes } from 'node:crypto'
import type { ConsentDecision, ConsentView } from '#contract'
import type { Browser } from './browser.ts'

export type ConnectOptions = {
  browser: Browser
  /** The client's own registration; `Notebook`, public, unless said otherwise. */
  client?: { id: string; secret?: string; redirectUri: string }
  name?: string
  redirectUri?: string
  /** Space-separated; absent = whatever the server gives by default. */
  scope?: string
  resource?: string
  /** What the person answers; she allows all that is asked unless said otherwise. */
  decision?: Partial<Omit<ConsentDecision, 'csrf'>>
}
export type ConnectedAgent = {
  clientId: string
  redirectUri: string
  accessToken: string
  refreshToken: string
  scope: string
  /** The token endpoint's whole answer. */
  tokens: Record<string, unknown>
  /** What the consent page was shown. */
  consent: ConsentView
  /** Calls a tool at `/mcp` in the plain way; resolves to status, headers and the parsed JSON-RPC answer. */
  call(
    tool: string,
    input?: Record<string, unknown>,
  ): Promise<{ status: number; headers: Headers; body: unknown }>
}

/** Registers (unless a client is given), asks, lets the person consent, and exchanges the code: all over HTTP. */
export async function connectAgent(options: ConnectOptions): Promise<ConnectedAgent> {
  const { browser } = options
  const { origin } = browser
  const redirectUri = options.client?.redirectUri ?? options.redirectUri ?? 'http://127.0.0.1:7777/callback'
  const client: NonNullable<ConnectOptions['client']> = options.client ?? {
    redirectUri,
    id: await register(origin, options.name ?? 'Notebook', redirectUri),
  }
  const resource = options.resource ?? `${origin}/mcp`
  const verifier = randomBytes(32).toString('base64url')
  const state = randomBytes(16).toString('base64url')
  const authorize = new URL('/oauth/authorize', origin)
  for (const [name, value] of Object.entries({
    response_type: 'code',
    client_id: client.id,
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state,
    resource,
    ...(options.scope === undefined ? {} : { scope: options.scope }),
  })) {
    authorize.searchParams.set(name, value)
  }
  const { consent, back } = await consentTo(browser, authorize.href, options.decision)
  const code = back.searchParams.get('code')
  if (!code || back.searchParams.get('state') !== state) throw new Error(`no code: ${back.href}`)
  const response = await fetch(new URL('/oauth/token', origin), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      client_id: client.id,
      code_verifier: verifier,
      resource,
      ...(client.secret === undefined ? {} : { client_secret: client.secret }),
    }),
  })
  const tokens = (await response.json()) as Record<string, unknown>
  if (response.status !== 200) throw new Error(`no tokens: ${JSON.stringify(tokens)}`)
  const accessToken = String(tokens['access_token'])
  return {
    clientId: client.id,
    redirectUri,
    accessToken,
    refreshToken: String(tokens['refresh_token']),
    scope: String(tokens['scope']),
    tokens,
    consent,
    call: (tool, input = {}) => callTool(`${origin}/mcp`, accessToken, tool, input),
  }
}

/** The person's part: opens what an app sent her to, reads the consent page, decides. `back` is where she is sent then. */
export async function consentTo(
  browser: Browser,
  authorizeUrl: string,
  decision: ConnectOptions['decision'] = {},
): Promise<{ consent: ConsentView; back: URL }> {
  const asked = await browser.fetch(authorizeUrl)
  const id = /^\/consent\/([^/?#]+)/.exec(
    new URL(asked.headers.get('location') ?? '/', browser.origin).pathname,
  )?.[1]
  if (!id)
    throw new Error(`no consent page: ${asked.status} ${asked.headers.get('location')} ${await asked.text()}`)
  const seen = await browser.json('GET', `/api/interactions/${id}`)
  if (seen.status !== 200) throw new Error(`the consent page refused: ${JSON.stringify(seen)}`)
  const consent = seen.body as ConsentView
  const decided = await browser.json('POST', `/api/interactions/${id}/decision`, {
    csrf: consent.csrf,
    decision: 'allow',
    ...decision,
  })
  if (decided.status !== 200) throw new Error(`the decision was refused: ${JSON.stringify(decided)}`)
  return { consent, back: new URL((decided.body as { location: string }).location) }
}

async function register(origin: string, name: string, redirectUri: string): Promise<string> {
  const response = await fetch(new URL('/oauth/register', origin), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      client_name: name,
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
    }),
  })
  const body = (await response.json()) as Record<string, unknown>
  if (response.status !== 201) throw new Error(`not registered: ${JSON.stringify(body)}`)
  return String(body['client_id'])
}

/** A `tools/call` as 2025-11-25 clients send it. */
export async function callTool(
  endpoint: string,
  accessToken: string,
  tool: string,
  input: Record<string, unknown>,
): Promise<{ status: number; headers: Headers; body: unknown }> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${accessToken}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2025-11-25',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: tool, arguments: input },
    }),
  })
  const text = await response.text()
  // Streamed answers carry the message in a `data:` line.
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? text
  return { status: response.status, headers: response.headers, body: data === '' ? null : JSON.parse(data) }
}

import { codeIn, expectStatus, pkce, textOf, type Visitor } from '../visitor.ts'
import { redirectUri, registration, type Flow, type Registered, type Tokens } from './flow.ts'
import { callTool } from './mcp-call.ts'
import { tandemService } from './tandem-service.ts'

export const administrator = { email: 'ada@acme.example', password: 'correct horse battery staple' }
const revision = '2026-07-28'
const industries = [
  'software',
  'manufacturing',
  'finance',
  'health',
  'retail',
  'energy',
  'education',
  'media',
]

/** Tandem as its web app and an MCP client use it: the consent page's own two calls stand for the page. */
export const tandemFlow: Flow = {
  async signIn(visitor) {
    // Sign-in alone stays limited on a loopback install: each browser comes from an address of its own.
    const headers = { ...fromPage(visitor), 'x-forwarded-for': visitor.address }
    expectStatus(await visitor.ask('/api/session', { json: administrator, headers }), 200, 201, 204)
  },
  async discover(visitor) {
    expectStatus(await visitor.ask('/.well-known/oauth-authorization-server'), 200)
  },
  async register(visitor): Promise<Registered> {
    const answer = await visitor.askAsClient('/oauth/register', { json: registration })
    return { clientId: textOf(expectStatus(answer, 201).json(), 'client_id') }
  },
  authorize: (visitor, client) =>
    authorizeFor(visitor, client, { resource: `${visitor.origin}/mcp`, scope: 'crm:read crm:write' }),
  refresh: (visitor, { clientId }, refresh) =>
    token(visitor, { grant_type: 'refresh_token', client_id: clientId, refresh_token: refresh }),
  call: (visitor, access) => call(visitor, access, { name: 'whoami', arguments: {} }),
  service: tandemService(administrator.email, (visitor) => fromPage(visitor)),
  query: (visitor, access, turn) =>
    call(visitor, access, {
      name: 'query',
      arguments: {
        object: 'company',
        filter: { field: 'industry', op: 'eq', value: industries[turn % industries.length] },
        sort: [{ field: 'name', dir: turn % 2 === 0 ? 'asc' : 'desc' }],
        fields: ['name', 'industry', 'city'],
        limit: 50,
      },
    }),
}

/** A whole code flow: authorize, consent, exchange. */
export async function authorizeFor(
  visitor: Visitor,
  { clientId }: Registered,
  asked: { resource: string; scope: string },
): Promise<Tokens> {
  const { verifier, challenge } = pkce()
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    ...asked,
    state: 'state',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  })
  const begun = expectStatus(await visitor.ask(`/oauth/authorize?${request}`), 302, 303)
  const id = new URL(begun.location ?? '', visitor.origin).pathname.replace('/consent/', '')
  const view = expectStatus(await visitor.ask(`/api/interactions/${id}`), 200).json()
  const decided = await visitor.ask(`/api/interactions/${id}/decision`, {
    json: { csrf: textOf(view, 'csrf'), decision: 'allow' },
    headers: fromPage(visitor),
  })
  const code = codeIn(textOf(expectStatus(decided, 200).json(), 'location'))
  return token(visitor, {
    grant_type: 'authorization_code',
    client_id: clientId,
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  })
}

function call(visitor: Visitor, access: string, tool: { name: string; arguments: object }): Promise<void> {
  const headers = { 'mcp-method': 'tools/call', 'mcp-name': tool.name }
  return callTool(visitor, access, tool, revision, headers, {
    'io.modelcontextprotocol/protocolVersion': revision,
    'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  })
}

export function fromPage(visitor: Visitor): Record<string, string> {
  return { origin: visitor.origin, 'sec-fetch-site': 'same-origin' }
}

async function token(visitor: Visitor, form: Record<string, string>): Promise<Tokens> {
  const answer = await visitor.askAsClient('/oauth/token', { form })
  const body = expectStatus(answer, 200).json()
  return { access: textOf(body, 'access_token'), refresh: textOf(body, 'refresh_token') }
}

import { createHash, randomBytes } from 'node:crypto'
import type { Answer } from '../../../src/cli/doctor/ask.ts'
import { Stuck } from '../../../src/cli/doctor/shapes/discover.ts'
import {
  authorizationRequest,
  checkAnswer,
  readRegistration,
} from '../../../src/cli/doctor/shapes/requests.ts'
import type { ClientShape } from '../../../src/cli/doctor/shapes/shape.ts'
import { findWayIn } from '../../../src/cli/doctor/shapes/way-in.ts'
import type { WayIn } from '../../../src/cli/doctor/shapes/way-in.ts'
import { callTool, consentTo } from '../connect-agent.ts'
import type { Browser } from '../browser.ts'
import type { DocumentHost } from './document-host.ts'
import { pageFetch } from './page-fetch.ts'

/** Where a simulated client lives. */
export type World = {
  /** The MCP endpoint, as its person typed it in. */
  endpoint: string
  /** The person's, signed in. */
  browser: Browser
  documents: DocumentHost
}
export type Tokens = {
  access_token: string
  refresh_token?: string
  scope?: string
  expires_in: number
  token_type: string
}
type Known = { id: string; secret: string | undefined; method: string }

/** A client of one shape, acted out over HTTP: discovery, registration, consent, tokens, refresh. */
export class SimulatedClient {
  readonly shape: ClientShape
  readonly world: World
  /** What it learned by looking around; kept, as clients keep it. */
  way: WayIn | undefined
  /** How the server knows it. Dropped at invalid_client. */
  known: Known | undefined
  /** Dropped at invalid_grant. */
  tokens: Tokens | undefined
  /** How often it had to ask its person. */
  asked = 0
  readonly #fetch: typeof fetch

  constructor(shape: ClientShape, world: World) {
    this.shape = shape
    this.world = world
    this.#fetch = shape.pageOrigin === null ? fetch : pageFetch(shape.pageOrigin)
  }

  /** From the endpoint's address to tokens. `scope` replaces what the way in says: a step-up. @throws Stuck */
  async signIn(scope?: string): Promise<Tokens> {
    const { endpoint } = this.world
    const found = (this.way ??= await findWayIn(this.shape, endpoint, {
      // The Inspector's calls go through a program on this computer, whose origin is nobody's.
      probe: (method) => this.#ask(endpoint, { method, ...(method === 'POST' ? firstCall : {}) }, fetch),
      get: (url, headers) => this.#ask(url, { headers }),
    }))
    const way = scope === undefined ? found : { ...found, scope }
    const known = (this.known ??= await this.#introduce(way))
    const verifier = randomBytes(32).toString('base64url')
    const state = randomBytes(16).toString('base64url')
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const authorize = new URL(way.endpoints.authorization)
    authorize.search = authorizationRequest(this.shape, way, {
      clientId: known.id,
      challenge,
      state,
    }).toString()
    this.asked++
    const { back } = await consentTo(this.world.browser, authorize.href)
    if (!back.href.startsWith(this.shape.redirectUri))
      throw new Stuck(`sent to ${back.href}`, 'Go where it asked')
    const code = checkAnswer(way, state, back.searchParams)
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: this.shape.redirectUri,
    })
    for (const resource of way.resource) form.append('resource', resource)
    const { status, body } = await this.#token(form)
    if (status !== 200) throw new Stuck(`no tokens: ${status} ${JSON.stringify(body)}`, 'See the error')
    return (this.tokens = readTokens(body))
  }

  /** One tool call with what it holds. */
  call(tool: string, input: Record<string, unknown> = {}): ReturnType<typeof callTool> {
    return callTool(this.world.endpoint, this.tokens?.access_token ?? 'nothing', tool, input)
  }

  /**
   * Refreshes by its habits, as often at once as it has processes, and resolves to all the answers. After invalid_grant
   * the tokens are gone, after invalid_client the registration too (SDK client 2.4.0).
   */
  async refresh(
    token = this.tokens?.refresh_token,
  ): Promise<{ status: number; body: Record<string, unknown> }[]> {
    const { way, shape, tokens } = this
    if (!way || token === undefined) throw new Error('it never signed in')
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token })
    for (const resource of way.resource) form.append('resource', resource)
    if (shape.refresh.scope === 'repeated' && tokens?.scope) form.set('scope', tokens.scope)
    const answers = await Promise.all(
      Array.from({ length: shape.refresh.atOnce }, () =>
        this.#token(new URLSearchParams(form), shape.patience.refresh),
      ),
    )
    for (const { status, body } of answers) {
      if (status === 200) this.tokens = { ...tokens, ...readTokens(body) }
      else if (body['error'] === 'invalid_grant') this.tokens = undefined
      else if (body['error'] === 'invalid_client' || body['error'] === 'unauthorized_client') {
        this.tokens = undefined
        this.known = undefined
      }
    }
    return answers
  }

  async #introduce({ identity, endpoints }: WayIn): Promise<Known> {
    if (identity.kind === 'document') {
      return {
        id: this.world.documents.here(identity.document.url),
        secret: undefined,
        method: identity.document.keys === undefined ? 'none' : 'private_key_jwt',
      }
    }
    const { metadata } = identity
    const { status, json } = await this.#ask(endpoints.registration ?? '', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify(metadata),
    })
    const body = readRegistration(status, json, this.shape.redirectUri)
    const { client_id, client_secret, token_endpoint_auth_method } = body
    return {
      id: String(client_id),
      secret: typeof client_secret === 'string' ? client_secret : undefined,
      method: String(token_endpoint_auth_method ?? metadata.token_endpoint_auth_method),
    }
  }

  async #token(form: URLSearchParams, patience = this.shape.patience.step) {
    const { way, known } = this
    if (!way || !known) throw new Error('it never found its way in')
    const headers: Record<string, string> = {
      'Content-Type': 'application/x-www-form-urlencoded',
      Accept: 'application/json',
    }
    // It signs only where the server says that it takes that.
    const signs = known.method === 'private_key_jwt' && way.authMethods.includes('private_key_jwt')
    if (known.method === 'client_secret_basic') {
      const pair = `${encodeURIComponent(known.id)}:${encodeURIComponent(known.secret ?? '')}`
      headers['Authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`
    } else form.set('client_id', known.id)
    if (known.method === 'client_secret_post') form.set('client_secret', known.secret ?? '')
    if (signs) {
      form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      form.set('client_assertion', await this.world.documents.assertion(known.id, way.issuer))
    }
    const init = { method: 'POST', headers, body: form.toString() }
    const { status, json, text } = await this.#ask(way.endpoints.token, init, this.#fetch, patience)
    if (typeof json !== 'object' || json === null)
      throw new Stuck(`the token endpoint says ${text}`, 'Answer in JSON')
    return { status, body: json as Record<string, unknown> }
  }

  async #ask(
    url: string,
    init: RequestInit,
    by = this.#fetch,
    patience = this.shape.patience.step,
  ): Promise<Answer> {
    const response = await by(url, { redirect: 'manual', signal: AbortSignal.timeout(patience), ...init })
    const text = await response.text()
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      json = undefined
    }
    return { status: response.status, headers: response.headers, text, json, url }
  }
}

const firstCall = {
  headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' },
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'simulator', version: '1' },
    },
  }),
}

/** What the SDK's schema demands of the answer (RFC 6749 §5.1). */
function readTokens(body: Record<string, unknown>): Tokens {
  const { access_token, token_type, expires_in } = body
  const nulls = Object.values(body).includes(null)
  if (
    typeof access_token !== 'string' ||
    typeof token_type !== 'string' ||
    typeof expires_in !== 'number' ||
    nulls
  ) {
    throw new Stuck(`the tokens’ answer is ${JSON.stringify(Object.keys(body))}`, 'RFC 6749 §5.1')
  }
  return body as Tokens
}

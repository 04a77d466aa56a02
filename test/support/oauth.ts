import { createHash, randomBytes } from 'node:crypto'
import { auditMigrations, createAudit } from '#audit'
import type { Audit } from '#audit'
import { crmScopes, defaultScopes } from '#contract'
import type { ConsentDecision } from '#contract'
import { isId, memoryRateLimiter, newId, silentLog } from '#foundation'
import type { Clock } from '#foundation'
import { createOAuth, oauthMigrations, openOAuthStore } from '#oauth'
import type { ClientPolicyPreset, FetchedDocument, OAuth, OAuthDependencies, SignedIn } from '#oauth'
import type { Storage } from '#storage'
import { reportDetails } from './report-details.ts'
import { testClock } from './clock.ts'
import type { TestClock } from './clock.ts'
import { openTestStorage } from './storage.ts'

export const issuer = 'http://localhost:3000'
export const resource = `${issuer}/mcp`
export const testSecret = 'a test secret of more than 32 bytes'
export const otherResource = `${issuer}/api`

/** Where the clients live: Notebook is public, Ledger confidential. */
export const notebookRedirect = 'https://notebook.example/callback'
export const ledgerRedirect = 'https://ledger.example/callback'

type Form = Record<string, string | undefined>

type Options = {
  clientPolicy?: ClientPolicyPreset
  issuer?: string
  /** A resource of somebody else's. */
  elsewhere?: string
} & Partial<
  Pick<
    OAuthDependencies,
    | 'assertionsForIssuerOnly'
    | 'enterpriseProviders'
    | 'dpopNonces'
    | 'requirePar'
    | 'grantIdleMs'
    | 'policySwitches'
  >
>

/** An authorization server with a browser per person to drive it. */
export type ComposedOAuth = Awaited<ReturnType<typeof composeTestOAuth>>
/** The same on a database of its own, where time stands still. */
export type TestOAuth = ComposedOAuth & { clock: TestClock }

export async function startTestOAuth(options: Options = {}): Promise<TestOAuth> {
  const clock = testClock()
  const storage = await openTestStorage([...auditMigrations, ...oauthMigrations], { clock })
  return { ...(await composeTestOAuth(storage, clock, options)), clock }
}

export async function composeTestOAuth(storage: Storage, clock: Clock, options: Options = {}) {
  const audit = createAudit({ storage, clock, log: silentLog, secret: testSecret })
  const documents = new Map<string, FetchedDocument>()
  const oauth = createOAuth({
    ...oauthParts(audit, clock, options),
    store: openOAuthStore(storage, audit),
    fetchDocument: async (url) => documents.get(url) ?? { status: 'unavailable', why: 'nothing there' },
  })
  const ada = person('Ada', true, clock)
  const grace = person('Grace', false, clock)
  const notebook = await oauth.clients.create({
    name: 'Notebook',
    redirectUris: [notebookRedirect],
    confidential: false,
  })
  const ledger = await oauth.clients.create({
    name: 'Ledger',
    redirectUris: [ledgerRedirect],
    confidential: true,
  })
  const mallory = await oauth.clients.create({
    name: 'Mallory’s own',
    redirectUris: ['https://mallory.example/callback'],
    confidential: true,
  })
  const base = options.issuer ?? issuer
  return {
    oauth,
    storage,
    audit,
    documents,
    people: { ada, grace },
    clients: { notebook, ledger, mallory },
    browser: (who: SignedIn | null) => createBrowser(oauth, base, who),
    /** Posts a form to an endpoint, as a client does. */
    post: (path: string, form: Form, headers: Record<string, string> = {}) =>
      send(oauth, formRequest(base + path, form, headers)),
    get: (path: string, headers: Record<string, string> = {}) =>
      send(oauth, new Request(base + path, { headers })),
    /** Registers a client as a stranger would (RFC 7591). */
    async register(metadata: Record<string, unknown>): Promise<{ status: number; body: Registered }> {
      const headers = { 'content-type': 'application/json' }
      const request = new Request(`${base}/oauth/register`, {
        method: 'POST',
        headers,
        body: JSON.stringify(metadata),
      })
      const response = await send(oauth, request)
      return { status: response.status, body: (await response.json()) as Registered }
    },
    /** Publishes a client ID metadata document. */
    publish(url: string, metadata: Record<string, unknown>): void {
      const body = JSON.stringify({ client_id: url, ...metadata })
      documents.set(url, {
        status: 200,
        contentType: 'application/json',
        body,
        etag: null,
        cacheControl: 'no-store',
      })
    },
    async close() {
      await oauth.close()
      await audit.close()
      await storage.close()
    },
  }
}

/** Everything but the store: what two processes on one database have in common too. */
export function oauthParts(
  audit: Audit,
  clock: Clock,
  { clientPolicy = 'open', issuer: base = issuer, elsewhere, ...settings }: Options,
) {
  const scopes = crmScopes
  const resources = [
    { id: `${base}/mcp`, name: 'Tandem', scopes, defaultScopes },
    { id: `${base}/api`, name: 'Tandem API', scopes, defaultScopes },
    ...(elsewhere === undefined
      ? []
      : [{ id: elsewhere, name: 'Reports', scopes, defaultScopes, elsewhere: true, foreign: true }]),
  ] as const
  return {
    issuer: base,
    resources: () => resources,
    details: {
      type: 'tandem_crm',
      objects: async () => [
        { name: 'company', labelPlural: 'Companies' },
        { name: 'person', labelPlural: 'People' },
      ],
      async narrow(_member: string, { objects }: { objects?: string[] }) {
        const unknown = objects?.find((name) => !['company', 'person'].includes(name))
        if (unknown) return `There is no object called ${unknown}`
        return objects ? { objects } : {}
      },
    },
    audit,
    clock,
    log: silentLog,
    secret: testSecret,
    rateLimiter: memoryRateLimiter(clock),
    signIn: {
      current: async (request: Request) => signedIn.get(request.headers.get('x-test-person') ?? '') ?? null,
      page: (returnTo: string, hint?: string) =>
        `/sign-in?${new URLSearchParams({ next: returnTo, ...(hint !== undefined && { email: hint }) })}`,
      async end(request: Request) {
        signedIn.delete(request.headers.get('x-test-person') ?? '')
        return 'tandem_session=; Max-Age=0; Path=/'
      },
    },
    people: {
      async find(who: Parameters<OAuthDependencies['people']['find']>[0]) {
        const known = [...signedIn.values()].filter(({ member }) => !disabled.has(member))
        const named = 'issuer' in who ? links.get(`${who.issuer} ${who.subject}`) : undefined
        const member = 'member' in who ? who.member : named
        const found = known.find((one) => ('email' in who ? one.email === who.email : one.member === member))
        return found ?? null
      },
    },
    detailsTypes: [reportDetails],
    clientPolicy,
    appSchemes: ['cursor', 'vscode'],
    ...settings,
  }
}

export type Registered = { client_id: string; redirect_uris: string[]; error?: string }

const signedIn = new Map<string, SignedIn>()
/** Members who may not sign in any more. */
export const disabled = new Set<string>()
/** What providers call members: issuer and subject. */
export const links = new Map<string, string>()

export function person(name: string, administrator: boolean, clock: Clock): SignedIn {
  const who: SignedIn = {
    member: newId('mem'),
    session: newId('ses'),
    name,
    email: `${name.toLowerCase()}@acme.example`,
    administrator,
    signedInAt: clock.now(),
    amr: ['pwd'],
  }
  signedIn.set(who.session, who)
  return who
}

async function send(oauth: OAuth, request: Request, ip = '127.0.0.1'): Promise<Response> {
  const response = await oauth.handle(request, { ip })
  if (!response) throw new Error(`${request.url} is not the authorization server's`)
  return response
}

export function formRequest(url: string, form: Form, headers: Record<string, string> = {}): Request {
  const sent = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return new Request(url, { method: 'POST', body: new URLSearchParams(sent), headers })
}

/** A browser: keeps cookies, is signed in as somebody or nobody. */
function createBrowser(oauth: OAuth, base: string, who: SignedIn | null) {
  const jar = new Map<string, string>()
  const headers = () => ({
    ...(jar.size > 0 ? { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
    ...(who ? { 'x-test-person': who.session } : {}),
  })
  const pageRequest = () => new Request(`${base}/consent`, { headers: headers() })
  return {
    jar,
    pageRequest,
    async open(query: URLSearchParams | Record<string, string> | string): Promise<Response> {
      const search = typeof query === 'string' ? query : new URLSearchParams(query).toString()
      const response = await send(
        oauth,
        new Request(`${base}/oauth/authorize?${search}`, { headers: headers() }),
      )
      for (const cookie of response.headers.getSetCookie()) {
        const [name = '', value = ''] = cookie.split(';')[0]?.split('=') ?? []
        jar.set(name, value)
      }
      return response
    },
    view: (id: string) => oauth.consent.view(pageRequest(), id),
    decide: (id: string, decision: ConsentDecision) =>
      oauth.consent.decide(pageRequest(), id, decision, { ip: '127.0.0.1' }),
    /** Loads the page and decides on it, as a person does. */
    async answer(
      id: string,
      decision: Omit<ConsentDecision, 'csrf' | 'decision'> & { decision?: 'allow' | 'deny' },
    ) {
      const { csrf } = await oauth.consent.view(pageRequest(), id)
      const { location } = await oauth.consent.decide(
        pageRequest(),
        id,
        { decision: 'allow', ...decision, csrf },
        { ip: '127.0.0.1' },
      )
      return new URL(location)
    },
  }
}

/** A PKCE pair (RFC 7636 §4). */
export function pkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** The interaction a redirect to the consent or sign-in page is about. */
export function interactionOf(response: Response): string {
  const location = decodeURIComponent(response.headers.get('location') ?? '')
  const id = /\/consent\/(itx_[0-9a-z]+)/.exec(location)?.[1]
  if (!isId('itx', id)) throw new Error(`no interaction: ${response.status} ${location}`)
  return id
}

export type Tokens = {
  access_token: string
  token_type: string
  expires_in: number
  scope: string
  refresh_token: string
}

/** The whole way to a code for one client. */
export async function codeFor(
  t: ComposedOAuth,
  options: {
    who?: SignedIn
    clientId?: string
    redirectUri?: string
    more?: Record<string, string>
    decision?: Omit<ConsentDecision, 'csrf' | 'decision'>
  } = {},
): Promise<{ code: string; verifier: string; answer: URL }> {
  const { verifier, challenge } = pkce()
  const browser = t.browser(options.who ?? t.people.grace)
  const response = await browser.open({
    response_type: 'code',
    client_id: options.clientId ?? t.clients.notebook.clientId,
    redirect_uri: options.redirectUri ?? notebookRedirect,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'the client’s own',
    ...options.more,
  })
  const answer = await browser.answer(interactionOf(response), options.decision ?? {})
  return { code: answer.searchParams.get('code') ?? '', verifier, answer }
}

/** Notebook's tokens, given by Grace unless said otherwise. */
export async function tokensFor(
  t: ComposedOAuth,
  options: Parameters<typeof codeFor>[1] = {},
): Promise<Tokens> {
  const { code, verifier } = await codeFor(t, options)
  const response = await t.post('/oauth/token', {
    grant_type: 'authorization_code',
    client_id: options.clientId ?? t.clients.notebook.clientId,
    code,
    code_verifier: verifier,
  })
  return (await response.json()) as Tokens
}

/** HTTP Basic as a confidential client sends it. */
export function basic(client: { clientId: string; clientSecret: string | null }): Record<string, string> {
  const pair = `${encodeURIComponent(client.clientId)}:${encodeURIComponent(client.clientSecret ?? '')}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

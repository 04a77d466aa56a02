import type { Answer } from '../ask.ts'
import { isLoopbackHost, isObject, seen } from '../walk.ts'
import type { ServerMetadata } from '../walk.ts'
import type { ClientShape, MetadataPlace } from './shape.ts'

/** Why a client of this shape gets no further, and what the server could do. */
export class Stuck extends Error {
  readonly cure: string
  constructor(what: string, cure: string) {
    super(what)
    this.cure = cure
  }
}

/** How a client reaches the server: for real, or through what the doctor has seen already. */
export type Reach = {
  /** A call of the MCP endpoint without a token. */
  probe(method: 'GET' | 'POST'): Promise<Answer>
  get(url: string, headers: Readonly<Record<string, string>>): Promise<Answer>
}

/** What a client knows after it has looked around. */
export type Discovered = {
  challenge: { scope: string | undefined; metadataUrl: string | undefined }
  /** Null: none was found. */
  resource: ServerMetadata | null
  issuer: string
  /** Null: none was found, so the addresses of 2025-03-26 are assumed. */
  server: ServerMetadata | null
}

/** Discovery as a client of this shape does it, from nothing but the MCP endpoint's address. @throws Stuck */
export async function discover(shape: ClientShape, endpoint: string, reach: Reach): Promise<Discovered> {
  const challenge = readChallenge(await reach.probe(shape.probe), shape)
  const read = reader(shape, reach)
  const resource = await findResource(shape, endpoint, challenge.metadataUrl, read)
  const [named] = Array.isArray(resource?.['authorization_servers']) ? resource['authorization_servers'] : []
  // 2025-03-26 §2.3.2: without metadata the server's own origin is the authorization server.
  const issuer = typeof named === 'string' ? named : new URL(endpoint).origin
  const server = await findServer(issuer, typeof named === 'string', read)
  return { challenge, resource, issuer, server }
}

function readChallenge(answer: Answer, { probe }: ClientShape): Discovered['challenge'] {
  if (answer.status !== 401) {
    throw new Stuck(
      `a ${probe} without a token gets ${seen(answer)} instead of 401, so it never thinks of signing in`,
      'Answer 401 with WWW-Authenticate before anything else, whatever the method',
    )
  }
  const header = answer.headers.get('www-authenticate') ?? ''
  // The SDK reads the first scheme only.
  if (!/^bearer\b/i.test(header)) return { scope: undefined, metadataUrl: undefined }
  const field = (name: string) => new RegExp(`\\b${name}="([^"]+)"`).exec(header)?.[1]
  return { scope: field('scope'), metadataUrl: field('resource_metadata') }
}

type Read = (url: string) => Promise<Answer | null>

/** Reads a document as clients on the SDK do: 4xx and 502 mean "look elsewhere", other failures end the sign-in. */
function reader({ pageOrigin, discoveryHeaders }: ClientShape, { get }: Reach): Read {
  return async (url) => {
    const answer = await get(url, discoveryHeaders)
    if (answer.status >= 500 && answer.status !== 502) {
      throw new Stuck(
        `${url} gets ${seen(answer)}`,
        'Answer 404 where there is no document: clients stop at 5xx',
      )
    }
    if (answer.status !== 200) return null
    if (pageOrigin !== null && !mayRead(answer, pageOrigin)) {
      throw new Stuck(
        `a page may not read ${url}: no Access-Control-Allow-Origin`,
        'Send Access-Control-Allow-Origin: * with every metadata document',
      )
    }
    return answer
  }
}

export function mayRead({ headers }: Answer, origin: string): boolean {
  const allowed = headers.get('access-control-allow-origin')
  return allowed === '*' || allowed === origin
}

async function findResource(
  { resourceMetadata }: ClientShape,
  endpoint: string,
  named: string | undefined,
  read: Read,
): Promise<ServerMetadata | null> {
  const { origin, pathname } = new URL(endpoint)
  const root = `${origin}/.well-known/oauth-protected-resource`
  const places: Record<MetadataPlace, string | undefined> = { challenge: named, path: root + pathname, root }
  for (const place of resourceMetadata) {
    const url = places[place]
    if (url === undefined) continue
    const document = (await read(url))?.json
    if (!isObject(document)) continue
    checkResource(document['resource'], endpoint)
    return document
  }
  return null
}

/** The SDK's rule: the same origin, and the endpoint's path below the resource's. */
function checkResource(resource: unknown, endpoint: string): void {
  const wanted = new URL(endpoint)
  const found = typeof resource === 'string' && URL.canParse(resource) ? new URL(resource) : undefined
  const below = (path: string) => (path.endsWith('/') ? path : `${path}/`)
  if (found?.origin === wanted.origin && below(wanted.pathname).startsWith(below(found.pathname))) return
  throw new Stuck(
    `the protected resource metadata is about ${String(resource)}, not about ${endpoint}`,
    'Its resource must be the address people type in, to the letter (RFC 9728 §3.3)',
  )
}

/** The addresses of the metadata in the order in which clients try them (RFC 8414 §3.1, §5). */
export function serverMetadataPlaces(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname === '/' ? '' : pathname.replace(/\/$/, '')
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    ...(path ? [`${origin}${path}/.well-known/openid-configuration`] : []),
  ]
}

async function findServer(issuer: string, named: boolean, read: Read): Promise<ServerMetadata | null> {
  for (const url of URL.canParse(issuer) ? serverMetadataPlaces(issuer) : []) {
    const document = (await read(url))?.json
    if (!isObject(document)) continue
    checkServer(document, url, named ? issuer : undefined)
    return document
  }
  return null
}

function checkServer(document: ServerMetadata, url: string, issuer: string | undefined): void {
  // RFC 8414 §3.3. The SDK forgives a slash too many on the side that named it, no more.
  const said = document['issuer']
  if (issuer !== undefined && said !== issuer && `${String(said)}/` !== issuer) {
    throw new Stuck(
      `${url} says issuer ${String(said)}, not ${issuer}`,
      'Write the issuer the same in both documents',
    )
  }
  const required = ['authorization_endpoint', 'token_endpoint', 'response_types_supported']
  const openid = ['jwks_uri', 'subject_types_supported', 'id_token_signing_alg_values_supported']
  for (const name of [...required, ...(url.includes('openid-configuration') ? openid : [])]) {
    if (document[name] === undefined) throw new Stuck(`${url} has no ${name}`, `Add ${name} (RFC 8414 §2)`)
  }
  const methods = document['code_challenge_methods_supported']
  if (!Array.isArray(methods) || !methods.includes('S256')) {
    throw new Stuck(
      `${url} does not announce PKCE with S256`,
      'Clients must refuse to go on without it (MCP)',
    )
  }
  const token = String(document['token_endpoint'])
  if (
    !URL.canParse(token) ||
    !(new URL(token).protocol === 'https:' || isLoopbackHost(new URL(token).hostname))
  ) {
    throw new Stuck(`the token endpoint ${token} is not https`, 'Serve it over https')
  }
}

import { Stuck, discover } from './discover.ts'
import type { Discovered, Reach } from './discover.ts'
import type { ClientMetadata, ClientShape, DocumentShape } from './shape.ts'

/** Everything a client needs to send its person to the authorization server. */
export type WayIn = {
  issuer: string
  endpoints: { authorization: string; token: string; registration: string | null }
  /** By which name the server will know it. */
  identity:
    | { kind: 'document'; document: DocumentShape }
    | { kind: 'dynamic'; metadata: ClientMetadata & { token_endpoint_auth_method: string } }
  scope: string | null
  /** RFC 8707 §2; none when the client never sends it or knows none. */
  resource: readonly string[]
  /** Missing `iss` ends the sign-in. */
  expectsIss: boolean
  /** Methods the server lists. */
  authMethods: readonly string[]
}

/** How a client of this shape would get in at this endpoint. @throws Stuck when it wouldn't. */
export async function findWayIn(shape: ClientShape, endpoint: string, reach: Reach): Promise<WayIn> {
  const found = await discover(shape, endpoint, reach)
  const { issuer, server } = found
  const endpointOf = (name: string, legacy: string) =>
    server ? textOf(server[name]) : `${new URL(issuer).origin}${legacy}`
  const authorization = endpointOf('authorization_endpoint', '/authorize')
  const token = endpointOf('token_endpoint', '/token')
  if (authorization === null || token === null) throw new Stuck('endpoints are missing', 'RFC 8414 §2')
  const registration = endpointOf('registration_endpoint', '/register')
  const announcesIss = server?.['authorization_response_iss_parameter_supported'] === true
  return {
    issuer,
    endpoints: { authorization, token, registration },
    identity: chooseIdentity(shape, found, registration, announcesIss),
    scope: chooseScope(shape, found),
    resource: resourceOf(shape, found),
    expectsIss: shape.strictAboutIss && announcesIss,
    authMethods: methodsOf(found),
  }
}

function chooseIdentity(
  shape: ClientShape,
  found: Discovered,
  registration: string | null,
  announcesIss: boolean,
): WayIn['identity'] {
  const methods = methodsOf(found)
  const supported = found.server?.['client_id_metadata_document_supported'] === true
  const lacks = ({ onlyWith }: DocumentShape) =>
    onlyWith.filter((what) => (what === 'none' ? !methods.includes('none') : !announcesIss))
  const document = supported ? shape.documents.find((one) => lacks(one).length === 0) : undefined
  if (document) return { kind: 'document', document }
  if (shape.registration && registration !== null) {
    // Servers that publish no metadata have said nothing to go by.
    const method = methods.length === 0 ? 'none' : shape.registersWith.find((one) => methods.includes(one))
    if (method === undefined) {
      throw new Stuck(
        `it registers with ${shape.registersWith.join(' or ')}, and the server lists only ${methods.join(', ')}`,
        'List none in token_endpoint_auth_methods_supported: apps on people’s computers keep no secret',
      )
    }
    return { kind: 'dynamic', metadata: { ...shape.registration, token_endpoint_auth_method: method } }
  }
  throw noIdentity(shape, supported)
}

function noIdentity({ documents, registration }: ClientShape, supported: boolean): Stuck {
  if (documents.length === 0) {
    return new Stuck(
      'it knows dynamic registration alone, and the server offers none',
      'Offer a registration_endpoint (RFC 7591), or make a client for it by hand',
    )
  }
  if (supported && !registration) {
    return new Stuck(
      'its metadata document isn’t used: the server lists no none, or announces no iss',
      'List none in token_endpoint_auth_methods_supported; send and announce iss (RFC 9207)',
    )
  }
  return new Stuck(
    'the server knows neither metadata documents nor dynamic registration',
    'Set client_id_metadata_document_supported and serve them, or offer a registration_endpoint',
  )
}

/** MCP 2026-07-28, “Scope Selection Strategy”, as far as this client follows it. */
function chooseScope({ scopes }: ClientShape, { challenge, resource, server }: Discovered): string | null {
  const says = {
    challenge: challenge.scope,
    resource: listOf(resource?.['scopes_supported'])?.join(' '),
    server: listOf(server?.['scopes_supported'])?.join(' '),
  }
  const scope = scopes.from.map((from) => says[from]).find(Boolean) ?? scopes.otherwise
  const offline = listOf(server?.['scopes_supported'])?.includes('offline_access') ?? false
  if (!scope || !scopes.offlineAccess || !offline || scope.split(' ').includes('offline_access')) return scope
  return `${scope} offline_access`
}

function resourceOf(shape: ClientShape, { resource }: Discovered): string[] {
  const sent = textOf(resource?.['resource'])
  if (sent === null || shape.resource === 'never') return []
  // As `new URL(…).href` spells it: a bare origin gets a slash.
  const { href } = new URL(sent)
  return shape.resource === 'twice' ? [href, href] : [href]
}

/** RFC 8414 §2: without a list, client_secret_basic alone. */
function methodsOf({ server }: Discovered): string[] {
  if (!server) return []
  return listOf(server['token_endpoint_auth_methods_supported']) ?? ['client_secret_basic']
}

function listOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined
  return value.filter((one): one is string => typeof one === 'string')
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && URL.canParse(value) ? value : null
}

import { DeadEnd, ask, isObject, redirectUri, seen } from './walk.ts'
import type { Answer, Finding, Walk } from './walk.ts'

type Seen = Omit<Finding, 'step'>
const ok = (what: string): Seen => ({ outcome: 'ok', what })
const warning = (what: string, cure: string): Seen => ({ outcome: 'warning', what, cure })
const skipped = (what: string): Seen => ({ outcome: 'skipped', what })

/** The addresses of the metadata in the order in which clients try them (RFC 8414 §3.1, §5). */
function places(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname === '/' ? '' : pathname.replace(/\/$/, '')
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    ...(path ? [`${origin}${path}/.well-known/openid-configuration`] : []),
  ]
}

export async function serverMetadata(walk: Walk): Promise<Seen> {
  const issuer = need(walk.issuer)
  let found: Answer | undefined
  for (const place of places(issuer)) {
    const answer = await ask(place)
    if (answer.status === 200 && isObject(answer.json)) {
      found = answer
      break
    }
    found ??= answer
  }
  if (!found || !isObject(found.json)) {
    throw new DeadEnd(
      `No metadata of ${issuer} (${found ? seen(found) : 'nothing'})`,
      'Let /.well-known/ reach the authorization server: a proxy answers in its place',
    )
  }
  const metadata = found.json
  // RFC 8414 §3.3: byte for byte.
  if (metadata['issuer'] !== issuer) {
    throw new DeadEnd(
      `The metadata says issuer ${String(metadata['issuer'])}, not ${issuer}`,
      'Clients refuse this. Set TANDEM_URL to the one address, without a trailing slash',
    )
  }
  for (const name of ['authorization_endpoint', 'token_endpoint']) {
    const value = metadata[name]
    if (typeof value !== 'string' || !URL.canParse(value)) {
      throw new DeadEnd(`The metadata has no ${name}`, 'RFC 8414 §2')
    }
    const { protocol, hostname } = new URL(value)
    if (protocol !== 'https:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname)) {
      throw new DeadEnd(`${name} is not https`, 'Put TLS in front and set TANDEM_URL to the https address')
    }
  }
  const methods = metadata['code_challenge_methods_supported']
  if (!Array.isArray(methods) || !methods.includes('S256')) {
    throw new DeadEnd('PKCE with S256 is not announced', 'MCP clients refuse to go on without it')
  }
  walk.server = metadata
  if (metadata['authorization_response_iss_parameter_supported'] !== true) {
    return warning('Responses don’t carry iss', 'RFC 9207: clients can’t tell authorization servers apart')
  }
  return ok(`${found.url}: issuer, endpoints, S256, iss`)
}

export async function keys(walk: Walk): Promise<Seen> {
  const url = need(walk.server)['jwks_uri']
  if (typeof url !== 'string') return skipped('No jwks_uri: tokens can only be checked by asking')
  const answer = await ask(url)
  const list: unknown = isObject(answer.json) ? answer.json['keys'] : undefined
  if (answer.status !== 200 || !Array.isArray(list) || list.length === 0) {
    throw new DeadEnd(
      `${url} holds no keys (${seen(answer)})`,
      'Restart the authorization server; look into its log',
    )
  }
  if (list.some((key: unknown) => isObject(key) && ('d' in key || 'k' in key))) {
    throw new DeadEnd(`${url} shows a private key`, 'Take this server off the network and change its keys')
  }
  return ok(`${list.length} ${list.length === 1 ? 'key' : 'keys'}`)
}

export async function registration(walk: Walk): Promise<Seen> {
  const server = need(walk.server)
  const endpoint = server['registration_endpoint']
  const documents = server['client_id_metadata_document_supported'] === true
  if (typeof endpoint !== 'string') {
    return documents
      ? skipped('Apps register by metadata document only')
      : warning('Apps can’t register by themselves', 'Create each one by hand: tandem clients create')
  }
  const answer = await ask(endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Tandem doctor',
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }),
  })
  const id: unknown = isObject(answer.json) ? answer.json['client_id'] : undefined
  if (answer.status === 429) return warning('Too many registrations just now', 'Wait a minute and try again')
  if (answer.status !== 201 || typeof id !== 'string') {
    throw new DeadEnd(
      `A new app can’t register (${seen(answer)})`,
      'TANDEM_CLIENT_POLICY decides who may: open, local, ask or closed. With closed, use tandem clients create',
    )
  }
  walk.clientId = id
  return ok('A new app can register')
}

/** A request without a PKCE challenge never gets as far as a person (OAuth 2.1 §4.1.1; attacks P1). */
export async function pkce(walk: Walk): Promise<Seen> {
  if (!walk.clientId) return skipped('No client to try it with')
  const answer = await authorize(walk, { resource: walk.resource })
  const error = errorOf(answer)
  if (error === undefined && !(answer.status >= 400 && answer.status < 500)) {
    throw new DeadEnd(
      `A request without a code_challenge is let through (${seen(answer)})`,
      'Codes can be stolen in flight: update the authorization server',
    )
  }
  return ok(`Refused: ${error?.code ?? answer.status}`)
}

/** The refusal of a resource that isn't ours shows that tokens are bound to theirs (RFC 8707 §2). */
export async function audience(walk: Walk): Promise<Seen> {
  if (!walk.clientId) return skipped('No client to try it with')
  const answer = await authorize(walk, {
    resource: 'https://elsewhere.example/mcp',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })
  const error = errorOf(answer)
  if (error?.code === 'invalid_target') {
    return error.iss === walk.issuer
      ? ok('Refused: invalid_target')
      : warning('The error carries no iss', 'RFC 9207 §2')
  }
  if (answer.status >= 400 && answer.status < 500) return ok(`Refused: ${answer.status}`)
  return warning(
    `A request for another server’s tokens is not refused (${error?.code ?? seen(answer)})`,
    'RFC 8707 §2: refuse it with invalid_target',
  )
}

async function authorize(walk: Walk, more: Record<string, string>): Promise<Answer> {
  const url = new URL(String(need(walk.server)['authorization_endpoint']))
  const parameters = {
    response_type: 'code',
    client_id: need(walk.clientId),
    redirect_uri: redirectUri,
    state: 'doctor',
    ...more,
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return ask(url.href)
}

/** The error that a redirect to our own redirect URI carries; a redirect to anywhere else is no refusal. */
function errorOf({ headers, url }: Answer): { code: string; iss: string | null } | undefined {
  const location = headers.get('location')
  if (!location || !URL.canParse(location, url)) return undefined
  const target = new URL(location, url)
  const code = target.searchParams.get('error')
  if (!target.href.startsWith(redirectUri) || code === null) return undefined
  return { code, iss: target.searchParams.get('iss') }
}

function need<T>(value: T | undefined): T {
  if (value === undefined)
    throw new DeadEnd('An earlier step did not find what this one needs', 'Cure that one first')
  return value
}

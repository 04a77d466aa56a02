import { serverMetadataPlaces } from './shapes/discover.ts'
import { DeadEnd, isLoopbackHost, isObject, ok, redirectUri, seen, skipped, warning } from './walk.ts'
import type { Answer } from './ask.ts'
import type { Seen, Walk } from './walk.ts'

/** The authorization server's own document (RFC 8414 §3). */
export async function serverMetadata(walk: Walk): Promise<Seen> {
  const issuer = need(walk.issuer)
  let found: Answer | undefined
  for (const place of serverMetadataPlaces(issuer)) {
    const answer = await walk.ask(place)
    if (answer.status === 200 && isObject(answer.json)) {
      found = answer
      break
    }
    found ??= answer
  }
  if (!found || found.status !== 200 || !isObject(found.json)) {
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
    if (protocol !== 'https:' && !isLoopbackHost(hostname)) {
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

/** RFC 8414 §2, RFC 7517 §5: only public keys. */
export async function keys(walk: Walk): Promise<Seen> {
  const url = need(walk.server)['jwks_uri']
  if (typeof url !== 'string') return skipped('No jwks_uri: tokens can only be checked by asking')
  const answer = await walk.ask(url)
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

/** A wrong code is answered in the protocol's own words, never with a page or a way to somewhere else (RFC 6749 §5.2). */
export async function tokenErrors(walk: Walk): Promise<Seen> {
  const url = String(need(walk.server)['token_endpoint'])
  const form = {
    grant_type: 'authorization_code',
    client_id: 'tandem-doctor',
    code: 'not-a-code',
    code_verifier: 'v'.repeat(43),
  }
  const answer = await walk.ask(url, {
    method: 'POST',
    headers: { Accept: 'application/json' },
    body: new URLSearchParams({ ...form, redirect_uri: redirectUri }),
  })
  if (answer.status >= 200 && answer.status < 300) {
    throw new DeadEnd(`A made-up code got ${seen(answer)}`, 'Stop exposing this server: anybody gets tokens')
  }
  if (!isObject(answer.json) || typeof answer.json['error'] !== 'string') {
    throw new DeadEnd(
      `A made-up code got ${seen(answer)} instead of an error in JSON`,
      'RFC 6749 §5.2. A page or a redirect to a sign-in is what Cursor breaks on (laravel/mcp#173)',
    )
  }
  const { error } = answer.json
  if (error === 'invalid_client' && answer.status !== 401 && answer.status !== 400) {
    return warning(`invalid_client comes with ${answer.status}`, 'RFC 6749 §5.2: 401')
  }
  if (answer.status >= 500) {
    return warning(
      `An unknown client gets ${answer.status} ${error}`,
      'Answer 401 invalid_client: clients register anew then',
    )
  }
  return ok(`JSON errors: ${answer.status} ${error}`)
}

/** What an earlier step should have found. */
export function need<T>(value: T | undefined): T {
  if (value === undefined)
    throw new DeadEnd('An earlier step did not find what this one needs', 'Cure that one first')
  return value
}

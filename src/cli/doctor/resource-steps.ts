import { DeadEnd, isObject, ok, seen, warning } from './walk.ts'
import type { Seen, Walk } from './walk.ts'

const call = {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
}

/** A call without a token is a 401 that says where to go (RFC 9728 §5.1; MCP 2026-07-28, “Token Handling”). */
export async function challenge(walk: Walk): Promise<Seen> {
  const answer = await walk.ask(walk.resource, call)
  walk.challenge = answer
  if (answer.status === 421) {
    throw new DeadEnd(
      `${walk.resource}: the server does not answer for this name (${seen(answer)})`,
      'Set TANDEM_URL to this address, and let the proxy pass the Host header on',
    )
  }
  if (answer.status !== 401) {
    throw new DeadEnd(
      `A call without a token got ${seen(answer)} instead of 401`,
      'Is this the MCP endpoint? For Tandem it ends in /mcp. A proxy must not answer in its place',
    )
  }
  const header = answer.headers.get('www-authenticate') ?? ''
  if (!/^Bearer\b/i.test(header)) {
    throw new DeadEnd(
      `The 401 has no WWW-Authenticate header that starts with Bearer (“${header}”)`,
      'A proxy strips WWW-Authenticate or puts its own sign-in before Tandem: let /mcp pass through untouched',
    )
  }
  const metadataUrl = /resource_metadata="([^"]+)"/.exec(header)?.[1]
  if (metadataUrl) walk.metadataUrl = metadataUrl
  if (/\berror=/.test(header)) {
    return warning(
      'The challenge names an error although no token was sent',
      'RFC 6750 §3.1: leave error out',
    )
  }
  return metadataUrl
    ? ok(`401 with ${metadataUrl}`)
    : warning('The challenge has no resource_metadata; clients must guess', 'RFC 9728 §5.1: name the address')
}

/** Claude looks with GET before it calls, and drops its token where the address is redirected (requirements R20, R47). */
export async function probe(walk: Walk): Promise<Seen> {
  const answer = await walk.ask(walk.resource, { headers: { Accept: 'text/event-stream' } })
  walk.probed = answer
  if (answer.status !== 401) {
    return warning(
      `A GET without a token gets ${seen(answer)} instead of 401`,
      'Look at the token before the method: some clients begin with GET',
    )
  }
  const slashed = await walk.ask(`${walk.resource}/`, call)
  if (slashed.status >= 300 && slashed.status < 400) {
    return warning(
      `${walk.resource}/ gets ${seen(slashed)}`,
      'Serve both spellings without a redirect, which drops the token and the body',
    )
  }
  return ok('GET is challenged too, and nothing is redirected')
}

/** The protected resource metadata, where the challenge says and where clients guess. */
export async function resourceMetadata(walk: Walk): Promise<Seen> {
  const { origin, pathname } = new URL(walk.resource)
  const root = `${origin}/.well-known/oauth-protected-resource`
  const byPath = pathname === '/' ? root : `${root}${pathname}`
  const first = walk.metadataUrl ?? byPath
  const document = await walk.ask(first)
  if (document.status !== 200 || !isObject(document.json)) {
    throw new DeadEnd(
      `${first} is no JSON document (${seen(document)})`,
      'Let /.well-known/ reach Tandem: a proxy or a web server in front answers in its place',
    )
  }
  const { resource, authorization_servers: servers } = document.json
  if (resource !== walk.resource) {
    throw new DeadEnd(
      `The metadata is about ${String(resource)}, not about ${walk.resource}`,
      'TANDEM_URL must be exactly the address that people give their agents',
    )
  }
  if (!Array.isArray(servers) || typeof servers[0] !== 'string') {
    throw new DeadEnd('The metadata names no authorization server', 'RFC 9728 §2: authorization_servers')
  }
  walk.issuer = servers[0]
  const scopes: unknown = document.json['scopes_supported']
  if (Array.isArray(scopes) && scopes.includes('offline_access')) {
    return warning(
      'The resource metadata lists offline_access',
      'MCP “Refresh Tokens”: name it in the authorization server’s metadata alone',
    )
  }
  for (const other of new Set([byPath, root])) {
    if (other === first) continue
    const answer = await walk.ask(other)
    if (answer.status !== 200 || !isObject(answer.json)) {
      return warning(`${other} is missing (${seen(answer)})`, 'Some clients look only there: serve it too')
    }
  }
  return ok(`${first} names ${servers[0]}`)
}

/** A token that nobody signed for this server is refused, and the refusal says so (RFC 6750 §3.1). */
export async function foreignToken(walk: Walk): Promise<Seen> {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: walk.issuer, aud: 'https://elsewhere.example/mcp', sub: 'x', exp: 4_000_000_000 }
  for (const [what, header, audience] of [
    ['for another server', { alg: 'ES256', typ: 'at+jwt' }, claims.aud],
    ['without a signature', { alg: 'none', typ: 'at+jwt' }, walk.resource],
  ] as const) {
    const token = `${part(header)}.${part({ ...claims, aud: audience })}.${header.alg === 'none' ? '' : 'AAAA'}`
    const answer = await walk.ask(walk.resource, {
      ...call,
      headers: { ...call.headers, Authorization: `Bearer ${token}` },
    })
    if (answer.status < 300) {
      throw new DeadEnd(
        `A token ${what} got ${seen(answer)} instead of 401`,
        'Stop exposing this server: it does not check tokens (MCP “Access Token Privilege Restriction”)',
      )
    }
    if (answer.status !== 401 && answer.status !== 400) {
      return warning(
        `A token ${what} is refused with ${seen(answer)} instead of 401`,
        'RFC 6750 §3.1: 401 invalid_token is what makes a client sign in again',
      )
    }
  }
  return ok('Tokens for another server and unsigned tokens are refused')
}

/** An unknown well-known address is a 404: an HTML page with 200 stops clients (requirements A7). */
export async function unknownWellKnown(walk: Walk): Promise<Seen> {
  const url = `${new URL(walk.resource).origin}/.well-known/tandem-doctor-was-here`
  const answer = await walk.ask(url)
  if (answer.status !== 404) {
    return warning(
      `${url} got ${seen(answer)} instead of 404`,
      'The web server in front answers unknown addresses with the app: exclude /.well-known/',
    )
  }
  return ok('Unknown well-known addresses are 404')
}

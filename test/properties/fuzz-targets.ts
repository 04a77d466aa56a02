import { jsonFrom, objectFrom, textFrom } from './fuzz-values.ts'
import type { Chance } from './fuzz-values.ts'

/** Something that answers, and the names of what it reads. */
export type Target = {
  path: string
  methods: readonly string[]
  takes: 'query' | 'form' | 'json'
  names: readonly string[]
}

/** RFC 6749, 7009, 7591, 7636, 7662, 8628, 8693, 8707, 9126, 9396, 9449, OpenID Connect; and the older names of clients. */
const oauthNames = [
  'response_type',
  'response_mode',
  'client_id',
  'clientId',
  'redirect_uri',
  'redirectUrl',
  'scope',
  'state',
  'nonce',
  'prompt',
  'max_age',
  'login_hint',
  'id_token_hint',
  'code_challenge',
  'code_challenge_method',
  'codeChallenge',
  'resource',
  'request',
  'request_uri',
  'authorization_details',
  'dpop_jkt',
  'ui_locales',
  'claims',
  'acr_values',
  'grant_type',
  'code',
  'code_verifier',
  'refresh_token',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'assertion',
  'device_code',
  'user_code',
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'audience',
  'token',
  'token_type_hint',
  'post_logout_redirect_uri',
  'access_token',
]
const registrationNames = [
  'client_name',
  'redirect_uris',
  'grant_types',
  'response_types',
  'token_endpoint_auth_method',
  'jwks',
  'jwks_uri',
  'scope',
  'contacts',
  'logo_uri',
  'client_uri',
  'tos_uri',
  'policy_uri',
  'software_id',
  'software_statement',
  'application_type',
  'dpop_bound_access_tokens',
  'post_logout_redirect_uris',
  'client_id',
  'client_secret',
  'keys',
  'kty',
  'default_max_age',
]
const rpcNames = [
  'jsonrpc',
  'id',
  'method',
  'params',
  'name',
  'arguments',
  '_meta',
  'object',
  'filter',
  'changes',
  'do',
  'values',
  'cursor',
]

/** Every address the discovery documents and the OpenAPI document name, and those that older clients try. */
export async function findTargets(origin: string): Promise<Target[]> {
  const read = async (path: string) => (await (await fetch(origin + path)).json()) as Record<string, unknown>
  const metadata = await read('/.well-known/openid-configuration')
  const paths = new Set(['/authorize', '/token', '/register', '/oauth/nothing', '/.well-known/jwks.json'])
  for (const [name, value] of Object.entries(metadata)) {
    if (typeof value === 'string' && /_(endpoint|uri)$/.test(name) && value.startsWith(origin))
      paths.add(value.slice(origin.length))
  }
  const oauth = [...paths].map((path): Target => {
    if (path.endsWith('register')) return { path, methods: ['POST'], takes: 'json', names: registrationNames }
    const read = /jwks|authorize|session|logout|nothing/.test(path)
    return {
      path,
      methods: read ? ['GET', 'POST'] : ['POST'],
      takes: read ? 'query' : 'form',
      names: oauthNames,
    }
  })
  const managed: Target = {
    path: '/oauth/register/{client_id}',
    methods: ['GET', 'PUT', 'DELETE'],
    takes: 'json',
    names: registrationNames,
  }
  const wellKnown = [
    'oauth-authorization-server',
    'openid-configuration',
    'oauth-protected-resource/mcp',
    'x',
  ].map((name): Target => ({ path: `/.well-known/${name}`, methods: ['GET'], takes: 'query', names: ['x'] }))
  const rpc: Target = { path: '/mcp', methods: ['POST'], takes: 'json', names: rpcNames }
  return [
    ...oauth,
    ...oauth,
    managed,
    ...wellKnown,
    rpc,
    rpc,
    ...restTargets(await read('/api/openapi.json')),
  ]
}

function restTargets(document: Record<string, unknown>): Target[] {
  const paths = document['paths'] as Record<
    string,
    Record<string, { parameters?: { name: string }[]; requestBody?: unknown }>
  >
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { parameters = [], requestBody }]): Target => {
      const body = requestBody ? namesIn(requestBody) : []
      const takes = requestBody ? 'json' : 'query'
      return {
        path: `/api${path}`,
        methods: [method.toUpperCase()],
        takes,
        names: body.length > 0 ? body : parameters.map(({ name }) => name),
      }
    }),
  )
}

/** Every name and every choice that a JSON Schema knows. */
function namesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const own =
    'properties' in schema && typeof schema.properties === 'object'
      ? Object.keys(schema.properties ?? {})
      : []
  return [...new Set([...own, ...Object.values(schema).flatMap(namesIn)])]
}

export type Credentials = readonly Readonly<Record<string, string>>[]

/** One request that makes little sense, but enough to get past the door now and then. */
export function makeRequest(
  chance: Chance,
  targets: readonly Target[],
  known: readonly string[],
  credentials: Credentials,
): { url: string; init: RequestInit } {
  const target = chance.of(targets)
  const method = chance.oneIn(15)
    ? chance.of(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])
    : chance.of(target.methods)
  const path = target.path.replaceAll(
    /\{\w+\}/g,
    () => encodeURIComponent(textFrom(chance, known).toWellFormed()) || 'x',
  )
  const headers: Record<string, string> = { ...chance.of(credentials) }
  const pairs = () => {
    const sent = new URLSearchParams()
    for (let count = chance.below(9); count > 0; count--)
      sent.append(chance.of([...target.names, 'x']), textFrom(chance, known).toWellFormed())
    return sent
  }
  const bodiless = method === 'GET' || method === 'HEAD'
  if (target.takes === 'query' || bodiless) return { url: `${path}?${pairs()}`, init: { method, headers } }
  if (chance.oneIn(20))
    headers['Content-Type'] = chance.of([
      'text/plain',
      'application/xml',
      'application/json; charset=utf-16',
      'multipart/form-data',
    ])
  if (target.takes === 'form') return { url: path, init: { method, headers, body: pairs() } }
  const body = chance.oneIn(12)
    ? chance.of([
        '',
        '{',
        '[1,',
        'null',
        '"x"',
        '\ufeff{}',
        '{"a":1,"a":2}',
        '{"__proto__":{}}',
        '['.repeat(500),
      ])
    : JSON.stringify(
        chance.oneIn(10) ? jsonFrom(chance, known, target.names) : objectFrom(chance, known, target.names),
      )
  headers['Content-Type'] ??= 'application/json'
  if (target.path === '/mcp') headers['Accept'] = 'application/json, text/event-stream'
  return { url: path, init: { method, headers, body } }
}

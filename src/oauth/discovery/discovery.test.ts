import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { silentLog } from '#foundation'
import { createRouter } from '../router/router.ts'
import type { Route } from '../router/router.ts'
import { capabilitiesOf } from './capabilities.ts'
import { createDiscoveryEndpoint } from './discovery-endpoint.ts'

const issuer = 'https://crm.acme.example'
const scopes = { 'crm:read': 'See records', 'crm:write': 'Change records', 'crm:delete': 'Delete records' }
const resource = (path: string) => ({
  id: issuer + path,
  name: `Tandem ${path}`,
  scopes,
  defaultScopes: ['crm:read', 'crm:write'],
})
// Refusals are written down by whoever is asked to; discovery asks nobody.
const audit = { note: () => undefined }
const handlerFor = (clientPolicy: 'ask' | 'closed', resources = [resource('/mcp'), resource('/api')]) => {
  const [first = resource(''), ...others] = resources
  const grantTypes = ['authorization_code', 'refresh_token'] as const
  const all = [first, ...others] as const
  const endpoint = createDiscoveryEndpoint(
    (now) => capabilitiesOf({ issuer, resources: now, grantTypes }),
    () => all,
    async () => clientPolicy !== 'closed',
  )
  const route: Route = { paths: ['/.well-known/*'], methods: ['GET'], endpoint, cors: 'public' }
  return createRouter({ routes: [route], count: async () => ({}), audit, log: silentLog })
}
const ask = async (path: string, init: RequestInit = {}, handle = handlerFor('ask')) => {
  const answer = await handle(new Request(issuer + path, init), { ip: '198.51.100.7' })
  if (!answer) throw new Error(`nobody answers ${path}`)
  return answer
}
const read = async (response: Response) => z.record(z.string(), z.unknown()).parse(await response.json())
const document = async (path: string, handle = handlerFor('ask')) => read(await ask(path, {}, handle))

const authMethods = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt']
const algorithms = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'PS256', 'RS256']
const authorizationServer = '/.well-known/oauth-authorization-server'
const openid = '/.well-known/openid-configuration'
const protectedResource = '/.well-known/oauth-protected-resource'

describe('discovery', () => {
  it('describes the authorization server with exactly what it does', async () => {
    expect(await document(authorizationServer)).toEqual({
      issuer,
      authorization_endpoint: `${issuer}/oauth/authorize`,
      token_endpoint: `${issuer}/oauth/token`,
      jwks_uri: `${issuer}/oauth/jwks.json`,
      registration_endpoint: `${issuer}/oauth/register`,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      introspection_endpoint: `${issuer}/oauth/introspect`,
      introspection_endpoint_auth_methods_supported: authMethods.slice(1),
      introspection_endpoint_auth_signing_alg_values_supported: algorithms,
      scopes_supported: [
        'crm:read',
        'crm:write',
        'crm:delete',
        'openid',
        'profile',
        'email',
        'offline_access',
      ],
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_methods_supported: authMethods,
      token_endpoint_auth_signing_alg_values_supported: algorithms,
      revocation_endpoint_auth_methods_supported: authMethods,
      revocation_endpoint_auth_signing_alg_values_supported: algorithms,
      code_challenge_methods_supported: ['S256'],
      pushed_authorization_request_endpoint: `${issuer}/oauth/par`,
      dpop_signing_alg_values_supported: algorithms,
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
      protected_resources: [`${issuer}/mcp`, `${issuer}/api`],
    })
  })

  it('tells OpenID clients the same and what their discovery requires', async () => {
    const told = await document(openid)
    expect(told).toMatchObject(await document(authorizationServer))
    expect(told).toMatchObject({
      userinfo_endpoint: `${issuer}/oauth/userinfo`,
      end_session_endpoint: `${issuer}/oauth/logout`,
      // A25: the SDK refuses the document without these two.
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
      prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
      // OIDC Discovery §3: absent would mean true.
      request_uri_parameter_supported: false,
    })
    expect(told['scopes_supported']).toEqual(expect.arrayContaining(['openid', 'profile', 'email']))
    expect(told['claims_supported']).toEqual(
      expect.arrayContaining(['sub', 'name', 'email', 'email_verified']),
    )
  })

  it('names no registration endpoint when the client policy takes no registrations', async () => {
    expect(await document(authorizationServer, handlerFor('closed'))).not.toHaveProperty(
      'registration_endpoint',
    )
  })

  it('describes each resource at its own path and the default one at the root', async () => {
    const mcp = {
      resource: `${issuer}/mcp`,
      authorization_servers: [issuer],
      scopes_supported: ['crm:read', 'crm:write'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: algorithms,
      resource_name: 'Tandem /mcp',
    }
    expect(await document(`${protectedResource}/mcp`)).toEqual(mcp)
    expect(await document(protectedResource)).toEqual(mcp)
    expect((await document(`${protectedResource}/api`))['resource']).toBe(`${issuer}/api`)
  })

  it.each([
    '/.well-known/nothing',
    `${authorizationServer}/mcp`,
    `${authorizationServer}/`,
    `${openid}/mcp`,
    `${protectedResource}/other`,
    '/.well-known/',
  ])('answers %s with a JSON 404, never a page', async (path) => {
    const response = await ask(path)
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toContain('application/json')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect((await read(response))['error']).toBe('not_found')
  })

  it('lets any page read it, MCP-Protocol-Version included', async () => {
    expect((await ask(authorizationServer)).headers.get('access-control-allow-origin')).toBe('*')
    const answer = await ask(authorizationServer, { method: 'OPTIONS' })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-headers')).toContain('MCP-Protocol-Version')
    expect(answer.headers.get('access-control-allow-methods')).toContain('GET')
  })

  it('may be cached for minutes, not for hours', async () => {
    expect((await ask(openid)).headers.get('cache-control')).toBe('public, max-age=300')
  })

  it('answers HEAD without a body and refuses to be written to', async () => {
    const head = await ask(openid, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([
      200,
      'application/json',
      '',
    ])
    const post = await ask(openid, { method: 'POST' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET'])
  })

  it('describes a resource that is the whole origin at the root', async () => {
    const whole = handlerFor('ask', [{ ...resource(''), id: issuer }])
    expect((await document(protectedResource, whole))['resource']).toBe(issuer)
  })
})

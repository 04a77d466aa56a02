import { describe, expect, it } from 'vitest'
import { metadataResponse, metadataUrl, protectedResourceMetadata } from './metadata.ts'
import type { ProtectedResource } from './metadata.ts'

const acme: ProtectedResource = {
  resource: 'https://crm.acme.example/mcp',
  authorizationServers: ['https://crm.acme.example'],
  scopes: ['crm:read', 'crm:write'],
}

describe('protected resource metadata', () => {
  it('names the resource and its authorization servers as they are registered', () => {
    expect(
      protectedResourceMetadata({ ...acme, name: 'Acme', documentation: 'https://acme.example/docs' }),
    ).toEqual({
      resource: 'https://crm.acme.example/mcp',
      authorization_servers: ['https://crm.acme.example'],
      scopes_supported: ['crm:read', 'crm:write'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256', 'RS256']),
      resource_name: 'Acme',
      resource_documentation: 'https://acme.example/docs',
    })
  })

  it('has no empty list', () => {
    expect(protectedResourceMetadata({ ...acme, scopes: [] })).not.toHaveProperty('scopes_supported')
  })

  it('is not built for a scope that is the authorization server’s, nor for an ambiguous resource', () => {
    expect(() => protectedResourceMetadata({ ...acme, scopes: ['offline_access'] })).toThrow(TypeError)
    for (const resource of [
      'https://a.example/mcp/',
      'https://a.example/mcp?x=1',
      'https://a.example/mcp#x',
    ]) {
      expect(() => protectedResourceMetadata({ ...acme, resource })).toThrow(TypeError)
    }
  })

  it('lives where RFC 9728 §3.1 puts it', () => {
    const wellKnown = 'https://crm.acme.example/.well-known/oauth-protected-resource'
    expect(metadataUrl('https://crm.acme.example/mcp')).toBe(`${wellKnown}/mcp`)
    expect(metadataUrl('https://crm.acme.example')).toBe(wellKnown)
  })

  it('is served at the path and at the root, to anybody', async () => {
    for (const path of [
      '/.well-known/oauth-protected-resource/mcp',
      '/.well-known/oauth-protected-resource',
    ]) {
      const response = metadataResponse(new Request(`https://crm.acme.example${path}`), acme)
      expect(response?.status).toBe(200)
      expect(response?.headers.get('content-type')).toBe('application/json')
      expect(response?.headers.get('access-control-allow-origin')).toBe('*')
      expect(await response?.json()).toMatchObject({ resource: 'https://crm.acme.example/mcp' })
    }
  })

  it('is not served for another resource', () => {
    const other = new Request('https://crm.acme.example/.well-known/oauth-protected-resource/other')
    expect(metadataResponse(other, acme)).toBeNull()
  })

  it('answers HEAD without a body, preflights, and nothing that would change it', async () => {
    const ask = (method: string) =>
      metadataResponse(new Request(metadataUrl(acme.resource), { method }), acme)
    expect(await ask('HEAD')?.text()).toBe('')
    expect(ask('OPTIONS')?.status).toBe(204)
    expect(ask('OPTIONS')?.headers.get('access-control-allow-headers')).toBe('MCP-Protocol-Version')
    expect(ask('POST')?.status).toBe(405)
    expect(ask('POST')?.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
  })
})

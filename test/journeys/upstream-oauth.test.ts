import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consentTo, callTool } from '../support/connect-agent.ts'
import { acceptTools, beginConnection, connectionOf, connectUpstream } from '../support/connect-upstream.ts'
import { addUpstream } from '../support/upstreams.ts'
import { startTandem } from '../support/tandem.ts'
import type { Browser, RunningTandem } from '../support/tandem.ts'

describe('a Tandem behind a Tandem, which signs people in itself', () => {
  let inner: RunningTandem
  let outer: RunningTandem
  let ada: Browser
  /** The same person at the other Tandem: another browser, since the jar here knows no hosts. */
  let adaThere: Browser

  beforeAll(async () => {
    ;[inner, outer] = await Promise.all([startTandem(), startTandem()])
    ;[ada, adaThere] = await Promise.all([outer.signIn('ada'), inner.signIn('ada')])
  }, 60_000)
  afterAll(async () => {
    await Promise.all([inner.close(), outer.close()])
  })
  const elsewhere = async (location: string) => (await consentTo(adaThere, location)).back.href

  it('registers there, connects a person with PKCE and a resource, and its tools work for her agents', async () => {
    const added = await addUpstream(
      outer,
      { kind: 'http', name: 'inner', title: 'Inner', url: `${inner.url}/mcp`, auth: { kind: 'oauth' } },
      { browser: ada },
    )
    expect(await connectionOf(ada, 'inner')).toMatchObject({ state: 'none', host: new URL(inner.url).host })
    const location = new URL(await beginConnection(ada, 'inner'))
    expect(location.origin + location.pathname).toBe(`${inner.url}/oauth/authorize`)
    const asked = Object.fromEntries(location.searchParams)
    expect(asked).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      resource: `${inner.url}/mcp`,
      redirect_uri: `${outer.url}/connect/inner/callback`,
    })
    expect(asked['scope']).toContain('crm:read')

    await connectUpstream(ada, 'inner', elsewhere)
    expect(await connectionOf(ada, 'inner')).toMatchObject({ state: 'connected', broken: null })
    await acceptTools(ada, added.id)

    const agent = await outer.connectAgent({ browser: ada, resource: `${outer.url}/mcp/inner` })
    const { status, body } = await callTool(`${outer.url}/mcp/inner`, agent.accessToken, 'whoami', {})
    expect(status).toBe(200)
    expect(JSON.stringify(body)).toContain('Ada')
  })

  it('tells an administrator how it is known there, and that one registration serves everybody', async () => {
    const { body } = await ada.json('GET', '/api/connections/inner/client')
    expect(body).toMatchObject({
      client: {
        how: 'registered',
        issuer: inner.url,
        connected: 1,
        redirectUri: `${outer.url}/connect/inner/callback`,
      },
    })
    const known = (body as { client: { clientId: string } }).client.clientId
    expect(new URL(await beginConnection(ada, 'inner')).searchParams.get('client_id')).toBe(known)
    const grace = await outer.signIn('grace')
    expect(new URL(await beginConnection(grace, 'inner')).searchParams.get('client_id')).toBe(known)
    expect((await grace.json('GET', '/api/connections/inner/client')).status).toBe(403)
  })

  it('gives nobody else’s connection to an agent: Grace’s is told where she connects', async () => {
    const grace = await outer.signIn('grace')
    const agent = await outer.connectAgent({ browser: grace, resource: `${outer.url}/mcp/inner` })
    const { body } = await callTool(`${outer.url}/mcp/inner`, agent.accessToken, 'whoami', {})
    expect(body).toMatchObject({ result: { isError: true } })
    expect(JSON.stringify(body)).toContain(`${outer.url}/connect/inner`)
  })

  it('registers anew when an administrator says so, and the connections that are there go on', async () => {
    const { body } = await ada.json('GET', '/api/connections/inner/client')
    const before = (body as { client: { clientId: string } }).client.clientId
    expect((await ada.json('DELETE', '/api/connections/inner/client')).status).toBe(204)
    expect(new URL(await beginConnection(ada, 'inner')).searchParams.get('client_id')).not.toBe(before)
    const agent = await outer.connectAgent({ browser: ada, resource: `${outer.url}/mcp/inner` })
    const called = await callTool(`${outer.url}/mcp/inner`, agent.accessToken, 'whoami', {})
    expect(JSON.stringify(called.body)).toContain('Ada')
  })

  it('RFC 7009: a person who disconnects ends what she gave, there too, while the upstream is switched off', async () => {
    const { body: all } = await ada.json('GET', '/api/upstreams')
    const { upstreams } = all as { upstreams: { id: string; name: string }[] }
    const id = upstreams.find(({ name }) => name === 'inner')?.id
    const change = (enabled: boolean) => ada.json('PATCH', `/api/upstreams/${id}`, { enabled })
    const grants = async () => {
      const { body } = await adaThere.json('GET', '/api/grants')
      return (body as { grants: { status: string }[] }).grants.filter(({ status }) => status === 'active')
        .length
    }
    expect(await grants()).toBe(1)
    expect((await change(false)).status).toBe(200)
    expect((await ada.json('GET', '/api/connections')).body).toMatchObject({
      connections: [{ upstream: 'inner', state: 'connected', enabled: false }],
    })
    const grace = await outer.signIn('grace')
    expect((await grace.json('GET', '/api/connections')).body).toEqual({ connections: [] })
    expect((await ada.json('POST', '/api/connections/inner')).status).toBe(404)
    expect((await ada.json('DELETE', '/api/connections/inner')).status).toBe(204)
    expect(await grants()).toBe(0)
    expect((await ada.json('GET', '/api/connections/inner')).status).toBe(404)
    expect((await change(true)).status).toBe(200)
    expect(await connectionOf(ada, 'inner')).toMatchObject({ state: 'none' })
    expect((await ada.json('DELETE', '/api/connections/inner')).status).toBe(404)
    const agent = await outer.connectAgent({ browser: ada, resource: `${outer.url}/mcp/inner` })
    const { body } = await callTool(`${outer.url}/mcp/inner`, agent.accessToken, 'whoami', {})
    expect(body).toMatchObject({ result: { isError: true } })
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GrantView } from '#contract'
import { startTandem } from '../support/tandem.ts'
import type { Browser, ConnectedAgent, RunningTandem } from '../support/tandem.ts'

// Everybody comes through one listed proxy, so that requests can come from anywhere.
let tandem: RunningTandem
let ada: Browser
let grace: Browser
beforeAll(async () => {
  tandem = await startTandem({ config: { TANDEM_TRUSTED_PROXIES: ['127.0.0.1'] } })
  ;[ada, grace] = [await tandem.signIn('ada'), await tandem.signIn('grace')]
})
afterAll(() => tandem.close())

const office = '192.0.2.7'
const elsewhere = '203.0.113.9'

const call = (token: string, address?: string, path = '/mcp') =>
  fetch(tandem.url + path, {
    method: path === '/mcp' ? 'POST' : 'GET',
    headers: {
      authorization: `Bearer ${token}`,
      ...(address && { 'x-forwarded-for': address }),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    ...(path === '/mcp' && { body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }) }),
  })
const refresh = async (agent: ConnectedAgent, address: string) => {
  const answer = await fetch(`${tandem.url}/oauth/token`, {
    method: 'POST',
    headers: { 'x-forwarded-for': address },
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: agent.refreshToken,
      client_id: agent.clientId,
    }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, string> }
}
const newest = async (browser: Browser): Promise<GrantView> => {
  const { body } = await browser.json('GET', '/api/grants')
  const [grant] = (body as { grants: GrantView[] }).grants
  if (!grant) throw new Error('no grant')
  return grant
}
const narrow = (browser: Browser, { id }: GrantView, addresses: string[]) =>
  browser.json('PATCH', `/api/grants/${id}`, { addresses })

describe('a grant that its person limited to addresses', () => {
  let agent: ConnectedAgent
  let grant: GrantView
  beforeAll(async () => {
    agent = await tandem.connectAgent({ browser: grace })
    expect((await call(agent.accessToken, elsewhere)).status).toBe(200)
    grant = await newest(grace)
    const { status, body } = await narrow(grace, grant, ['192.0.2.0/24', '2001:db8::/32'])
    expect(status).toBe(200)
    expect((body as { grant: GrantView }).grant.limits.addresses).toEqual(['192.0.2.0/24', '2001:db8::/32'])
  })

  it.each([
    ['from the network', office, 200],
    ['from it in the mapped form', `::ffff:${office}`, 200],
    ['from its IPv6 network', '2001:db8::9', 200],
    ['from elsewhere', elsewhere, 403],
    ['from elsewhere, claiming to be there', `${office}, ${elsewhere}`, 403],
    ['from nobody knows where', undefined, 403],
  ])('is good %s', async (_what, address, status) => {
    expect((await call(agent.accessToken, address)).status).toBe(status)
  })

  it('is refused in a sentence, without a challenge that would make the app drop its token', async () => {
    const answer = await call(agent.accessToken, elsewhere)
    expect(answer.headers.get('www-authenticate')).toBeNull()
    expect(await answer.text()).toContain(elsewhere)
  })

  it('a refresh from elsewhere is refused, and neither uses the token up nor ends the grant', async () => {
    const refused = await refresh(agent, elsewhere)
    expect(refused).toMatchObject({ status: 403, body: { error: 'access_denied' } })
    const { status, body } = await refresh(agent, office)
    expect(status).toBe(200)
    const { access_token: token = '' } = body
    expect((await call(token, elsewhere)).status).toBe(403)
    expect((await call(token, office)).status).toBe(200)
  })

  it('addresses can be taken away, by her and by an administrator, and none added', async () => {
    for (const wider of [['0.0.0.0/0'], ['192.0.2.0/24', elsewhere], ['192.0.2.0/23'], ['::/0']])
      expect((await narrow(grace, grant, wider)).status, wider.join()).toBe(400)
    expect((await narrow(ada, grant, ['192.0.2.0/25'])).status).toBe(200)
    expect((await narrow(grace, grant, ['192.0.2.0/24'])).status).toBe(400)
    expect((await call(agent.accessToken, '192.0.2.200')).status).toBe(403)
    expect((await call(agent.accessToken, office)).status).toBe(200)
  })

  it.each([['localhost'], ['127.1'], ['10.0.0.0/33'], ['*']])('%j is no address', async (entry) => {
    expect((await narrow(grace, grant, [entry])).status).toBe(400)
  })

  it('the record says who was refused, and who limited it', async () => {
    const found = async (event: string) => {
      const filter = { event, grant: grant.id }
      await expect.poll(() => tandem.parts.audit.search(filter, { limit: 1 })).not.toHaveLength(0)
      return (await tandem.parts.audit.search(filter, { limit: 1 }))[0]
    }
    expect(await found('address.refused')).toMatchObject({
      outcome: 'refused',
      detail: { list: 'grant', known: true },
    })
    expect(await found('grant.narrowed')).toMatchObject({ detail: { addresses: '192.0.2.0/25' } })
  })
})

describe('somebody else', () => {
  it('can’t limit a grant that isn’t hers, unless she is an administrator; and of that, nothing but its addresses', async () => {
    await tandem.connectAgent({ browser: ada })
    const hers = await newest(ada)
    expect((await narrow(grace, hers, [office])).status).toBe(404)
    const agent = await tandem.connectAgent({ browser: grace })
    const grant = await newest(grace)
    const body = { addresses: [office], scopes: ['crm:read'] }
    expect((await ada.json('PATCH', `/api/grants/${grant.id}`, body)).status).toBe(404)
    expect((await call(agent.accessToken, elsewhere)).status).toBe(200)
    expect((await narrow(ada, grant, [office])).status).toBe(200)
    expect((await call(agent.accessToken, elsewhere)).status).toBe(403)
  })
})

it('REST asks about the addresses too', async () => {
  const resource = `${tandem.url}/api`
  const agent = await tandem.connectAgent({ browser: grace, resource })
  expect((await narrow(grace, await newest(grace), [office])).status).toBe(200)
  expect((await call(agent.accessToken, office, '/api/objects')).status).toBe(200)
  expect((await call(agent.accessToken, elsewhere, '/api/objects')).status).toBe(403)
})

it('so does userinfo', async () => {
  const agent = await tandem.connectAgent({ browser: grace, scope: 'openid crm:read' })
  expect((await narrow(grace, await newest(grace), [office])).status).toBe(200)
  expect((await call(agent.accessToken, office, '/oauth/userinfo')).status).toBe(200)
  expect((await call(agent.accessToken, elsewhere, '/oauth/userinfo')).status).toBe(403)
})

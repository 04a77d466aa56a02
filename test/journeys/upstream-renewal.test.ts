import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLog } from '#foundation'
import type { MemberId } from '#foundation'
import { createTandem } from '#server'
import type { Tandem } from '#server'
import { sql } from '#storage'
import { testClock } from '../support/clock.ts'
import { callTool } from '../support/connect-agent.ts'
import { acceptTools, connectionOf, connectUpstream } from '../support/connect-upstream.ts'
import { postgresAvailable } from '../support/postgres.ts'
import { startRotatingUpstream, tokenSeconds } from '../support/rotating-upstream.ts'
import { openBrowser } from '../support/browser.ts'
import { startTandem } from '../support/tandem.ts'
import type { Browser } from '../support/tandem.ts'
import { addUpstream } from '../support/upstreams.ts'

// Within a minute of its end a token is renewed.
const nearlyOver = (tokenSeconds - 30) * 1000
const files = 'files of ada@files'

async function start(database: 'memory' | 'server') {
  const clock = testClock(new Date())
  const upstream = await startRotatingUpstream()
  const tandem = await startTandem({ clock, database })
  const ada = await tandem.signIn('ada')
  const auth = { kind: 'oauth' } as const
  const { id } = await addUpstream(
    tandem,
    { kind: 'http', name: 'files', url: upstream.url, auth, limits: { atOnce: 200, atOnceEach: 100 } },
    { browser: ada },
  )
  const connect = (browser: Browser, as: string) =>
    connectUpstream(browser, 'files', upstream.through(openBrowser(upstream.issuer), as))
  await connect(ada, 'ada@files')
  await acceptTools(ada, id)
  const endpoint = `${tandem.url}/mcp/files`
  /** An agent whose own token is fresh. */
  const agentOf = async (browser: Browser) => {
    const { accessToken } = await tandem.connectAgent({ browser, resource: endpoint })
    return {
      accessToken,
      call: async () => JSON.stringify((await callTool(endpoint, accessToken, 'owner', {})).body),
    }
  }
  return {
    clock,
    upstream,
    tandem,
    ada,
    id,
    endpoint,
    connect,
    agentOf,
    async close() {
      await tandem.close()
      await upstream.close()
    },
  }
}
type Started = Awaited<ReturnType<typeof start>>

describe('a connection whose authorization server rotates refresh tokens', () => {
  let started: Started
  beforeAll(async () => {
    started = await start('memory')
  }, 60_000)
  afterAll(() => started.close())

  it('is renewed once for 64 calls at once, and none of them fails', async () => {
    const { agentOf, ada, clock, upstream } = started
    const agent = await agentOf(ada)
    expect(await agent.call()).toContain(files)
    expect(upstream.refreshes()).toBe(0)
    clock.advance(nearlyOver)
    const answers = await Promise.all(Array.from({ length: 64 }, () => agent.call()))
    expect(answers.filter((text) => !text.includes(files))).toEqual([])
    expect(upstream.refreshes()).toBe(1)
    expect(upstream.reuses()).toBe(0)
  })

  it('is renewed once when the upstream refuses a token before its time, and the calls are made again', async () => {
    const { agentOf, ada, upstream } = started
    const agent = await agentOf(ada)
    expect(await agent.call()).toContain(files)
    const before = upstream.refreshes()
    upstream.refuse(upstream.seen.at(-1) ?? '')
    const answers = await Promise.all(Array.from({ length: 16 }, () => agent.call()))
    expect(answers.filter((text) => !text.includes(files))).toEqual([])
    expect(upstream.refreshes()).toBe(before + 1)
    expect(upstream.reuses()).toBe(0)
  })

  it('goes on with its token until that ends while the authorization server is away, and isn’t over then', async () => {
    const { agentOf, ada, clock, upstream } = started
    const agent = await agentOf(ada)
    clock.advance(nearlyOver)
    upstream.failWith(503)
    expect(await agent.call()).toContain(files)
    clock.advance(30_000)
    const late = await (await agentOf(ada)).call()
    expect(late).toContain('can’t be reached just now')
    expect(late).toContain('"isError":true')
    expect(await connectionOf(ada, 'files')).toMatchObject({ state: 'connected' })
    upstream.failWith(null)
    expect(await (await agentOf(ada)).call()).toContain(files)
  })

  it('is broken, and says so, when it was renewed elsewhere by somebody who never came back', async () => {
    const { agentOf, ada, clock, upstream, id, tandem, connect } = started
    const agent = await agentOf(ada)
    const place = { member: await memberOf(ada), upstream: id }
    // As a replica that asked, was answered, and died before it wrote the answer down.
    const kept = await tandem.parts.vault.open(place, [upstream.url])
    const { refreshToken, resource, client } = JSON.parse(kept?.secret ?? '{}')
    const redeemed = await fetch(`${upstream.issuer}/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`${client.id}:${encodeURIComponent(client.secret)}`)}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken, resource }),
    })
    expect(redeemed.status).toBe(200)
    await sql`update credential set claimed_by = 'dead', claimed_until = ${clock.now()}
      where upstream_id = ${id} and member_id = ${place.member}`.execute(tandem.parts.storage.db<never>())
    clock.advance(nearlyOver)

    const told = await agent.call()
    expect(told).toContain('"isError":true')
    expect(told).toContain('it was being renewed when Tandem stopped')
    expect(told).toContain(`${tandem.url}/connect/files`)
    expect(await connectionOf(ada, 'files')).toMatchObject({ state: 'broken' })
    const after = upstream.refreshes()
    await agent.call()
    expect(upstream.refreshes()).toBe(after)

    // What outlives a session is asked of one that was confirmed lately.
    await connect(await tandem.signIn('ada'), 'ada@files')
    expect(await connectionOf(ada, 'files')).toMatchObject({ state: 'connected', broken: null })
    expect(await (await agentOf(ada)).call()).toContain(files)
  })

  it('is over for calls that wait for its renewal when its person disconnects meanwhile', async () => {
    const { agentOf, ada, clock, upstream } = started
    const agent = await agentOf(ada)
    clock.advance(nearlyOver)
    const before = upstream.revocations()
    const arrived = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    upstream.beforeAnswer(async () => {
      arrived.resolve()
      await released.promise
    })
    const waiting = Promise.all([agent.call(), agent.call()])
    await arrived.promise
    expect((await ada.json('DELETE', '/api/connections/files')).status).toBe(204)
    released.resolve()
    for (const text of await waiting) expect(text).toContain('not connected')
    expect(await connectionOf(ada, 'files')).toMatchObject({ state: 'none' })
    // The one she ended, and the one that came after.
    expect(upstream.revocations()).toBe(before + 2)
    expect(await upstream.live()).toBe(0)
  })
})

describe.skipIf(!postgresAvailable())('a connection on two replicas', () => {
  let started: Started
  let second: Tandem
  beforeAll(async () => {
    started = await start('server')
    const { config } = started.tandem
    second = await createTandem({ ...config, PORT: 0 }, { clock: started.clock, log: silentLog })
  }, 60_000)
  afterAll(async () => {
    await second.close()
    await started.close()
  })

  it('is renewed once for 64 calls at once over both, and none of them fails', async () => {
    const { agentOf, ada, clock, upstream, tandem, endpoint } = started
    const agent = await agentOf(ada)
    const callAt = async ({ parts }: Pick<Tandem, 'parts'>) => {
      const answer = await parts.gateway.handle(
        new Request(endpoint, {
          method: 'POST',
          headers: {
            Authorization: `Bearer ${agent.accessToken}`,
            'Content-Type': 'application/json',
            Accept: 'application/json, text/event-stream',
            'MCP-Protocol-Version': '2025-11-25',
          },
          body: JSON.stringify({
            jsonrpc: '2.0',
            id: 1,
            method: 'tools/call',
            params: { name: 'owner', arguments: {} },
          }),
        }),
        { ip: '127.0.0.1' },
        '/mcp/files',
      )
      return (await answer?.text()) ?? ''
    }
    // Both have the token in memory.
    expect(await callAt(tandem)).toContain(files)
    expect(await callAt(second)).toContain(files)
    clock.advance(nearlyOver)
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, index) => callAt(index % 2 ? tandem : second)),
    )
    expect(answers.filter((text) => !text.includes(files))).toEqual([])
    expect(upstream.refreshes()).toBe(1)
    expect(upstream.reuses()).toBe(0)
  })
})

async function memberOf(browser: Browser): Promise<MemberId> {
  const { body } = await browser.json('GET', '/api/session')
  return (body as { member: { id: MemberId } }).member.id
}

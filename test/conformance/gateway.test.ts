import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve } from '../support/serve.ts'
import type { Served } from '../support/serve.ts'
import { startEverything } from '../support/everything.ts'
import type { Everything } from '../support/everything.ts'
import { startTandem } from '../support/tandem.ts'
import type { RunningTandem } from '../support/tandem.ts'
import { addUpstream } from '../support/upstreams.ts'
import { conformanceFixture } from './fixture/fixture.ts'
import { injectProxy } from './inject-proxy.ts'
import { runSuite, totalOf } from './run-suite.ts'

// suite → proxy that adds the token → Tandem → upstream, beside suite → upstream.
let tandem: RunningTandem
let fixture: ReturnType<typeof conformanceFixture>
let upstream: Served
let everything: Everything
let proxy: Awaited<ReturnType<typeof injectProxy>>
const tokens = new Map<string, string>()
beforeAll(async () => {
  proxy = await injectProxy(
    () => tandem.port,
    async (path) => tokens.get(path.split('/')[2] ?? '') ?? '',
  )
  // The suite's Host must be Tandem's own, so Tandem's address is the proxy's.
  tandem = await startTandem({ config: { issuer: `http://localhost:${proxy.port}` } })
  fixture = conformanceFixture()
  upstream = await serve((request) => fixture.fetch(request))
  everything = await startEverything()
  const ada = await tandem.signIn('ada')
  for (const [name, url] of [
    ['fixture', `http://127.0.0.1:${upstream.port}/mcp`],
    ['every', everything.url],
  ] as const) {
    await addUpstream(
      tandem,
      { kind: 'http', name, url, limits: { atOnce: 100, atOnceEach: 100 } },
      { browser: ada },
    )
    const agent = await tandem.connectAgent({ browser: ada, resource: `${tandem.url}/mcp/${name}` })
    tokens.set(name, agent.accessToken)
  }
})
afterAll(async () => {
  await tandem?.close()
  await proxy?.close()
  await upstream?.close()
  await fixture?.close()
  await everything?.close()
})

describe('the official conformance suite, through the gateway', () => {
  // What passes direct: server.test.ts holds the same fixture to it behind our guard alone.
  it.each([
    ['2026-07-28', 40],
    ['2025-11-25', 33],
  ] as const)('every scenario of %s passes: %i', { timeout: 120_000 }, async (revision, scenarios) => {
    const url = `http://localhost:${proxy.port}/mcp/fixture`
    const run = await runSuite(['server', '--url', url, '--requirements', revision])
    const total = totalOf(run, (name) => name.startsWith('tasks-'))
    expect(total.failed, run.failures).toEqual([])
    expect(total.scenarios).toBe(scenarios)
  })

  it('what server-everything passes direct, it passes through it', { timeout: 120_000 }, async () => {
    const [direct, through] = await Promise.all(
      [everything.url, `http://localhost:${proxy.port}/mcp/every`].map((url) =>
        runSuite(['server', '--url', url, '--requirements', '2025-11-25']),
      ),
    )
    if (!direct || !through) throw new Error('the suite did not run')
    // It has none of the tools that the others call, and says so as a result, which passes for one.
    const passedBy = ({ scenarios }: typeof direct) =>
      Object.keys(scenarios).filter(
        (name) => scenarios[name]?.failed === 0 && !name.startsWith('tools-call-'),
      )
    expect(passedBy(direct)).toContain('server-initialize')
    const passed = passedBy(through)
    expect(
      passedBy(direct).filter((name) => !passed.includes(name)),
      through.failures,
    ).toEqual([])
  })
})

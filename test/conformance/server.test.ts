import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGuard, jwksVerifier, metadataResponse } from '#guard'
import { serve } from '../support/serve.ts'
import type { Served } from '../support/serve.ts'
import { startTandem } from '../support/tandem.ts'
import type { ConnectedAgent, RunningTandem } from '../support/tandem.ts'
import { conformanceFixture } from './fixture/fixture.ts'
import { injectProxy } from './inject-proxy.ts'
import { runSuite, totalOf } from './run-suite.ts'

// The suite can't send a token, so a proxy adds a real one: suite → proxy → our guard → fixture (or Tandem).
let tandem: RunningTandem
let agent: ConnectedAgent
let fixture: ReturnType<typeof conformanceFixture>
let guarded: Served
let toFixture: Served
let toTandem: Served
beforeAll(async () => {
  const bearer = async () => agent.accessToken
  toFixture = await injectProxy(() => guarded.port, bearer)
  toTandem = await injectProxy(() => tandem.port, bearer)
  // The suite's Host must be Tandem's own, so Tandem's address is the proxy's.
  tandem = await startTandem({ config: { issuer: `http://localhost:${toTandem.port}` } })
  agent = await tandem.connectAgent()
  fixture = conformanceFixture()
  // The fixture is a server of somebody else's, who uses our guard and verifies by our published keys.
  const own = `localhost:${toFixture.port}`
  const resource = `${tandem.url}/mcp`
  const guard = createGuard({
    resource,
    verifier: jwksVerifier({ issuer: tandem.url, jwksUri: `${tandem.url}/oauth/jwks.json` }),
    defaultScopes: ['crm:read'],
    allowedHosts: [own],
    allowedOrigins: [`http://${own}`],
  })
  guarded = await serve(async (request) => {
    const about = { resource, authorizationServers: [tandem.url] as [string], scopes: ['crm:read'] }
    const metadata = metadataResponse(request, about)
    if (metadata) return metadata
    const checked = await guard.check(request)
    return checked.ok ? guard.finish(request, await fixture.fetch(request)) : checked.response
  })
})
afterAll(async () => {
  await toFixture?.close()
  await toTandem?.close()
  await guarded?.close()
  await fixture?.close()
  await tandem?.close()
})

const isExtension = (name: string) => name.startsWith('tasks-')

describe('the official conformance suite, through the guard', () => {
  it('would pass nothing without the token', { timeout: 60_000 }, async () => {
    const url = `http://127.0.0.1:${guarded.port}/mcp`
    const run = await runSuite(['server', '--url', url, '--scenario', 'tools-list'])
    expect(run.exitCode).toBe(1)
    expect(run.checks.failed).toContain('tools-list')
  })

  it(
    'server requirements of 2026-07-28: all 37 scenarios, 152 checks or more',
    { timeout: 120_000 },
    async () => {
      const url = `http://localhost:${toFixture.port}/mcp`
      const run = await runSuite(['server', '--url', url, '--requirements', '2026-07-28'])
      const { scenarios, passed, failed } = totalOf(run, isExtension)
      expect(failed, run.failures).toEqual([])
      expect(run.exitCode).toBe(0)
      // 37 required ones, and three that the suite runs beside them.
      expect(scenarios).toBe(40)
      expect(passed).toBeGreaterThanOrEqual(152)
    },
  )

  it(
    'server requirements of 2025-11-25: all 30 scenarios, 81 checks or more',
    { timeout: 120_000 },
    async () => {
      const url = `http://localhost:${toFixture.port}/mcp`
      const run = await runSuite(['server', '--url', url, '--requirements', '2025-11-25'])
      const { scenarios, passed, failed } = totalOf(run)
      expect(failed, run.failures).toEqual([])
      expect(run.exitCode).toBe(0)
      expect(scenarios).toBe(33)
      expect(passed).toBeGreaterThanOrEqual(81)
    },
  )

  // These want tools whose only purpose is to be tested; the fixture has them. Three more, on subscriptions,
  // don't apply to a server that advertises nothing to subscribe to.
  const untestable = [
    'sep-2575-server-rejects-undeclared-capability',
    'sep-2575-missing-capability-http-400',
    'sep-2575-http-server-no-independent-requests-on-stream',
    'sep-2575-server-no-log-without-loglevel',
  ]
  it.each([
    ['server-stateless', '2026-07-28', 21, untestable],
    ['tools-list', '2026-07-28', 4, []],
    ['http-header-validation', '2026-07-28', 14, []],
    ['dns-rebinding-protection', '2026-07-28', 2, []],
    ['server-initialize', '2025-11-25', 2, []],
    ['ping', '2025-11-25', 2, []],
    ['tools-list', '2025-11-25', 3, []],
    ['dns-rebinding-protection', '2025-11-25', 2, []],
  ])(
    'Tandem’s own endpoint passes %s of %s: %i checks',
    { timeout: 60_000 },
    async (scenario, version, passed, failed) => {
      const url = `http://localhost:${toTandem.port}/mcp`
      const one = ['--scenario', scenario, '--spec-version', version]
      const run = await runSuite(['server', '--url', url, ...one])
      expect(run.checks.failed, run.failures).toEqual(failed)
      expect(run.checks.passed.length).toBe(passed)
    },
  )
})

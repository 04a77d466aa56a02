import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOutwardClient, systemClock, upstreamRule } from '#foundation'
import { createTwentyConnector } from '#gateway/twenty'
import { argumentsOf, twentyMcpTools } from '../support/twenty/argument-lists.ts'
import { faultsOf } from '../support/twenty/openapi.ts'
import { answerOf, walkAllTools } from '../support/twenty/tool-walk.ts'
import { startTwenty } from '../support/twenty/twenty-double.ts'
import type { TwentyDouble } from '../support/twenty/twenty-double.ts'

/**
 * The same against a real workspace: `TWENTY_REAL_URL=https://… TWENTY_REAL_KEY=… npm test -- twenty-connector`. It adds
 * records and removes them again.
 */
const real = { url: process.env['TWENTY_REAL_URL'], key: process.env['TWENTY_REAL_KEY'] ?? '' }
const outward = createOutwardClient({ rule: upstreamRule([], true) })
const limits = { answerBytes: 8 * 1024 * 1024, timeoutSeconds: 120 }

function sourceFor(url: string, key: string) {
  const connector = createTwentyConnector({ outward, clock: systemClock })
  const access = { baseUrl: url, headers: { Authorization: `Bearer ${key}` }, secret: key }
  const source = connector.open(access, limits)
  const signal = AbortSignal.timeout(120_000)
  return {
    source,
    signal,
    call: async (name: string, input: Record<string, unknown>) =>
      answerOf(await source.callTool({ name, arguments: input }, signal)),
  }
}

describe.each([
  ['as versions of 2026 answer', { version: 'today', metadataForm: 'direct' }],
  ['as versions before answer', { version: 'before', metadataForm: 'named' }],
] as const)('a Twenty workspace, %s', (_, form) => {
  let twenty: TwentyDouble | undefined
  let here: ReturnType<typeof sourceFor>
  beforeAll(async () => {
    twenty = real.url === undefined ? await startTwenty(form) : undefined
    here = sourceFor(twenty?.url ?? real.url ?? '', twenty?.key ?? real.key)
  })
  afterAll(() => twenty?.close())

  it('has the 29 tools of twenty-mcp with their arguments, marked for what they do', async () => {
    const tools = await here.source.listTools(here.signal)
    const listed = tools.filter(({ name }) => name in twentyMcpTools)
    expect(
      Object.fromEntries(listed.map(({ name, inputSchema }) => [name, argumentsOf(inputSchema).toSorted()])),
    ).toEqual(
      Object.fromEntries(Object.entries(twentyMcpTools).map(([name, args]) => [name, args.toSorted()])),
    )
    for (const { name, annotations, description, title } of tools) {
      const reads = /^(get|search|list|find|filter)_/.test(name)
      expect([name, annotations]).toEqual([
        name,
        {
          title,
          readOnlyHint: reads,
          destructiveHint: /^(update|link|transfer)_/.test(name),
          idempotentHint: !name.startsWith('create_'),
          openWorldHint: false,
        },
      ])
      expect(description?.length).toBeLessThan(320)
    }
  })

  it('answers all 29, and asks Twenty nothing that its description doesn’t have', async () => {
    const { called, made } = await walkAllTools(here.call)
    expect([...called].toSorted()).toEqual(Object.keys(twentyMcpTools).toSorted())
    if (twenty && form.version === 'today') expect(twenty.calls.flatMap((call) => faultsOf(call))).toEqual([])
    if (twenty) return
    for (const [plural, id] of made)
      await outward.fetch(`${real.url}/rest/${plural}/${id}`, {
        method: 'DELETE',
        headers: { Authorization: `Bearer ${real.key}` },
      })
  })
})
afterAll(() => outward.close())

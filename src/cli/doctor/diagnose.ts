import { challenge, foreignToken, resourceMetadata, unknownWellKnown } from './resource-steps.ts'
import { audience, keys, pkce, registration, serverMetadata } from './server-steps.ts'
import { DeadEnd } from './walk.ts'
import type { Finding, Walk } from './walk.ts'

type Step = [string, (walk: Walk) => Promise<Omit<Finding, 'step'>>]

/** An agent's way in, in its order. */
const steps: Step[] = [
  ['challenge', challenge],
  ['resource metadata', resourceMetadata],
  ['server metadata', serverMetadata],
  ['keys', keys],
  ['registration', registration],
  ['PKCE', pkce],
  ['audience', audience],
  ['foreign tokens', foreignToken],
  ['unknown addresses', unknownWellKnown],
]
// Without these the rest has nothing to stand on.
const foundations = new Set(['challenge', 'resource metadata', 'server metadata'])

/** Walks an agent's way in to the MCP endpoint at `address` (an origin stands for its /mcp). */
export async function diagnose(address: string): Promise<{ url: string; ok: boolean; steps: Finding[] }> {
  const url = new URL(address)
  const walk: Walk = {
    findings: [],
    resource: url.pathname === '/' ? `${url.origin}/mcp` : url.origin + url.pathname,
  }
  let lost = false
  for (const [step, run] of steps) {
    const finding = lost
      ? ({ outcome: 'skipped', what: 'Not reached' } as const)
      : await run(walk).catch((error: unknown) => {
          if (!(error instanceof DeadEnd)) throw error
          lost = foundations.has(step)
          return error.finding
        })
    walk.findings.push({ step, ...finding })
  }
  return {
    url: walk.resource,
    ok: walk.findings.every(({ outcome }) => outcome !== 'failed'),
    steps: walk.findings,
  }
}

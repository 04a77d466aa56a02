import { createAsk } from './ask.ts'
import { cors } from './cors-steps.ts'
import { replay } from './replay.ts'
import type { Foreseen } from './replay.ts'
import { audience, pkce, registration } from './request-steps.ts'
import { challenge, foreignToken, probe, resourceMetadata, unknownWellKnown } from './resource-steps.ts'
import { keys, serverMetadata, tokenErrors } from './server-steps.ts'
import { DeadEnd } from './walk.ts'
import type { Finding, Seen, Walk } from './walk.ts'

type Step = [string, (walk: Walk) => Promise<Seen>]

/** An agent's way in, in its order. */
const steps: Step[] = [
  ['challenge', challenge],
  ['first look', probe],
  ['resource metadata', resourceMetadata],
  ['server metadata', serverMetadata],
  ['keys', keys],
  ['pages', cors],
  ['registration', registration],
  ['PKCE', pkce],
  ['audience', audience],
  ['token errors', tokenErrors],
  ['foreign tokens', foreignToken],
  ['unknown addresses', unknownWellKnown],
]
// Without these the rest has nothing to stand on.
const foundations = new Set(['challenge', 'resource metadata', 'server metadata'])

export type Diagnosis = { url: string; ok: boolean; steps: Finding[]; clients: Foreseen[] }

/**
 * Walks an agent's way in to the MCP endpoint at `address` (an origin stands for its /mcp), then replays the known
 * clients. `register` also tries registrations and requests, which leave clients behind at that server.
 */
export async function diagnose(address: string, { register = false } = {}): Promise<Diagnosis> {
  const url = new URL(address)
  const walk: Walk = {
    ask: createAsk(url.href),
    register,
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
    clients: walk.challenge ? await replay(walk) : [],
  }
}

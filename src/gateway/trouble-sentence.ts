import type { TroubleKind } from './engine.ts'
import type { Upstream } from './upstreams/upstream.ts'

// JSON-RPC 2.0 §5.1: -32000 to -32099 are the server's own; the MCP revisions took some, none of these.
export const upstreamError = -32050

const words = {
  unreachable: 'can’t be reached just now. Try again in a minute',
  late: 'didn’t answer in time. Try again, or ask for less',
  too_large: 'answered with more than may pass. Ask for less',
  refused: 'doesn’t take the credential that Tandem has for you',
  resting: 'failed too often and isn’t asked for a moment. Try again in a minute',
  busy: 'has too many calls under way. Try again in a moment',
} as const satisfies Record<TroubleKind, string>

/** What whoever called is told: what happened and what to do, never why. */
export function troubleSentence(kind: TroubleKind, { title }: Pick<Upstream, 'title'>): string {
  return `${title} ${words[kind]}`
}

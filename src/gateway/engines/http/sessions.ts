import { seal, unseal } from '#foundation'
import type { Caller } from '../../engine.ts'
import type { Upstream } from '../../upstreams/upstream.ts'

/**
 * What a client gets instead of the upstream's session id: sealed, and good for its own grant at this upstream alone.
 * No replica has to remember it, and another person's or grant's is none (attacks G10, CVE-2026-25536).
 */
export function createSessions(key: Uint8Array, upstream: Pick<Upstream, 'id'>) {
  const boundTo = (what: string, { actor, token }: Caller) =>
    JSON.stringify([what, upstream.id, actor.kind === 'agent' ? actor.grant : token.grantId])
  const ids = (what: string) => ({
    /** The id to tell the client. */
    close: (id: string, caller: Caller): string => seal(key, id, boundTo(what, caller)),
    /** The upstream's id; null when it is not this caller's. */
    open(sealed: string, caller: Caller): string | null {
      try {
        return unseal(key, sealed, boundTo(what, caller))
      } catch {
        return null
      }
    },
  })
  // Where there are no sessions, an event's id is all it takes to read on in somebody's stream (`Last-Event-ID`).
  return { ...ids('mcp session'), events: ids('mcp event') }
}

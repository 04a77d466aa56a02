import type { CameFrom } from '#foundation'
import type { Connections } from './connect/connections.ts'
import type { PeopleKeys } from './keys/people-keys.ts'
import type { UpstreamDirectory } from './upstreams/directory.ts'
import type { UpstreamManager } from './upstreams/upstream-manager.ts'
import type { UpstreamResource } from './upstreams/scopes.ts'

/** Somebody else's MCP servers behind our sign-in. */
export interface Gateway {
  /** Answers `/mcp/<name>`; null when there is no upstream of that name. Never throws. */
  handle(
    request: Request,
    from: CameFrom & { setHeader?(name: string, value: string): void },
    path: string,
  ): Promise<Response | null>
  /** What tokens are issued for beside Tandem itself; the same array as long as nothing changed. */
  resources(): readonly UpstreamResource[]
  readonly upstreams: UpstreamDirectory
  /** People's own connections to upstreams, with Tandem as the OAuth client. */
  readonly connections: Connections
  /** People's own keys. */
  readonly keys: PeopleKeys
  /** How administrators add, review, watch and remove upstreams. */
  readonly admin: UpstreamManager
  /** Each enabled upstream by name, as it was found when it was checked last. */
  health(): Readonly<Record<string, 'well' | 'trouble'>>
  /** Checks what is due, without waiting for the next time. */
  watch(): Promise<void>
  close(): Promise<void>
}

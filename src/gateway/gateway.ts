import type { UpstreamDirectory } from './upstreams/directory.ts'
import type { UpstreamResource } from './upstreams/scopes.ts'

/** Somebody else's MCP servers behind our sign-in. */
export interface Gateway {
  /** Answers `/mcp/<name>`; null when there is no upstream of that name. Never throws. */
  handle(
    request: Request,
    from: { ip: string; setHeader?(name: string, value: string): void },
    path: string,
  ): Promise<Response | null>
  /** What tokens are issued for beside Tandem itself; the same array as long as nothing changed. */
  resources(): readonly UpstreamResource[]
  readonly upstreams: UpstreamDirectory
  close(): Promise<void>
}

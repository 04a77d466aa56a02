import type { UpstreamAuth, UpstreamKind, UpstreamLimits } from '#contract'
import type { Id } from '#foundation'

export type UpstreamId = Id<'ups'>

/** A tool as `tools/list` has it. */
export type ToolDefinition = {
  name: string
  title?: string
  description?: string
  inputSchema: Record<string, unknown>
  outputSchema?: Record<string, unknown>
  annotations?: Record<string, unknown>
  [member: string]: unknown
}

/**
 * A tool as an administrator accepted it. Agents see and call only this; what the upstream says now waits in `pending`
 * until somebody looked at it (tool poisoning).
 */
export type PinnedTool = {
  name: string
  definition: ToolDefinition
  /** What its scope is: `<upstream>:read` or `<upstream>:write`. */
  access: 'read' | 'write'
}

/** Somebody else's server behind our sign-in. */
export type Upstream = {
  id: UpstreamId
  name: string
  title: string
  kind: UpstreamKind
  /** `http`: the MCP endpoint; `twenty`: the workspace. Null for `stdio`. */
  url: string | null
  /** `stdio`: which of the operator's programs. */
  server: string | null
  /** Addresses beside `url` that a person's key may be for. */
  baseUrls: readonly string[]
  auth: UpstreamAuth
  limits: UpstreamLimits
  /** Addresses and CIDRs that callers may come from; empty: any. */
  ipAllowlist: readonly string[]
  enabled: boolean
  changedAt: Date
  /** Accepted and allowed, by name. */
  tools: ReadonlyMap<string, PinnedTool>
}

/** What credentials are bound to: the upstream's own address; for a program, its name. */
export function baseUrlOf({ url, server }: Pick<Upstream, 'url' | 'server'>): string {
  return url ?? `stdio:${server}`
}

/** Where a credential may be for: the upstream's own address, first, and those that an administrator added. */
export function addressesOf(upstream: Pick<Upstream, 'url' | 'server' | 'baseUrls'>): string[] {
  return [baseUrlOf(upstream), ...upstream.baseUrls]
}

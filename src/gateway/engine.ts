import type { VerifiedToken } from '#guard'
import type { Actor } from '#identity'
import type { ToolDefinition, Upstream } from './upstreams/upstream.ts'

/** Who calls, after the guard. */
export type Caller = { actor: Actor; ip: string; token: VerifiedToken }

/** What a call to the upstream carries instead of the caller's token. Held no longer than the call. */
export type UpstreamAccess = {
  /** The address the credential is for. */
  baseUrl: string
  /** Headers to send, for `http` and `twenty`. */
  headers: Readonly<Record<string, string>>
  /** The bare secret, for programs that take it from a variable; null where there is none. */
  secret: string | null
}

/** One request that was admitted, checked and decided. */
export type Exchange = {
  request: Request
  /** The body and what it says; null for GET and DELETE. */
  message: { text: string; value: unknown } | null
  caller: Caller
  upstream: Upstream
  access: UpstreamAccess
}

/** Carries requests to one upstream and its answers back. One for each upstream, as long as its settings stand. */
export interface Engine {
  /** Methods of HTTP it takes. */
  readonly methods: readonly string[]
  answer(exchange: Exchange): Promise<Response>
  /** What the upstream offers to whoever has this access, now. Throws {@link UpstreamTrouble}. */
  listTools(access: UpstreamAccess): Promise<ToolDefinition[]>
  close(): Promise<void>
}

export type TroubleKind =
  /** It can't be reached, or answered what nobody can use. */
  | 'unreachable'
  | 'late'
  | 'too_large'
  /** It doesn't take the credential. */
  | 'refused'
  /** It failed too often: it isn't asked for a while. */
  | 'resting'
  | 'busy'

/** What went wrong beyond us. `why` is for administrators and the log; never a secret. */
export class UpstreamTrouble extends Error {
  override name = 'UpstreamTrouble'
  readonly kind: TroubleKind
  readonly why: string
  constructor(kind: TroubleKind, why: string, options: ErrorOptions = {}) {
    super(why, options)
    this.kind = kind
    this.why = why
  }
}

/** Tools that aren't a server of MCP to pass requests on to, or one of another revision: the bridge speaks for them. */
export interface Source {
  listTools(signal: AbortSignal): Promise<ToolDefinition[]>
  callTool(call: ToolCallOf, signal: AbortSignal): Promise<ToolResult>
  close(): Promise<void>
}
export type ToolCallOf = {
  name: string
  arguments: Record<string, unknown>
  /** Hears how far it is. */
  progress?: (progress: { progress: number; total?: number; message?: string }) => void
}
export type ToolResult = {
  content: { type: string; [member: string]: unknown }[]
  structuredContent?: Record<string, unknown>
  isError?: boolean
  _meta?: Record<string, unknown>
}

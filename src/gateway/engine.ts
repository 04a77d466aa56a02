import type { VerifiedToken } from '#guard'
import type { Actor, LoggedCall } from '#identity'
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
  /** Another one, when the upstream says that this one is no good any more; null when there is none. Once a call. */
  renew?(): Promise<UpstreamAccess | null>
}

/** One request that was admitted, checked and decided. */
export type Exchange = {
  request: Request
  /** The body and what it says; null for GET and DELETE. */
  message: { text: string; value: unknown } | null
  caller: Caller
  upstream: Upstream
  access: UpstreamAccess
  /**
   * Records how a call ended: the engine knows, often after its answer began. `called` is the tool, or the method. What
   * every client does before its first call is no call and isn't recorded.
   */
  record(called: string, outcome: LoggedCall['outcome'], code?: string): void
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
  /** `refused`: the credential itself is no good any more, not what was asked with it (RFC 6750 §3.1). */
  readonly invalidToken: boolean
  constructor(
    kind: TroubleKind,
    why: string,
    { invalidToken = false, ...options }: ErrorOptions & { invalidToken?: boolean } = {},
  ) {
    super(why, options)
    this.kind = kind
    this.why = why
    this.invalidToken = invalidToken
  }
}

/** Whether another token may help. */
export function wantsAnotherToken(error: unknown): boolean {
  return error instanceof UpstreamTrouble && error.kind === 'refused' && error.invalidToken
}

/** The upstream answered with an error of JSON-RPC: it is well, and doesn't do this. Passed on as it is. */
export class UpstreamRefusal extends Error {
  override name = 'UpstreamRefusal'
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** Tools that aren't a server of MCP to pass requests on to, or one of another revision: the bridge speaks for them. */
export interface Source {
  /** What it has beside tools; absent: nothing. */
  readonly offers?: Offers
  /** Throws {@link UpstreamTrouble}, as everything here. */
  listTools(signal: AbortSignal): Promise<ToolDefinition[]>
  callTool(call: ToolCallOf, signal: AbortSignal): Promise<ToolResult>
  /** Prompts, resources and completions, for a source that offers them. */
  request?(
    method: PassedMethod,
    params: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>>
  /** The call is over. */
  close(): Promise<void>
}
export type Offers = { prompts?: boolean; resources?: boolean; completions?: boolean }

/** What the bridge passes on beside tools, by what a server that takes it offers. */
export const passedMethods = {
  'prompts/list': 'prompts',
  'prompts/get': 'prompts',
  'resources/list': 'resources',
  'resources/templates/list': 'resources',
  'resources/read': 'resources',
  'completion/complete': 'completions',
} as const satisfies Record<string, keyof Offers>
export type PassedMethod = keyof typeof passedMethods

export type ToolCallOf = {
  name: string
  arguments: Record<string, unknown>
  /** Hears how far it is. */
  progress?: (progress: Progress) => void
}
export type Progress = { progress: number; total?: number; message?: string }
export type ToolResult = {
  content: { type: string; [member: string]: unknown }[]
  structuredContent?: Record<string, unknown>
  isError?: boolean
  _meta?: Record<string, unknown>
}

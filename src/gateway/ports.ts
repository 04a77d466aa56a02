import type { Audit } from '#audit'
import type { AddressList, CameFrom, Clock, GrantId, Log, OutwardClient, StdioServer } from '#foundation'
import type { VerifiedToken } from '#guard'
import type { Actor } from '#identity'
import type { Storage } from '#storage'
import type { Vault } from '#vault'
import type { Caller } from './engine.ts'
import type { ToolsSeen } from './upstreams/tool-review.ts'

/** What stands before an endpoint for agents: guard, rates, who is calling, what the body says. */
export interface AgentDoor {
  handle(
    request: Request,
    from: CameFrom & { setHeader?(name: string, value: string): void },
    answer: (request: Request, caller: Caller) => Promise<Response>,
  ): Promise<Response>
  read(
    request: Request,
    caller: Pick<Caller, 'token' | 'ip'>,
  ): Promise<{ text: string; value: unknown } | Response>
  insufficientScope(request: Request, scopes: readonly string[]): Response
  covers(token: VerifiedToken, scopes: readonly string[]): boolean
}

/** Names that upstreams can't have, or that their tools shouldn't: they are Tandem's own, or the operator's. */
export type TakenNames = {
  /** What scopes of other resources begin with. */
  prefixes: readonly string[]
  /** Identifiers of resources that aren't upstreams. */
  resources: readonly string[]
  tools: readonly string[]
}

/** Sees each exchange with an upstream: which, how long, how it ended; and says what the trace is called that it is part of. */
export interface UpstreamWatch {
  <T>(
    upstream: string,
    act: string,
    work: (carry: Readonly<Record<string, string>>) => Promise<T>,
    /** One of few words: `ok`, a kind of trouble. */
    outcomeOf: (result: T | null, error: unknown) => string,
  ): Promise<T>
}

export type GatewayDependencies = {
  watch?: UpstreamWatch
  issuer: string
  /** The install's own: what is sealed beside the vault is sealed with keys of it. */
  secret: string
  storage: Storage
  audit: Audit
  vault: Vault
  /** The door of one resource. */
  door(
    resource: string,
    options: {
      defaultScopes: readonly string[]
      methods: readonly string[]
      /** Where it may be called from; null: from anywhere. */
      callers: AddressList | null
      /** Calls a minute of one grant; absent: as everywhere. */
      callsPerMinute?: number | undefined
    },
  ): AgentDoor
  /** Who is signed in, in the browser that asks. */
  signedIn(request: Request): Promise<Actor | null>
  /** Hears of each call: which grant, from where, which tool. */
  used(grant: GrantId, ip: string, tool: string): void
  /** Calls back once when the grant ended or allows something else than before. Returns the way out. */
  ended(grant: GrantId, listener: () => void): () => void
  /** The way out to what administrators named. */
  outward: OutwardClient
  stdioServers: readonly StdioServer[]
  /** Grants of one resource. */
  grantsFor: {
    /** How many haven't ended. */
    count(resource: string): Promise<number>
    /** Ends all, with what was allowed and not collected yet. Resolves to how many. */
    end(resource: string, reason: string): Promise<number>
  }
  taken: TakenNames
  clock: Clock
  log: Log
}

/** What an engine may lean on. */
export type EngineDependencies = GatewayDependencies & {
  /** Hears of each list of tools that passes by, or a part of one. */
  seen: ToolsSeen
}

import type { Audit } from '#audit'
import type { Clock, GrantId, Log, OutwardClient, StdioServer } from '#foundation'
import type { VerifiedToken } from '#guard'
import type { Storage } from '#storage'
import type { Vault } from '#vault'
import type { Caller } from './engine.ts'

/** What stands before an endpoint for agents: guard, rates, who is calling, what the body says. */
export interface AgentDoor {
  handle(
    request: Request,
    from: { ip: string; setHeader?(name: string, value: string): void },
    answer: (request: Request, caller: Caller) => Promise<Response>,
  ): Promise<Response>
  read(request: Request): Promise<{ text: string; value: unknown } | Response>
  insufficientScope(request: Request, scopes: readonly string[]): Response
  covers(token: VerifiedToken, scopes: readonly string[]): boolean
}

export type GatewayDependencies = {
  issuer: string
  storage: Storage
  audit: Audit
  vault: Vault
  /** The door of one resource. */
  door(resource: string, options: { defaultScopes: readonly string[]; methods: readonly string[] }): AgentDoor
  /** Hears of each call: which grant, from where, which tool. */
  used(grant: GrantId, ip: string, tool: string): void
  /** The way out to what administrators named. */
  outward: OutwardClient
  stdioServers: readonly StdioServer[]
  clock: Clock
  log: Log
}

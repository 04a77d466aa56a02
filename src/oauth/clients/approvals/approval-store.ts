import type { AuditEntry } from '#audit'
import type { MemberId } from '#foundation'
import type { Grant } from '../../grants/grant.ts'
import type { Client } from '../client.ts'

/** What every replica hears when the queue may have changed. */
export const approvalsChanged = 'oauth.approvals'

/** Somebody allowed a client that an administrator has to look at. */
export type ApprovalRequest = {
  member: MemberId
  at: Date
  ip: string | null
  redirectHost: string
  scopes: string[]
  resource: string
}

/** What an administrator approved: what a changed client is compared with. */
export type ApprovedAs = Pick<Client, 'name' | 'redirectUris' | 'authMethods' | 'keys'>

export type QueuedClient = {
  client: Client
  firstSeenIp: string | null
  approvedAs: ApprovedAs | null
  requests: ApprovalRequest[]
  liveGrants: number
}

export type Resolution = {
  id: string
  /** What the administrator looked at. */
  fingerprint: string
  decision: 'approve' | 'refuse' | 'block' | 'reconsider'
  /** Scopes to narrow the client to; null lifts a ceiling; undefined leaves it. */
  scopes: readonly string[] | null | undefined
  at: Date
  by: MemberId
  entryOf: (client: Client) => AuditEntry
  grantEntryOf: (grant: Grant) => AuditEntry
  reason: string
}

/** The administrators' queue. */
export interface ApprovalStore {
  /** Clients that wait, first; then those that changed since they were approved, or were turned away. */
  queue(limit: number): Promise<QueuedClient[]>
  /** How many wait or changed. */
  count(): Promise<number>
  /** One statement of an administrator, with all that follows from it: all or nothing. Undefined when the client is another now. */
  resolve(resolution: Resolution): Promise<Client | undefined>
  /**
   * Hands out, once across all replicas, the requests that no mail has told of; `giveBack` when telling failed.
   * They count as told after it resolves.
   */
  takeUntold(at: Date): Promise<{ clients: { id: string; name: string }[]; giveBack(): Promise<void> }>
}

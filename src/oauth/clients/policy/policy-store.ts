import type { ClientPolicy } from '#contract'
import type { AuditEntry } from '#audit'
import type { PolicyOutcome } from '#contract'
import type { MemberId } from '#foundation'

export type StoredPolicy = {
  /** 0 while nobody has edited it: the settings decide. */
  version: number
  policy: ClientPolicy
  savedAt: Date | null
  savedBy: MemberId | null
}

/** Something the policy decided, as it is kept: the same decision again only counts up. */
export type KeptDecision = {
  /** The client's id; for one that never got an id, where it came from. */
  subject: string
  clientId: string | null
  name: string
  stage: string
  outcome: PolicyOutcome
  rule: string
  why: string
  /** Where the answer would have gone: host or scheme. Empty for a client that answers nowhere. */
  redirect: string
  ip: string | null
  version: number
  firstAt: Date
  at: Date
  times: number
}

export interface PolicyStore {
  /** The newest version, or undefined while nobody has edited the policy. */
  current(): Promise<StoredPolicy | undefined>
  /** Newest first. */
  versions(limit: number): Promise<StoredPolicy[]>
  /** Adds a version with its audit entry and tells every replica. False when `basedOn` isn't the newest any more. */
  save(
    next: { policy: ClientPolicy; basedOn: number; at: Date; by: MemberId },
    entry: AuditEntry,
  ): Promise<boolean>
  /** Calls back when the policy changed, on any replica, or may have. Returns the way out. */
  onChange(listener: () => void): () => void
  /** Adds decisions, or counts them up. */
  keepDecisions(decisions: readonly KeptDecision[]): Promise<void>
  /** Newest first; `text` is looked for in the client's id and name, the redirect and the rule. */
  decisions(search: { text: string; refusedOnly: boolean; limit: number }): Promise<KeptDecision[]>
  /** Forgets decisions that are old or too many. */
  trimDecisions(now: Date): Promise<void>
}

import type { Kysely } from '#storage'

/** What an audit entry tells: who did what to what. Never a secret, never a token. */
export type AuditEntry = {
  /** Dotted noun and verb: `session.started`, `client.registered`, `grant.given`, `token.refused`, `tool.called`, `change_set.applied`. */
  event: string
  outcome: 'ok' | 'refused' | 'failed'
  actor: {
    kind: 'member' | 'agent' | 'client' | 'system' | 'anonymous'
    id?: string
    name?: string
    grant?: string
    client?: string
  }
  /** What it was done to, by kind and id. */
  subject?: { kind: string; id: string; name?: string }
  ip?: string
  /** Small, flat, without secrets. */
  detail?: Record<string, string | number | boolean | null>
}

export interface Audit {
  /** Records with the caller's transaction: the entry is there exactly when what it tells of is. */
  record(tx: Kysely<never>, entry: AuditEntry): Promise<void>
  /**
   * Records soon: entries that change nothing (reads, refusals, tool calls) are written together
   * within 100 ms. A crash may lose that last moment; {@link close} loses nothing.
   */
  note(entry: AuditEntry): void
  /** The row to add to `audit_inbox` inside a caller's own single statement (multi-mutation CTE). */
  row(entry: AuditEntry): { id: string; at: Date; body: string }
  /** Walks the chain. `broken` names the first entry that doesn't follow from the one before it. */
  verify(): Promise<{ entries: number; broken: { seq: number; why: string } | null; unchained: number }>
  /** Newest first. */
  list(options: { limit: number; before?: number }): Promise<(AuditEntry & { seq: number; at: string })[]>
  close(): Promise<void>
}

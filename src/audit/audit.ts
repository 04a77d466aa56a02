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
    /** What the client was called then. */
    clientName?: string
  }
  /** What it was done to, by kind and id. */
  subject?: { kind: string; id: string; name?: string }
  ip?: string
  /** Small, flat, without secrets. */
  detail?: Record<string, string | number | boolean | null>
}

export type ListedEntry = AuditEntry & { seq: number; at: string }

/** All that is given must fit. */
export type AuditFilter = {
  /** Anywhere in the entry, in any case. */
  text?: string
  /** `grant.ended`, or `grant` for all of its kind. */
  event?: string
  outcome?: AuditEntry['outcome']
  /** Id of a member or client that acted. */
  actor?: string
  /** Id of a client: its own deeds, its agents', and what was done to it. */
  client?: string
  /** A grant's deeds, and what was done to it. */
  grant?: string
  from?: Date
  to?: Date
}

export type GrantDeeds = {
  calls: number
  /** Of the calls. */ refused: number
  /** Change sets. */ changes: number
}

export type Checkpoint = { seq: number; /** ISO time. */ at: string; /** To keep elsewhere. */ text: string }
export type Check = {
  entries: number
  broken: { seq: number; why: string } | null
  unchained: number
  checkpoint: Checkpoint | null
  /** What the kept checkpoint proves wrong; null when it holds or none was given. */
  disagrees: string | null
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
  list(options: { limit: number; before?: number }): Promise<ListedEntry[]>
  /** Entries that fit, newest first; `before` is the number of the last one seen. */
  search(filter: AuditFilter, options: { limit: number; before?: number }): Promise<ListedEntry[]>
  /** How many fit, counted no further than `most`. */
  count(filter: AuditFilter, most: number): Promise<number>
  /** What each of these grants did since then, by grant. */
  deeds(grants: readonly string[], since: Date): Promise<Map<string, GrantDeeds>>
  /** Walks the chain and, when it holds, keeps its signed head as a checkpoint. `kept` is one that somebody kept elsewhere. */
  check(kept?: string): Promise<Check>
  /** Where the chain ends, what waits to be chained, and the last checkpoint: without walking it. */
  status(): Promise<{ entries: number; unchained: number; checkpoint: Checkpoint | null }>
  close(): Promise<void>
}

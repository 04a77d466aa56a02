import type { Kysely, Transaction } from 'kysely'
import type { Events, RateLimiter } from '#foundation'

/** One step of the schema. Names sort into the order in which they run (`0004-oauth`). Each runs once, in one transaction. */
export type Migration = { name: string; sql: string }

/**
 * The database. One SQL dialect: PostgreSQL's, kept to what compatible engines have too
 * (no advisory locks; NOTIFY only as a hint above polling).
 *
 * Inside `transaction` use the handle it gives and nothing else: the embedded database has one
 * session, so asking `db` there waits for ever.
 */
export interface Storage {
  readonly driver: 'embedded' | 'server'
  /** The query builder, typed with the asking module's own tables. */
  db<Tables>(): Kysely<Tables>
  /** Runs `work` in one transaction. Retries it whole on serialization failures (SQLSTATE 40001, 40P01). */
  transaction<Tables, T>(work: (tx: Transaction<Tables>) => Promise<T>): Promise<T>
  /** Publishes an event with the transaction (or by itself): every replica's `events` hears it after the commit. */
  publish(on: Kysely<never>, topic: string, payload: Record<string, string>): Promise<void>
  readonly events: Events
  /** Counts in memory when embedded (one process owns the data) and in the database otherwise. */
  readonly rateLimiter: RateLimiter
  /** Throws when the database can't answer. */
  ping(): Promise<void>
  /** How busy it is, for whoever watches. Asks the database one question. */
  figures(): Promise<StorageFigures>
  /**
   * Embedded only: a copy of PostgreSQL's directory as it is between two transactions, at `directory`, which must not
   * exist. Nothing else runs meanwhile.
   */
  copyTo(directory: string): Promise<void>
  close(): Promise<void>
}

export type StorageFigures = {
  /** Since the start. */
  statements: { count: number; errors: number; /** Spent waiting for answers. */ seconds: number }
  connections: {
    open: number
    idle: number
    /** Who waits for one, or for an answer of the only one. */ waiting: number
  }
  /** Events committed that this process hasn't heard. */
  outboxWaiting: number
}

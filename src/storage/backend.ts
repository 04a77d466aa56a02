import type { Clock, RateLimiter } from '#foundation'
import type { Line } from './dialect.ts'
import type { LocalEvents } from './local-events.ts'
import type { Outbox } from './outbox.ts'
import type { StorageFigures } from './storage.ts'
import type { Transactions } from './transaction.ts'

/** What a driver gives to the rest of storage. */
export interface Backend {
  readonly driver: 'embedded' | 'server'
  connect(): Promise<Line>
  /** Runs `work` with the statement time limit off: a migration may take as long as it takes. */
  unhurried<T>(work: () => Promise<T>): Promise<T>
  /** Told when the schema is up to date; begins what needs the tables. */
  migrated(events: LocalEvents, transactions: Transactions): Promise<Outbox>
  rateLimiter(clock: Clock): RateLimiter
  connections(): StorageFigures['connections']
  copyTo(directory: string): Promise<void>
  /** Finishes what runs, then lets go of the database. */
  close(): Promise<void>
}

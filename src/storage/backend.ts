import type { Line } from './dialect.ts'

/** What a driver gives to the rest of storage. */
export interface Backend {
  readonly driver: 'embedded' | 'server'
  connect(): Promise<Line>
  /** Runs `work` with the statement time limit off: a migration may take as long as it takes. */
  unhurried<T>(work: () => Promise<T>): Promise<T>
  /** Told when the schema is up to date. */
  migrated(): Promise<void>
  /** Finishes what runs, then lets go of the database. */
  close(): Promise<void>
}

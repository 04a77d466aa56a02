/** The database: embedded or server, migrations, transactions, outbox, rate counters. Knows no domain. */
export type { Migration, Storage } from './storage.ts'

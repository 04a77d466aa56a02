/** The database: embedded or server, migrations, transactions, outbox, rate counters. Knows no domain. */
export type { Migration, Storage, StorageFigures } from './storage.ts'
export { openStorage } from './open-storage.ts'
export type { StorageOptions } from './open-storage.ts'
export { sql } from 'kysely'
export type { Generated, Insertable, Kysely, RawBuilder, Selectable, Transaction } from 'kysely'

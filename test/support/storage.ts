import { fileURLToPath } from 'node:url'
import { silentLog } from '#foundation'
import type { Clock } from '#foundation'
import { openStorage } from '#storage'
import type { Migration, Storage } from '#storage'
import { testClock } from './clock.ts'
import { startPostgres } from './postgres.ts'
import type { TestPostgres } from './postgres.ts'

/** Migrated databases by schema, so that the next test file opens its own at once. */
const snapshots = fileURLToPath(new URL('../../node_modules/.cache/tandem/databases', import.meta.url))

let postgres: Promise<TestPostgres> | undefined

/** The PostgreSQL that this test file's databases share. It ends with the process. */
export function sharedPostgres(): Promise<TestPostgres> {
  postgres ??= startPostgres()
  return postgres
}

/**
 * A fresh database with these migrations applied: embedded and in memory, or on a private PostgreSQL
 * (guard those tests with `postgresAvailable()`). Close it when done.
 */
export async function openTestStorage(
  migrations: Migration[],
  options: { clock?: Clock; driver?: Storage['driver'] } = {},
): Promise<Storage> {
  const clock = options.clock ?? testClock()
  const config =
    options.driver === 'server' ? { databaseUrl: await (await sharedPostgres()).database() } : { snapshots }
  return openStorage({ config, migrations, clock, log: silentLog })
}

import { fileURLToPath } from 'node:url'
import { silentLog } from '#foundation'
import { openStorage } from '#storage'
import type { Migration, Storage } from '#storage'
import { testClock } from './clock.ts'
import type { TestClock } from './clock.ts'

/** Migrated databases by schema, so that the next test file opens its own at once. */
const snapshots = fileURLToPath(new URL('../../node_modules/.cache/tandem/databases', import.meta.url))

/** A fresh embedded database in memory with these migrations applied. Close it when done. */
export async function openTestStorage(
  migrations: Migration[],
  options: { clock?: TestClock } = {},
): Promise<Storage> {
  const clock = options.clock ?? testClock()
  return openStorage({ config: { snapshots }, migrations, clock, log: silentLog })
}

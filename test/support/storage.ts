import { silentLog } from '#foundation'
import { openStorage } from '#storage'
import type { Migration, Storage } from '#storage'
import { testClock } from './clock.ts'
import type { TestClock } from './clock.ts'

/** A fresh embedded database with these migrations applied. Close it when done. */
export async function openTestStorage(
  migrations: Migration[],
  options: { clock?: TestClock } = {},
): Promise<Storage> {
  return openStorage({ config: {}, migrations, clock: options.clock ?? testClock(), log: silentLog })
}

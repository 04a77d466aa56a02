import type { Config } from '#foundation'
import { askControl } from './control.ts'

/** Where the Tandem answers that runs on this data directory; null when none does, or when its database is PostgreSQL. */
export async function runningAddress({
  DATABASE_URL,
  TANDEM_DATA_DIR,
}: Pick<Config, 'DATABASE_URL' | 'TANDEM_DATA_DIR'>): Promise<string | null> {
  if (DATABASE_URL) return null
  // One of an earlier version doesn't know the question.
  const asked = await askControl(TANDEM_DATA_DIR, 'address', {}).catch(() => null)
  return typeof asked?.result === 'string' ? asked.result : null
}

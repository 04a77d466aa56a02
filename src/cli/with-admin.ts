import { createLog, loadConfig } from '#foundation'
import { openAdmin } from '#server'
import type { Admin } from '#server'

/** Opens the install for one command and closes it whatever happens. */
export async function withAdmin(work: (admin: Admin) => Promise<number>): Promise<number> {
  const admin = openAdmin(loadConfig(process.env), createLog('error'))
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SetupError } from '#foundation'

/**
 * Makes this process the only owner of a data directory. Two owners would destroy each other's
 * writes. The lock is SQLite's exclusive lock on a file: the kernel lets go of it when the process
 * ends in whatever way, and it is seen across containers that share the volume.
 * Throws {@link SetupError} when another process has it. Returns the way to let go.
 */
export function lockDirectory(dataDir: string): () => void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new SetupError(
      `The data directory ${dataDir} can't be made: set TANDEM_DATA_DIR to a writable place`,
      { cause },
    )
  }
  const file = join(dataDir, 'lock')
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(file, { timeout: 0 })
    lock.exec('pragma journal_mode = memory; begin exclusive')
  } catch (cause) {
    lock?.close()
    if (isBusy(cause)) {
      throw new SetupError(
        `Another Tandem is using ${dataDir}. Stop it first, or give this one its own TANDEM_DATA_DIR; several at once need DATABASE_URL`,
        { cause },
      )
    }
    const state = existsSync(file) ? 'opened' : 'made'
    throw new SetupError(
      `The lock file ${file} can't be ${state}: check who owns it and that the disk has room`,
      { cause },
    )
  }
  const held = lock
  return () => held.close()
}

function isBusy(error: unknown): boolean {
  // SQLITE_BUSY
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}

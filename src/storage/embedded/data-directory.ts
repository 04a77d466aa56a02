import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { SetupError } from '#foundation'
import type { Log } from '#foundation'

/** The major version of PostgreSQL inside the pinned PGlite; its files are readable by no other. */
const postgresMajor = '18'

/**
 * PostgreSQL's directory inside the data directory, made when absent. It appears whole or not at
 * all: it is made beside its place, synced, and renamed.
 */
export async function preparedDirectory(dataDir: string, log: Log): Promise<string> {
  const directory = join(dataDir, 'postgres')
  const unfinished = `${directory}.unfinished`
  if (!existsSync(directory)) {
    log.info({ dataDir }, 'creating the database')
    rmSync(unfinished, { recursive: true, force: true })
    mkdirSync(unfinished, { mode: 0o700 })
    await runToEnd(new URL('./create-worker.ts', import.meta.url), { directory: unfinished })
    renameSync(unfinished, directory)
    syncEntry(dataDir)
    log.info({ dataDir }, 'created the database')
  }
  const version = readVersion(directory)
  if (version !== postgresMajor) {
    throw new SetupError(
      `${directory} was written by PostgreSQL ${version ?? '(unknown)'}, this Tandem brings ${postgresMajor}. Start the Tandem that wrote it, or restore a backup`,
    )
  }
  return directory
}

function readVersion(directory: string): string | undefined {
  const file = join(directory, 'PG_VERSION')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}

function syncEntry(directory: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(directory, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function runToEnd(module: URL, workerData: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(module, { workerData, execArgv: [] })
    worker.on('error', reject)
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`The thread ended with ${code}`))))
  })
}

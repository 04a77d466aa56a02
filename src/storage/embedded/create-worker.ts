import fs from 'node:fs'
import { join } from 'node:path'
import { workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { startParams } from './start-params.ts'

// Makes a new database in its own short-lived thread: WebAssembly memory never shrinks, and initdb takes much.
const { directory }: { directory: string } = workerData
const database = await PGlite.create({ dataDir: directory, startParams: startParams({ durable: false }) })
await database.close()
syncTree(directory)

function syncTree(path: string): void {
  for (const entry of fs.readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) syncTree(join(path, entry.name))
    else if (entry.isFile()) sync(join(path, entry.name), 'r+')
  }
  if (process.platform !== 'win32') sync(path, 'r')
}

function sync(path: string, flags: string): void {
  const fd = fs.openSync(path, flags)
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DurableFs } from './durable-fs.ts'

/** A disk that refuses one fsync when a file `refuse` lies beside the database. */
export function openFileSystem(directory: string): DurableFs {
  const marker = join(dirname(directory), 'refuse')
  return new (class extends DurableFs {
    protected override sync(nfd: number): void {
      if (existsSync(marker)) {
        rmSync(marker)
        throw new Error('EIO: i/o error, fdatasync')
      }
      super.sync(nfd)
    }
  })(directory)
}

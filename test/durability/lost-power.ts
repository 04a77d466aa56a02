import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Entry } from './journal.ts'

const pieceSize = 4096

type File = { synced: Buffer; unsynced: { at: number; bytes: Uint8Array }[] }

/**
 * The disk as it may look after the power went: what was synced is there; of the rest, any 4 KiB
 * piece or none. Names (create, rename, remove) keep their order, as journaling file systems have it.
 */
export function diskAfterPowerLoss(base: string, entries: Entry[], keep: () => boolean): Map<string, Buffer> {
  const disk = new Map<string, File>()
  for (const path of filesIn(base)) disk.set(path, { synced: readFileSync(join(base, path)), unsynced: [] })
  for (const { change, bytes } of entries) {
    const file = disk.get(change.path)
    if (change.kind === 'create') disk.set(change.path, { synced: Buffer.alloc(0), unsynced: [] })
    else if (change.kind === 'remove') disk.delete(change.path)
    else if (change.kind === 'write') file?.unsynced.push({ at: change.at, bytes })
    else if (change.kind === 'sync' && file) {
      for (const piece of file.unsynced.splice(0)) put(file, piece)
    } else if (change.kind === 'truncate' && file) truncate(file, change.size)
    else if (change.kind === 'rename' && file) {
      disk.delete(change.path)
      disk.set(change.to, file)
    }
  }
  for (const file of disk.values()) {
    for (const write of file.unsynced) for (const piece of pieces(write)) if (keep()) put(file, piece)
  }
  return new Map([...disk].map(([path, { synced }]) => [path, synced]))
}

export function writeDisk(disk: Map<string, Buffer>, base: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  // PostgreSQL expects its empty directories too.
  for (const directory of directoriesIn(base))
    mkdirSync(join(to, directory), { recursive: true, mode: 0o700 })
  for (const [path, bytes] of disk) {
    mkdirSync(dirname(join(to, path)), { recursive: true, mode: 0o700 })
    writeFileSync(join(to, path), bytes)
  }
}

function* pieces({ at, bytes }: { at: number; bytes: Uint8Array }) {
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, from + pieceSize - ((at + from) % pieceSize))
    yield { at: at + from, bytes: bytes.subarray(from, to) }
    from = to
  }
}

function put(file: File, { at, bytes }: { at: number; bytes: Uint8Array }): void {
  if (at + bytes.length > file.synced.length) {
    file.synced = Buffer.concat([file.synced, Buffer.alloc(at + bytes.length - file.synced.length)])
  }
  file.synced.set(bytes, at)
}

function truncate(file: File, size: number): void {
  file.synced =
    size <= file.synced.length
      ? file.synced.subarray(0, size)
      : Buffer.concat([file.synced, Buffer.alloc(size - file.synced.length)])
  file.unsynced = file.unsynced.flatMap(({ at, bytes }) =>
    at < size ? [{ at, bytes: bytes.subarray(0, size - at) }] : [],
  )
}

function filesIn(directory: string): string[] {
  return listed(directory, false)
}

function directoriesIn(directory: string): string[] {
  return listed(directory, true)
}

function listed(directory: string, directories: boolean): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory() === directories)
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
}

import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '#foundation'
import type { Parts } from '../compose.ts'

/** Ours alone: somebody may keep archives in the data directory, under names like these. By the process that archives it. */
const ours = /^backup-(\d+)-evt_[0-9a-z]{26}$/

export type BackupBegun = {
  driver: 'embedded' | 'server'
  migrations: string[]
  /** Of an embedded database: a copy of PostgreSQL's directory lies here, for who archives it and takes it away. */
  folder: string | null
}

/** The part of a backup that only the owner of the database can do. The record says that one was made, in the backup too. */
export async function beginBackup(
  { storage, audit }: Pick<Parts, 'storage' | 'audit'>,
  dataDir: string,
  /** The process that archives it. */
  pid: number,
): Promise<BackupBegun> {
  const db = storage.db<{ migration: { name: string } }>()
  await storage.transaction<never, void>((tx) =>
    audit.record(tx, {
      event: 'backup.made',
      outcome: 'ok',
      actor: { kind: 'system', name: 'tandem backup' },
    }),
  )
  await audit.status()
  const rows = await db.selectFrom('migration').select('name').orderBy('name').execute()
  const migrations = rows.map(({ name }) => name)
  if (storage.driver === 'server') return { driver: 'server', migrations, folder: null }
  // What a command that was killed left behind; one that still runs reads its own.
  for (const name of readdirSync(dataDir)) {
    const owner = ours.exec(name)?.[1]
    if (owner !== undefined && !isAlive(Number(owner)))
      rmSync(join(dataDir, name), { recursive: true, force: true })
  }
  const folder = join(dataDir, `backup-${pid}-${newId('evt')}`)
  mkdirSync(folder, { mode: 0o700 })
  try {
    await storage.copyTo(join(folder, 'postgres'))
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return { driver: 'embedded', migrations, folder }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process is one too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

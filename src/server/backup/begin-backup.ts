import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '#foundation'
import type { Parts } from '../compose.ts'

const prefix = 'backup-'
/** Ours alone: somebody may keep archives in the data directory, under names like these. */
const ours = /^backup-evt_[0-9a-z]{26}$/

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
  // What a command that was killed left behind.
  for (const name of readdirSync(dataDir))
    if (ours.test(name)) rmSync(join(dataDir, name), { recursive: true, force: true })
  const folder = join(dataDir, prefix + newId('evt'))
  mkdirSync(folder, { mode: 0o700 })
  try {
    await storage.copyTo(join(folder, 'postgres'))
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return { driver: 'embedded', migrations, folder }
}

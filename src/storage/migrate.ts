import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Kysely, Transaction } from 'kysely'
import { SetupError } from '#foundation'
import type { Log } from '#foundation'
import type { Migration } from './storage.ts'

type Tables = { migration: { name: string; checksum: string }; migration_lock: { id: number } }
type Applied = { name: string; checksum: string }

/**
 * Brings the schema up to date, one migration at a time, each in its own transaction. Several
 * processes may do it at once: a locked row lets one through. Throws {@link SetupError}, and leaves
 * the data as it was, when a migration fails, was edited after it ran, or is unknown to this version.
 */
export async function migrate(db: Kysely<Tables>, migrations: Migration[], log: Log): Promise<void> {
  const ordered = migrations.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const twice = ordered.find((m, i) => ordered[i + 1]?.name === m.name)
  if (twice) throw new Error(`Two migrations are called ${twice.name}`)
  await createTables(db)
  if (!nextPending(ordered, await applied(db))) return
  while (await applyNext(db, ordered, log));
}

async function createTables(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ there: boolean }>`select to_regclass('migration_lock') is not null
    and to_regclass('migration') is not null as there`.execute(db)
  if (rows[0]?.there) return
  await db.transaction().execute(async (tx) => {
    // "if not exists" isn't atomic: without the lock, processes that create at once clash in the catalogue.
    await sql`select pg_advisory_xact_lock(hashtext('tandem migration'))`.execute(tx)
    await sql
      .raw(
        `
create table if not exists migration (
  name text primary key, applied_at timestamptz not null default now(), checksum text not null);
create table if not exists migration_lock (id integer primary key);
insert into migration_lock (id) values (1) on conflict do nothing`,
      )
      .execute(tx)
  })
}

async function applied(db: Kysely<Tables>): Promise<Applied[]> {
  return db.selectFrom('migration').select(['name', 'checksum']).orderBy('name').execute()
}

/** The first migration that has not run, after checking that those that have are the ones we know. */
function nextPending(ordered: Migration[], done: Applied[]): Migration | undefined {
  const known = new Map(ordered.map((m) => [m.name, checksum(m)]))
  for (const { name, checksum } of done) {
    if (!known.has(name)) {
      throw new SetupError(
        `The data was written by a newer Tandem (it has migration ${name}). Start that version, or restore a backup made before the upgrade`,
      )
    }
    if (known.get(name) !== checksum) {
      throw new SetupError(
        `Migration ${name} is not the one that this data was made with. Start the version of Tandem that made it`,
      )
    }
  }
  const names = new Set(done.map((m) => m.name))
  return ordered.find((m) => !names.has(m.name))
}

async function applyNext(db: Kysely<Tables>, ordered: Migration[], log: Log): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    await sql`set local statement_timeout = 0`.execute(tx)
    await sql`set local lock_timeout = 0`.execute(tx)
    await tx.selectFrom('migration_lock').select('id').forUpdate().execute()
    const next = nextPending(ordered, await applied(tx))
    if (!next) return false
    const began = performance.now()
    await apply(tx, next)
    log.info({ migration: next.name, ms: Math.round(performance.now() - began) }, 'migrated the database')
    return true
  })
}

async function apply(tx: Transaction<Tables>, migration: Migration): Promise<void> {
  try {
    await sql.raw(migration.sql).execute(tx)
    await tx
      .insertInto('migration')
      .values({ name: migration.name, checksum: checksum(migration) })
      .execute()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown'
    throw new SetupError(
      `Migration ${migration.name} failed: ${reason}. Nothing was changed: the data is as it was before`,
      { cause },
    )
  }
}

function checksum(migration: Migration): string {
  return createHash('sha256').update(migration.sql).digest('base64url')
}

import type { Log } from '#foundation'
import type { Engine } from './engine.ts'

const everyMs = 60_000
/** Bytes of log after which a checkpoint shortens the next recovery. */
const logBytes = 32 << 20

// As autovacuum decides it (PostgreSQL documentation, "Routine Vacuuming").
const untidy = `
select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables
where n_dead_tup > 200 + 0.2 * n_live_tup or n_mod_since_analyze > 200 + 0.1 * n_live_tup
order by n_dead_tup desc`
const logSize = 'select (pg_current_wal_lsn() - redo_lsn)::bigint as bytes from pg_control_checkpoint()'

/**
 * What PostgreSQL's background processes would do, were there any: this one has a single session, so
 * nobody else vacuums, analyzes or checkpoints. Returns the way to stop.
 */
export function startUpkeep(engine: Engine, log: Log): () => void {
  const timer = setInterval(() => void upkeep(engine, log), everyMs).unref()
  return () => clearInterval(timer)
}

export async function upkeep(engine: Engine, log: Log): Promise<void> {
  try {
    await engine.unhurried(async () => {
      const { rows } = await engine.run(untidy, [])
      for (const { name } of rows) await engine.run(`vacuum (analyze) ${String(name)}`, [])
      const [size] = (await engine.run(logSize, [])).rows
      if (Number(size?.['bytes']) > logBytes) await engine.run('checkpoint', [])
    })
  } catch (err) {
    log.warn({ err }, 'upkeep of the database failed')
  }
}

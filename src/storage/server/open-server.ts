import { DatabaseError, Pool } from 'pg'
import { SetupError } from '#foundation'
import type { Log } from '#foundation'
import type { Backend } from '../backend.ts'
import { valueParser } from '../values.ts'
import { ServerLine } from './server-line.ts'
import { ServerOutbox } from './server-outbox.ts'
import { serverRateLimiter } from './server-rate-limiter.ts'
import { startSweeping } from './sweep.ts'
import { StatementNames } from './statement-names.ts'

export type ServerOptions = {
  databaseUrl: string
  /** Connections this process may hold. */
  poolSize?: number
  /** Milliseconds one statement may run. */
  statementMs?: number
  log: Log
}

/** PostgreSQL 15 or later. Throws {@link SetupError} when it can't be reached or is older. */
export async function openServer(options: ServerOptions): Promise<Backend> {
  const { poolSize = 16, log } = options
  const pool = new Pool({ ...connectionConfig(options), max: poolSize })
  // An idle connection that breaks is replaced at the next use.
  pool.on('error', (err) => log.warn({ err }, 'a database connection broke'))
  // The pool listens to idle ones only: a break between two statements would end the process. The next
  // statement reports it.
  pool.on('connect', (client) => client.on('error', () => {}))
  try {
    await checkVersion(pool)
  } catch (error) {
    await pool.end()
    throw error
  }
  const names = new StatementNames(256)
  const connect = async () => new ServerLine(await pool.connect(), names)
  let sweep: (() => Promise<void>) | undefined
  return {
    driver: 'server',
    connect,
    rateLimiter: (clock) => serverRateLimiter(connect, clock),
    // Migrations take the limit off in their own transaction.
    unhurried: (work) => work(),
    migrated(events, transactions) {
      sweep = startSweeping(connect, log)
      return ServerOutbox.open({ connect, client: connectionConfig(options), events, transactions, log })
    },
    connections: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    async copyTo() {
      throw new Error('A server’s database is copied with pg_dump')
    },
    async close() {
      await sweep?.()
      await pool.end()
    },
  }
}

/** What every connection of ours to the server has in common. */
export function connectionConfig({ databaseUrl, statementMs = 30_000 }: ServerOptions) {
  return {
    connectionString: databaseUrl,
    statement_timeout: statementMs,
    // A process that hangs in mid-transaction must not keep its locks.
    idle_in_transaction_session_timeout: 60_000,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    application_name: 'tandem',
    // Days begin at the same instant on every driver.
    options: '-c timezone=UTC',
    types: { getTypeParser: valueParser },
  }
}

async function checkVersion(pool: Pool): Promise<void> {
  let version: number
  try {
    const { rows } = await pool.query<{ version: number }>(
      "select current_setting('server_version_num')::int as version",
    )
    version = rows[0]?.version ?? 0
  } catch (cause) {
    throw new SetupError(`DATABASE_URL does not lead to a database: ${reason(cause)}`, { cause })
  }
  if (version < 150_000) throw new SetupError('DATABASE_URL leads to a PostgreSQL older than 15: upgrade it')
}

/** Why, without what the address holds (a password). */
function reason(cause: unknown): string {
  if (cause instanceof DatabaseError) return cause.message
  if (cause instanceof Error && 'code' in cause) return String(cause.code)
  return 'it did not answer'
}

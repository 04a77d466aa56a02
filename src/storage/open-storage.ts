import { Kysely, sql } from 'kysely'
import type { Transaction } from 'kysely'
import type { Clock, Log } from '#foundation'
import type { Backend } from './backend.ts'
import { storageDialect } from './dialect.ts'
import { openEmbedded } from './embedded/open-embedded.ts'
import { openServer } from './server/open-server.ts'
import { migrate } from './migrate.ts'
import { storageMigrations } from './migrations.ts'
import { localEvents } from './local-events.ts'
import type { Outbox } from './outbox.ts'
import type { Migration, Storage } from './storage.ts'
import { Transactions } from './transaction.ts'

export type StorageOptions = {
  config: {
    /** A PostgreSQL 15 or later. Wins over `dataDir`. */
    databaseUrl?: string
    /** Where the embedded database lives. Absent: in memory, gone at the end (tests). */
    dataDir?: string
    /** A directory that keeps freshly migrated databases, so that the next one in memory opens at once (tests). */
    snapshots?: string
  }
  migrations: Migration[]
  clock: Clock
  log: Log
}

/**
 * Opens the database and brings its schema up to date. Throws {@link SetupError} when the data
 * belongs to another process, a newer version, or can't be migrated.
 */
export async function openStorage({ config, migrations, clock, log }: StorageOptions): Promise<Storage> {
  const schema = [...storageMigrations, ...migrations]
  const backend: Backend = config.databaseUrl
    ? await openServer({ databaseUrl: config.databaseUrl, log })
    : await openEmbedded({ ...config, schema, log })
  const transactions = new Transactions()
  let outbox: Outbox | undefined
  const tally = { count: 0, errors: 0, seconds: 0 }
  const kysely = new Kysely<unknown>({
    dialect: storageDialect({
      connect: backend.connect,
      transactions,
      written: () => outbox?.written(),
      tally,
    }),
  })
  // The tables are the asking module's business; kysely's type parameter is a claim, not a value.
  const typed = <Tables>() => kysely as unknown as Kysely<Tables>
  const events = localEvents(log)
  try {
    await backend.unhurried(() => migrate(typed(), schema, log))
    outbox = await backend.migrated(events, transactions)
  } catch (error) {
    await backend.close()
    throw error
  }
  const opened = outbox
  let closing: Promise<void> | undefined
  return {
    driver: backend.driver,
    db: typed,
    transaction: <Tables, T>(work: (tx: Transaction<Tables>) => Promise<T>) =>
      transactions.run(typed<Tables>(), work),
    publish: (on, topic, payload) => opened.publish(on, { topic, payload }),
    events: { subscribe: events.subscribe, onGap: events.onGap },
    rateLimiter: backend.rateLimiter(clock),
    async ping() {
      await sql`select 1`.execute(kysely)
    },
    figures: async () => ({
      statements: { ...tally },
      connections: backend.connections(),
      outboxWaiting: await opened.waiting(),
    }),
    copyTo: (directory) => backend.copyTo(directory),
    close() {
      closing ??= opened.close().then(() => backend.close())
      return closing
    },
  }
}

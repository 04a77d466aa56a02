import { PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type {
  CompiledQuery,
  DatabaseConnection,
  Dialect,
  Driver,
  QueryResult,
  TransactionSettings,
} from 'kysely'
import type { Transactions } from './transaction.ts'

export type LineAnswer = { rows: unknown[]; command: string; count: number }

/** One conversation with the database. */
export interface Line {
  run(sql: string, parameters: readonly unknown[]): Promise<LineAnswer>
  begin(sql: string): Promise<void>
  end(sql: 'commit' | 'rollback'): Promise<LineAnswer | undefined>
  release(): void
}

type DialectOptions = {
  connect: () => Promise<Line>
  transactions: Transactions
  /** Hears of committed statements that name the outbox. */
  written: () => void
  /** Counts what was asked. */
  tally: { count: number; errors: number; seconds: number }
}

/** kysely's way to the database, the same for both drivers. */
export function storageDialect(options: DialectOptions): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new LineDriver(options),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

class LineConnection implements DatabaseConnection {
  readonly line: Line
  readonly #tally: DialectOptions['tally']
  inTransaction = false
  touchedOutbox = false

  constructor(line: Line, tally: DialectOptions['tally']) {
    this.line = line
    this.#tally = tally
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, command, count } = await this.#run(sql, parameters)
    if (sql.includes('outbox')) this.touchedOutbox = true
    // kysely's row type is a claim of the query's author; the driver only knows rows.
    const result = { rows: rows as R[] }
    return command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE'
      ? { ...result, numAffectedRows: BigInt(count) }
      : result
  }

  async #run(sql: string, parameters: readonly unknown[]): Promise<LineAnswer> {
    const began = performance.now()
    this.#tally.count++
    try {
      return await this.line.run(sql, parameters)
    } catch (error) {
      this.#tally.errors++
      throw error
    } finally {
      this.#tally.seconds += (performance.now() - began) / 1000
    }
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query)
  }
}

class LineDriver implements Driver {
  readonly #options: DialectOptions

  constructor(options: DialectOptions) {
    this.#options = options
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<LineConnection> {
    this.#options.transactions.refuseInside()
    return new LineConnection(await this.#options.connect(), this.#options.tally)
  }

  async beginTransaction(connection: LineConnection, settings: TransactionSettings): Promise<void> {
    const isolation = settings.isolationLevel ? ` isolation level ${settings.isolationLevel}` : ''
    const access = settings.accessMode ? ` ${settings.accessMode}` : ''
    await connection.line.begin(`begin${isolation}${access}`)
    connection.inTransaction = true
  }

  async commitTransaction(connection: LineConnection): Promise<void> {
    connection.inTransaction = false
    const answer = await connection.line.end('commit')
    // PostgreSQL answers COMMIT with ROLLBACK when a statement before it failed.
    if (answer?.command === 'ROLLBACK')
      throw new Error('The transaction was rolled back: a statement in it had failed')
  }

  async rollbackTransaction(connection: LineConnection): Promise<void> {
    connection.inTransaction = false
    connection.touchedOutbox = false
    await connection.line.end('rollback')
  }

  async savepoint(connection: LineConnection, name: string): Promise<void> {
    await connection.line.run(`savepoint ${quoted(name)}`, [])
  }

  async rollbackToSavepoint(connection: LineConnection, name: string): Promise<void> {
    await connection.line.run(`rollback to savepoint ${quoted(name)}`, [])
  }

  async releaseSavepoint(connection: LineConnection, name: string): Promise<void> {
    await connection.line.run(`release savepoint ${quoted(name)}`, [])
  }

  async releaseConnection(connection: LineConnection): Promise<void> {
    if (connection.inTransaction) await this.rollbackTransaction(connection)
    connection.line.release()
    if (connection.touchedOutbox) this.#options.written()
  }

  // Whoever opened the database closes it.
  async destroy(): Promise<void> {}
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

import { CompiledQuery, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type { DatabaseConnection, Dialect, Driver, QueryResult, TransactionSettings } from 'kysely'
import { refuseInsideTransaction } from '../transaction.ts'
import type { Engine, Session } from './engine.ts'

/** kysely's way into the embedded database. */
export function embeddedDialect(engine: Engine): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new EmbeddedDriver(engine),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

class EmbeddedConnection implements DatabaseConnection {
  session: Session | undefined
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, command, count } = await this.#engine.run(sql, parameters, this.session)
    // kysely's row type is a claim of the query's author; the driver only knows rows.
    const result = { rows: rows as R[] }
    return command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE'
      ? { ...result, numAffectedRows: BigInt(count) }
      : result
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query)
  }
}

class EmbeddedDriver implements Driver {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<EmbeddedConnection> {
    refuseInsideTransaction()
    return new EmbeddedConnection(this.#engine)
  }

  async beginTransaction(connection: EmbeddedConnection, settings: TransactionSettings): Promise<void> {
    const isolation = settings.isolationLevel ? ` isolation level ${settings.isolationLevel}` : ''
    const access = settings.accessMode ? ` ${settings.accessMode}` : ''
    connection.session = await this.#engine.begin(`begin${isolation}${access}`)
  }

  async commitTransaction(connection: EmbeddedConnection): Promise<void> {
    const answer = await this.#end(connection, 'commit')
    // PostgreSQL answers COMMIT with ROLLBACK when a statement before it failed.
    if (answer?.command === 'ROLLBACK')
      throw new Error('The transaction was rolled back: a statement in it had failed')
  }

  async rollbackTransaction(connection: EmbeddedConnection): Promise<void> {
    await this.#end(connection, 'rollback')
  }

  #end(connection: EmbeddedConnection, sql: 'commit' | 'rollback') {
    const { session } = connection
    connection.session = undefined
    return session ? this.#engine.end(session, sql) : undefined
  }

  async savepoint(connection: EmbeddedConnection, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`savepoint ${quoted(name)}`))
  }

  async rollbackToSavepoint(connection: EmbeddedConnection, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`rollback to savepoint ${quoted(name)}`))
  }

  async releaseSavepoint(connection: EmbeddedConnection, name: string): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(`release savepoint ${quoted(name)}`))
  }

  async releaseConnection(connection: EmbeddedConnection): Promise<void> {
    if (connection.session) await this.rollbackTransaction(connection)
  }

  // The engine's owner closes it.
  async destroy(): Promise<void> {}
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

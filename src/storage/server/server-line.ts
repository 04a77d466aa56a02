import { DatabaseError } from 'pg'
import type { PoolClient, QueryConfig } from 'pg'
import type { Line, LineAnswer } from '../dialect.ts'
import { toParameter } from '../parameters.ts'
import type { StatementNames } from './statement-names.ts'

/** A conversation with a server over one of the pool's connections. */
export class ServerLine implements Line {
  readonly #client: PoolClient
  readonly #names: StatementNames
  #broken = false

  constructor(client: PoolClient, names: StatementNames) {
    this.#client = client
    this.#names = names
  }

  async run(text: string, parameters: readonly unknown[]): Promise<LineAnswer> {
    const values = parameters.map(toParameter)
    const name = values.length > 0 ? this.#names.nameFor(text) : undefined
    try {
      return await this.#query({ text, values, ...(name === undefined ? {} : { name }) })
    } catch (error) {
      if (name === undefined || !isOutdatedPlan(error)) throw error
      this.#names.avoid(text)
      // By itself the statement may run again; a transaction has failed with it, and runs whole again.
      if (this.#client.getTransactionStatus() !== 'I') throw error
      return this.#query({ text, values })
    }
  }

  async begin(sql: string): Promise<void> {
    await this.run(sql, [])
  }

  async end(sql: 'commit' | 'rollback'): Promise<LineAnswer> {
    try {
      return await this.run(sql, [])
    } catch (error) {
      // In an unknown state: nobody else may get this connection.
      this.#broken = true
      throw error
    }
  }

  release(): void {
    this.#client.release(this.#broken)
  }

  async #query(config: QueryConfig): Promise<LineAnswer> {
    const result = await this.#client.query(config)
    // Several statements in one text give several results: the last one counts.
    const last = Array.isArray(result) ? result.at(-1) : result
    return { rows: last.rows, command: last.command, count: last.rowCount ?? 0 }
  }
}

function isOutdatedPlan(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '0A000' && error.routine === 'RevalidateCachedQuery'
}

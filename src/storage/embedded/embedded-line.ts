import type { Line, LineAnswer } from '../dialect.ts'
import type { Engine, Session } from './engine.ts'

/** A conversation with the embedded database: by itself, or with the session to itself. */
export class EmbeddedLine implements Line {
  readonly #engine: Engine
  #session: Session | undefined

  constructor(engine: Engine) {
    this.#engine = engine
  }

  run(sql: string, parameters: readonly unknown[]): Promise<LineAnswer> {
    return this.#engine.run(sql, parameters, this.#session)
  }

  async begin(sql: string): Promise<void> {
    this.#session = await this.#engine.begin(sql)
  }

  async end(sql: 'commit' | 'rollback'): Promise<LineAnswer | undefined> {
    const session = this.#session
    this.#session = undefined
    return session ? this.#engine.end(session, sql) : undefined
  }

  release(): void {}
}

import { setTimeout as sleep } from 'node:timers/promises'
import { SetupError } from '#foundation'
import type { Log } from '#foundation'
import { toParameter } from '../parameters.ts'
import type { Parameter } from '../parameters.ts'
import type { Answer } from './answer.ts'
import { DatabaseThread } from './database-thread.ts'
import type { Fate } from './database-thread.ts'
import { exchange, isOutdatedPlan } from './exchange.ts'
import { idledTooLong, ranTooLong, rolledBack, unknownOutcome } from './interruptions.ts'
import { StatementWatch } from './statement-watch.ts'
import { Statements } from './statements.ts'
import { Turns } from './turns.ts'

export type EngineOptions = {
  directory?: string
  snapshot?: Uint8Array
  fileSystem?: string
  /** How long one statement may run, in milliseconds. */
  statementMs: number
  /** How long a transaction may do nothing, in milliseconds. */
  idleMs: number
  log: Log
}

/** A transaction's hold on the one session. */
export type Session = {
  /** Which life of the thread it began in. */
  life: number
  /** The statement that begins it, until it is sent. */
  begin: string | undefined
  ended: boolean
  /** Requests not answered yet. */
  pending: number
  usedAt: number
}

type Request = {
  sql: string
  parameters: Parameter[]
  session: Session | undefined
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/**
 * The embedded database seen from the main thread: one session, asked in order. A statement over its
 * time ends the thread, since PostgreSQL in WebAssembly can't be interrupted, and the database is
 * recovered from its log, as it is when the thread crashes.
 */
export class Engine {
  readonly #options: EngineOptions
  readonly #turns = new Turns()
  readonly #statements = new Statements(256)
  readonly #watch: StatementWatch
  readonly #idleCheck: NodeJS.Timeout
  #thread: DatabaseThread | undefined
  #life = 0
  #holder: Session | undefined
  #recovering: Promise<void> | undefined
  #failure: Error | undefined
  #closed = false

  constructor(options: EngineOptions) {
    this.#options = options
    this.#watch = new StatementWatch(options.statementMs, () => this.#recover('too long'))
    this.#idleCheck = setInterval(() => this.#endIdle(), Math.max(20, options.idleMs / 10)).unref()
  }

  async open(): Promise<void> {
    const { directory, snapshot, fileSystem } = this.#options
    const settings = {
      ...(directory === undefined ? {} : { directory }),
      ...(snapshot === undefined ? {} : { snapshot }),
      ...(fileSystem === undefined ? {} : { fileSystem }),
    }
    this.#thread = await DatabaseThread.open(settings, (cause) => this.#recover('crashed', cause))
    this.#life++
  }

  /** Runs a statement by itself, or inside the transaction that holds `session`. */
  run(sql: string, values: readonly unknown[], session?: Session): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (session?.ended) throw idledTooLong()
      const request: Request = { sql, parameters: values.map(toParameter), session, resolve, reject }
      if (session) this.#send(request)
      else this.#turns.pass(() => this.#send(request))
    })
  }

  /** Waits for the session and starts a transaction; its `begin` travels with the first statement. */
  async begin(begin: string): Promise<Session> {
    await this.#turns.hold()
    await this.#recovering
    const session = { life: this.#life, begin, ended: false, pending: 0, usedAt: performance.now() }
    this.#holder = session
    return session
  }

  /** Ends the transaction. The next one may begin before this one's commit is answered. */
  end(session: Session, sql: 'commit' | 'rollback'): Promise<Answer> | undefined {
    if (session.ended) return sql === 'commit' ? Promise.reject(idledTooLong()) : undefined
    const nothingToEnd = session.begin !== undefined || (sql === 'rollback' && session.life !== this.#life)
    const answer = nothingToEnd ? undefined : this.run(sql, [], session)
    session.ended = true
    this.#holder = undefined
    this.#turns.release()
    return answer
  }

  /** Runs `work` with no time limit on statements. */
  unhurried<T>(work: () => Promise<T>): Promise<T> {
    return this.#watch.suspended(work)
  }

  /** The database as a tar archive (in memory only). */
  dump(): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.#thread) throw new Error('The database is not open')
    return this.#thread.dump()
  }

  /** Copies the directory between two transactions. */
  async copyTo(target: string): Promise<void> {
    await this.#turns.hold()
    try {
      await this.#recovering
      if (this.#failure) throw this.#failure
      if (this.#closed || !this.#thread) throw new Error('The database is closed')
      const thread = this.#thread
      await this.#watch.suspended(() => thread.copy(target))
    } finally {
      this.#turns.release()
    }
  }

  /** Requests without an answer yet. */
  get waiting(): number {
    return this.#thread?.waiting ?? 0
  }

  /** Finishes what was asked before, then shuts down in order. */
  async close(): Promise<void> {
    if (this.#closed) return
    await this.#turns.hold()
    this.#closed = true
    this.#turns.release()
    await this.#recovering
    this.#watch.stop()
    clearInterval(this.#idleCheck)
    await this.#thread?.close()
  }

  #send(request: Request): void {
    const { session } = request
    if (this.#failure) return request.reject(this.#failure)
    if (session && (session.life !== this.#life || this.#recovering)) return request.reject(rolledBack())
    if (this.#recovering) {
      void this.#recovering.then(() => this.#turns.pass(() => this.#send(request)))
      return
    }
    if (this.#closed || !this.#thread) return request.reject(new Error('The database is closed'))
    try {
      if (session?.begin !== undefined) {
        const { begin } = session
        session.begin = undefined
        this.#transmit(this.#thread, { ...request, sql: begin, parameters: [], resolve: () => {} })
      }
      this.#transmit(this.#thread, request)
    } catch (error) {
      request.reject(error)
    }
  }

  #transmit(thread: DatabaseThread, request: Request): void {
    const { sql, parameters, session } = request
    exchange(thread, this.#statements, {
      sql,
      parameters,
      answered: (answer) => {
        this.#used(session, -1)
        // By itself the statement may run again; a transaction has failed with it, and runs whole again.
        if (!session && isOutdatedPlan(answer)) this.#turns.pass(() => this.#send(request))
        else if (answer.error) request.reject(answer.error)
        else request.resolve(answer)
      },
      lost: (fate) => this.#lost(request, fate),
    })
    this.#used(session, 1)
    this.#watch.start(thread)
  }

  #used(session: Session | undefined, pending: 1 | -1): void {
    if (!session) return
    session.pending += pending
    session.usedAt = performance.now()
  }

  /** A transaction that waits for something else keeps everybody waiting: it ends. */
  #endIdle(): void {
    const session = this.#holder
    if (!session || session.pending > 0 || !this.#turns.contended) return
    if (performance.now() - session.usedAt < this.#options.idleMs) return
    this.#options.log.warn({ idleMs: this.#options.idleMs }, 'a transaction did nothing for too long')
    this.end(session, 'rollback')?.catch(() => {})
  }

  /** Ends this life of the thread and begins the next. */
  #recover(why: 'too long' | 'crashed', cause?: unknown): void {
    if (this.#recovering || this.#closed) return
    const thread = this.#thread
    const { log, statementMs } = this.#options
    if (why === 'crashed') log.error({ err: cause }, 'the database thread crashed: recovering')
    else log.warn({ statementMs }, 'a statement ran too long: ending it and recovering')
    this.#statements.clear()
    this.#watch.stop()
    this.#recovering = this.#reopen(thread)
      .catch((error: unknown) => {
        const message = 'The database stopped and could not be reopened: restart Tandem'
        this.#failure = new SetupError(message, { cause: error })
        log.error({ err: error }, message)
      })
      .finally(() => {
        this.#recovering = undefined
        thread?.abandon(why === 'too long')
      })
  }

  async #reopen(thread: DatabaseThread | undefined): Promise<void> {
    await thread?.terminate()
    if (this.#options.directory === undefined) throw new Error('A database in memory ended with its thread')
    for (let attempt = 1; ; attempt++) {
      try {
        await this.open()
        this.#options.log.info({}, 'the database is open again')
        return
      } catch (error) {
        if (attempt === 3) throw error
        await sleep(attempt * 500)
      }
    }
  }

  #lost(request: Request, fate: Fate): void {
    if (fate === 'not run' && !request.session) this.#turns.pass(() => this.#send(request))
    else if (fate === 'not run') request.reject(rolledBack())
    else if (fate === 'ended') request.reject(ranTooLong(this.#options.statementMs))
    else request.reject(unknownOutcome())
  }
}

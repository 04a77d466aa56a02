import { setTimeout as sleep } from 'node:timers/promises'
import { SetupError } from '#foundation'
import type { Log } from '#foundation'
import { toParameter } from '../parameters.ts'
import type { Parameter } from '../parameters.ts'
import { databaseError, readAnswer } from './answer.ts'
import type { Answer } from './answer.ts'
import { DatabaseThread } from './database-thread.ts'
import type { RequestWriter } from './request.ts'
import { Statements } from './statements.ts'
import { Turns } from './turns.ts'

export type EngineOptions = {
  directory?: string
  snapshot?: Uint8Array
  fileSystem?: string
  /** How long one statement may run, in milliseconds. */
  statementMs: number
  log: Log
}

/** A transaction's hold on the one session. */
export type Session = {
  /** Which life of the thread it began in. */ life: number
  begin: string | undefined
  ended: boolean
}

type Request = {
  sql: string
  parameters: Parameter[]
  session: Session | undefined
  resolve(answer: Answer): void
  reject(error: unknown): void
}

// One statement per request needs the extended protocol; several at once (migrations) need the simple one.
const isSeveral = (sql: string, parameters: unknown[]) => parameters.length === 0 && sql.includes(';')

/**
 * The embedded database seen from the main thread: one session, asked in order. A statement over its
 * time ends the thread, since PostgreSQL in WebAssembly can't be interrupted, and the database is
 * recovered from its log, as it is when the thread crashes.
 */
export class Engine {
  readonly #options: EngineOptions
  readonly #turns = new Turns()
  readonly #statements = new Statements(256)
  #thread: DatabaseThread | undefined
  #life = 0
  #recovering: Promise<void> | undefined
  #failure: Error | undefined
  #watched = { id: 0, since: 0 }
  #watch: NodeJS.Timeout | undefined
  #unlimited = 0
  #closed = false

  constructor(options: EngineOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    const { directory, snapshot, fileSystem } = this.#options
    this.#thread = await DatabaseThread.open(
      {
        ...(directory === undefined ? {} : { directory }),
        ...(snapshot === undefined ? {} : { snapshot }),
        ...(fileSystem === undefined ? {} : { fileSystem }),
      },
      (cause) => this.#recover(cause),
    )
    this.#life++
  }

  /** Runs a statement by itself, or inside the transaction that holds `session`. */
  run(sql: string, values: readonly unknown[], session?: Session): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request: Request = { sql, parameters: values.map(toParameter), session, resolve, reject }
      if (session) this.#send(request)
      else this.#turns.pass(() => this.#send(request))
    })
  }

  /** Waits for the session and starts a transaction; its `begin` travels with the first statement. */
  async begin(begin: string): Promise<Session> {
    await this.#turns.hold()
    return { life: this.#life, begin, ended: false }
  }

  /** Ends the transaction. The next one may begin before this one's commit is answered. */
  end(session: Session, sql: 'commit' | 'rollback'): Promise<Answer> | undefined {
    if (session.ended) return undefined
    session.ended = true
    const untouched = session.begin !== undefined || (sql === 'rollback' && session.life !== this.#life)
    const answer = untouched ? undefined : this.run(sql, [], session)
    this.#turns.release()
    return answer
  }

  /** Runs `work` with no time limit on statements. */
  async unhurried<T>(work: () => Promise<T>): Promise<T> {
    this.#unlimited++
    try {
      return await work()
    } finally {
      this.#unlimited--
    }
  }

  dump(): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.#thread) throw new Error('The database is not open')
    return this.#thread.dump()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    await this.#turns.hold()
    this.#closed = true
    this.#turns.release()
    await this.#recovering
    if (this.#watch) clearInterval(this.#watch)
    await this.#thread?.close()
  }

  #send(request: Request): void {
    const { session } = request
    if (this.#closed && !session) return request.reject(new Error('The database is closed'))
    if (this.#failure) return request.reject(this.#failure)
    if (session && session.life !== this.#life) return request.reject(interrupted())
    if (this.#recovering || !this.#thread) {
      if (session) return request.reject(interrupted())
      void this.#recovering?.then(() => this.#send(request))
      return
    }
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
    const { sql, parameters } = request
    const lost = (ran: 'before' | 'running' | 'not') => this.#lost(request, ran)
    if (isSeveral(sql, parameters)) {
      const reply = (bytes: Buffer, from: number, to: number) => settle(request, readAnswer(bytes, from, to))
      thread.request((w) => w.simple(sql), reply, lost)
    } else {
      const { statement, prepare, evicted } = this.#statements.use(sql)
      const named = prepare || statement.state === 'ready'
      const name = named ? statement.name : ''
      const known = statement.state === 'ready' ? statement.columns : undefined
      thread.request(
        (writer: RequestWriter) => {
          if (evicted !== undefined) writer.closeStatement(evicted)
          if (statement.state !== 'ready') writer.parse(name, sql)
          writer.execute(name, parameters, known === undefined)
        },
        (bytes, from, to) => {
          const answer = readAnswer(bytes, from, to, known)
          if (prepare) statement.state = answer.parsed ? 'ready' : 'seen'
          if (named && answer.columns) statement.columns = answer.columns
          if (named && isOutdatedPlan(answer)) return this.#replan(request, answer)
          settle(request, answer)
        },
        lost,
      )
    }
    this.#watch ??= setInterval(() => this.#check(), Math.max(20, this.#options.statementMs / 40)).unref()
  }

  /** A schema change made the prepared form useless: by itself the statement runs again, a transaction runs whole again. */
  #replan(request: Request, answer: Answer): void {
    this.#statements.forget(request.sql)
    if (request.session || !answer.error) settle(request, answer)
    else this.#turns.pass(() => this.#send(request))
  }

  #check(): void {
    const running = this.#thread?.running ?? 0
    if (running === 0 || running !== this.#watched.id || this.#unlimited > 0) {
      this.#watched = { id: running, since: performance.now() }
      if (this.#thread?.idle && this.#watch) {
        clearInterval(this.#watch)
        this.#watch = undefined
      }
    } else if (performance.now() - this.#watched.since > this.#options.statementMs) {
      this.#watched = { id: 0, since: 0 }
      this.#recover(undefined)
    }
  }

  /** Ends this life of the thread (`cause` undefined: a statement took too long) and begins the next. */
  #recover(cause: unknown): void {
    if (this.#recovering || this.#closed) return
    const thread = this.#thread
    const { log, directory, statementMs } = this.#options
    log.warn({ err: cause, statementMs }, cause ? 'the database thread crashed' : 'a statement took too long')
    this.#life++
    this.#statements.clear()
    const reopen = async () => {
      await thread?.terminate()
      if (directory === undefined) throw new Error('A database in memory ended with its thread')
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.open()
        } catch (error) {
          log.error({ err: error, attempt }, 'the database did not reopen')
          if (attempt === 3) throw error
          await sleep(attempt * 500)
        }
      }
    }
    this.#recovering = reopen()
      .then(() => log.info({}, 'the database is open again'))
      .catch((error: unknown) => {
        this.#failure = new SetupError('The database stopped and could not be reopened: restart Tandem', {
          cause: error,
        })
      })
      .finally(() => {
        this.#recovering = undefined
        this.#ranTooLong = cause === undefined
        thread?.abandon()
      })
  }

  #ranTooLong = false

  #lost(request: Request, ran: 'before' | 'running' | 'not'): void {
    if (ran === 'not') {
      if (request.session) request.reject(interrupted())
      else this.#send(request)
    } else if (ran === 'running' && this.#ranTooLong) {
      request.reject(
        databaseError('57014', `canceling statement: it ran longer than ${this.#options.statementMs} ms`),
      )
    } else {
      // SQLSTATE 08007: it may have been committed just before the end, so it can't be repeated blindly.
      request.reject(databaseError('08007', 'the database restarted: whether this was saved is unknown'))
    }
  }
}

function settle(request: Request, answer: Answer): void {
  if (answer.error) request.reject(answer.error)
  else request.resolve(answer)
}

/** SQLSTATE 57P01: nothing of the transaction was committed, so it may run again. */
function interrupted(): Error {
  return databaseError('57P01', 'the database restarted: the transaction was rolled back')
}

function isOutdatedPlan({ error }: Answer): boolean {
  return error?.code === '0A000' && error.routine === 'RevalidateCachedQuery'
}

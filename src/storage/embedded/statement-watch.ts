import type { DatabaseThread } from './database-thread.ts'

/** Notices a statement that runs too long, by looking now and then at which one is running. */
export class StatementWatch {
  readonly #limitMs: number
  readonly #tooLong: () => void
  #timer: NodeJS.Timeout | undefined
  #watched = { id: 0, since: 0 }
  #unlimited = 0

  constructor(limitMs: number, tooLong: () => void) {
    this.#limitMs = limitMs
    this.#tooLong = tooLong
  }

  /** Begins to look, until the thread has nothing to do. */
  start(thread: DatabaseThread): void {
    this.#timer ??= setInterval(() => this.#look(thread), Math.max(20, this.#limitMs / 40)).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#watched = { id: 0, since: 0 }
  }

  async suspended<T>(work: () => Promise<T>): Promise<T> {
    this.#unlimited++
    try {
      return await work()
    } finally {
      this.#unlimited--
    }
  }

  #look(thread: DatabaseThread): void {
    const id = thread.running
    const now = performance.now()
    if (id === 0 && thread.idle) this.stop()
    else if (id !== this.#watched.id || this.#unlimited > 0) this.#watched = { id, since: now }
    else if (id !== 0 && now - this.#watched.since > this.#limitMs) {
      this.stop()
      this.#tooLong()
    }
  }
}

import type { Column } from './answer.ts'

type Prepared = { name: string; state: 'seen' | 'preparing' | 'ready'; columns?: Column[] }

/** Statements worth planning once: those asked more than once, the most recently used of them. */
export class Statements {
  readonly #bySql = new Map<string, Prepared>()
  readonly #limit: number
  #count = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** How to send this statement now, and the prepared one to close because it was pushed out. */
  use(sql: string): { statement: Prepared; prepare: boolean; evicted?: string } {
    const known = this.#bySql.get(sql)
    if (!known) return { ...this.#add(sql), prepare: false }
    this.#bySql.delete(sql)
    this.#bySql.set(sql, known)
    if (known.state !== 'seen') return { statement: known, prepare: false }
    known.state = 'preparing'
    return { statement: known, prepare: true }
  }

  forget(sql: string): void {
    this.#bySql.delete(sql)
  }

  clear(): void {
    this.#bySql.clear()
  }

  #add(sql: string): { statement: Prepared; evicted?: string } {
    const statement: Prepared = { name: `s${++this.#count}`, state: 'seen' }
    this.#bySql.set(sql, statement)
    if (this.#bySql.size <= this.#limit) return { statement }
    const [oldest] = this.#bySql
    if (!oldest) return { statement }
    this.#bySql.delete(oldest[0])
    return oldest[1].state === 'seen' ? { statement } : { statement, evicted: oldest[1].name }
  }
}
